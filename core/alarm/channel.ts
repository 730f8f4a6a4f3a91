/** From a request to a channel's settings, checked as a whole; and what its calls have beside their tasks. */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import type { EpochMs } from "../clock.ts";
import type { EgressPolicy } from "../egress.ts";
import { BidaError, type FieldError } from "../errors.ts";
import { type Lane, laneOf } from "../ids.ts";
import type { Mail } from "../mail.ts";
import { type ChannelType, type WebhookSettings, webhookSchema } from "../schema/webhooks.ts";
import { checkUrl } from "../target-url.ts";
import { parseWith } from "../task-schema.ts";
import type { AlarmFilter } from "./alarm.ts";
import { MASK, maskUrl } from "./mask.ts";
import type { Channel } from "./pacing.ts";
import { platformOfUrl } from "./platforms.ts";
import { signedDingtalkUrl, signedFeishuBody } from "./sign.ts";
import { sizesOf } from "./sizes.ts";
import { DEFAULT_SPACING, PLATFORM_LIMITS } from "./spacing.ts";
import { formatOf, isLegacyTemplate, PLACEHOLDER, tellsKind } from "./template.ts";
import { templateProblem } from "./template-problem.ts";

/** Settings with type and name decided. */
export type ChannelSpec = WebhookSettings & { type: ChannelType; name: string };

const SIGNED: ChannelType[] = ["dingtalk", "feishu"];

/**
 * Checks a request.
 * @param former settings of the channel that it changes: what it lacks, or has as a mask, stays
 * @throws BidaError invalid_body naming every wrong field
 */
export function parseChannel(
  request: Record<string, unknown>,
  egress: EgressPolicy,
  former: ChannelSpec | null = null,
): ChannelSpec {
  const settings = parseWith(webhookSchema, former ? merged(former, request) : request, "invalid_body");
  const errors: FieldError[] = [];
  const type = settings.type ?? (settings.smtp ? "email" : platformOfUrl(settings.url ?? ""));
  const name = settings.name ?? (settings.memo?.replace(/\s+/g, " ").trim().slice(0, 64) || type);
  const spec: ChannelSpec = { ...settings, type, name };
  const refuse = (field: string, message: string | null) =>
    message !== null && errors.push({ field, message });
  if (type === "email") {
    if (!spec.smtp) refuse("smtp", "is required for email");
    if (spec.url) refuse("url", "is not for email; smtp says where it goes");
    if (spec.smtp)
      refuse("smtp.host", mailHostProblem(spec.smtp.host) ?? blockedHost(spec.smtp.host, egress));
    if (former?.smtp?.password && leadsElsewhere(former.smtp, request.smtp))
      refuse(
        "smtp.password",
        "is required again where host, port or tls change: it was given for another server",
      );
    if (spec.smtp?.user && !spec.smtp.password) refuse("smtp.password", "is required with user");
  } else {
    if (spec.smtp) refuse("smtp", `is for email, not for ${type}`);
    refuse("url", spec.url ? urlProblem(spec.url, egress) : "is required");
  }
  if (spec.secret && !SIGNED.includes(type))
    refuse("secret", `is for ${SIGNED.join(" and ")}, not for ${type}`);
  if (spec.content) refuse("content", contentProblem(spec));
  if (errors.length > 0) throw new BidaError("invalid_body", "The channel has invalid fields", { errors });
  return spec;
}

function merged(former: ChannelSpec, patch: Record<string, unknown>): Record<string, unknown> {
  const next: Record<string, unknown> = { ...former };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete next[field];
    else if (field === "smtp" && isObject(value)) {
      const { password, ...rest } = value;
      const kept = password === undefined || password === MASK ? former.smtp?.password : password;
      next.smtp = { ...former.smtp, ...rest, password: kept };
    } else if (field === "filter" && isObject(value)) next.filter = { ...former.filter, ...value };
    else next[field] = value;
  }
  if (patch.secret === MASK) next.secret = former.secret;
  if (former.url && patch.url === maskUrl(former.url)) next.url = former.url;
  return next;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function urlProblem(url: string, egress: EgressPolicy): string | null {
  const checked = checkUrl(url, null);
  return typeof checked === "string"
    ? checked
    : blockedHost(checked.hostname.replace(/^\[|\]$/g, ""), egress);
}

/** A name of letters, digits, hyphens and dots (RFC 952, RFC 1123), as DNS has it, or an address. */
function mailHostProblem(host: string): string | null {
  if (isIP(host) !== 0) return null;
  // Other scripts become letters; what stands for something in a URL would be cut off.
  const name = /[^\w.-]/.test(host.replace(/[^\0-\x7f]/g, "")) ? "" : domainToASCII(host);
  const isName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i.test(name);
  // What ends with a number would have to be an address.
  return isName && URL.canParse(`http://${name}/`)
    ? null
    : "must be a host name or an address, without a port";
}

/** Whether a kept password would go to a server that it was not given for, or go there unprotected. */
function leadsElsewhere(former: NonNullable<ChannelSpec["smtp"]>, patch: unknown): boolean {
  if (!isObject(patch) || (patch.password !== undefined && patch.password !== MASK)) return false;
  return (["host", "port", "tls"] as const).some(
    (field) => patch[field] !== undefined && patch[field] !== former[field],
  );
}

/** Names are vetted when they are resolved, at every call. */
function blockedHost(host: string, egress: EgressPolicy): string | null {
  if (isIP(host) === 0 || egress.permits(host)) return null;
  return `is at ${host}, in a range that calls may not reach (BIDA_EGRESS_ALLOW)`;
}

/** What only one platform asks of a whole body: a template without it is refused at every call. */
const FORM: Partial<Record<ChannelType, string[]>> = {
  dingtalk: ["msgtype"],
  wecom: ["msgtype"],
  feishu: ["msg_type", "type"],
  slack: ["text", "blocks", "attachments"],
};

/** What is wrong with a template; null where nothing is. */
export function contentProblem({
  type,
  content,
  contentType,
}: Pick<ChannelSpec, "type" | "content" | "contentType">): string | null {
  const format = type === "webhook" ? formatOf(contentType) : "json";
  // The body of a mail is plain text: nothing to be broken but its variables.
  const problem = templateProblem(content ?? "", type === "email" ? "form" : format);
  return problem ?? formProblem(type, content ?? "") ?? fixedProblem(type, content ?? "");
}

function formProblem(type: ChannelType, content: string): string | null {
  const wanted = FORM[type];
  if (!wanted) return null;
  if (!content.trim().startsWith("{"))
    return type === "feishu"
      ? "must be a JSON object: the signature is added to it"
      : "must be a JSON object: the platform takes no other";
  return wanted.some((name) => content.includes(`"${name}"`))
    ? null
    : `must have a member ${wanted.map((name) => `"${name}"`).join(" or ")}: the platform takes no other`;
}

/** Variables are shortened; what stands around them is not. */
function fixedProblem(type: ChannelType, content: string): string | null {
  const bare = content.replace(PLACEHOLDER, "");
  const over = sizesOf(type, type === "email" ? JSON.stringify({ text: bare }) : bare).find(
    ({ size, max }) => size > max,
  );
  return over
    ? `has ${over.size} ${over.unit} of ${over.part} beside its variables; the platform takes ${over.max}`
    : null;
}

/**
 * What a channel wants to be told. A template that holds kkbida's variables alone is written for a task that failed: of other
 * kinds it would say nothing.
 */
export function filterOf({ filter, content }: ChannelSpec): AlarmFilter {
  const isOpen = filter.kinds.length === 0 && content && isLegacyTemplate(content);
  return isOpen ? { ...filter, kinds: ["exhausted"] } : filter;
}

/**
 * Whether a channel hears that what it was told of is over. A template that cannot say what an alarm is would tell of a failure
 * once more.
 */
export const hearsOfEnds = ({ recovered, content }: ChannelSpec): boolean =>
  recovered ?? (!content || tellsKind(content));

/** What pacing needs to know. */
export const paceOf = (spec: ChannelSpec, broken: boolean): Channel => ({
  limits: spec.limits ?? PLATFORM_LIMITS[spec.type],
  digest: spec.digest ?? spec.type !== "webhook",
  spacing: spec.spacing ?? DEFAULT_SPACING,
  broken,
});

/** Where a channel's messages go: shown, and the lane they wait in. The token is not in it. */
export function destinationOf({ url, smtp }: ChannelSpec): { shown: string; origin: string; lane: Lane } {
  if (smtp) {
    const origin = `smtp://${smtp.host}:${smtp.port}`;
    return { shown: origin, origin, lane: laneOf(origin) };
  }
  const { origin } = new URL(url ?? "");
  return { shown: maskUrl(url ?? ""), origin, lane: laneOf(origin) };
}

/** What a message's call has beside its task: the address with its token, a fresh signature, or the mail. */
export interface Addressed {
  url: string;
  body: string;
  mail?: Mail;
}

/** @param body the task's */
export function addressed(spec: ChannelSpec, body: string, now: EpochMs): Addressed {
  const { type, secret, smtp } = spec;
  const url = spec.url ?? "";
  if (smtp) {
    const { subject, text } = JSON.parse(body) as { subject: string; text: string };
    const { host, port, tls, user, password, from, to } = smtp;
    const mail = { host, port, tls, user: user ?? null, password: password ?? null, from, to, subject, text };
    // Threads name a destination by its origin, and know those of http only.
    return { url: `http://${bracketed(host)}:${port}/`, body, mail };
  }
  if (secret && type === "dingtalk") return { url: signedDingtalkUrl(url, secret, now), body };
  if (secret && type === "feishu") return { url, body: signedFeishuBody(body, secret, now) };
  return { url, body };
}

const bracketed = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/** Everything of a channel that may not be repeated to anybody. */
export function secretsOf({ url, secret, smtp }: ChannelSpec): (string | null | undefined)[] {
  const { pathname = "", searchParams = new URLSearchParams() } = (url && URL.parse(url)) || {};
  const pieces = pathname.split("/").filter((piece) => piece.length > 15);
  return [url, secret, smtp?.password, ...pieces, ...Array.from(searchParams.values())];
}
