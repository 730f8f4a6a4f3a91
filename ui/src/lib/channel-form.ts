/** The form of an alarm channel: what is typed, and the request that it makes. */
import type { Channel, ChannelInput, ChannelType, Smtp, WebhookLook } from "../api/types.ts";
import { changesOf as differingFields } from "./changes.ts";
import { LEGACY_TEMPLATE } from "./template.ts";

export const CONTENT_TYPES = [
  "application/json; charset=utf-8",
  "application/x-www-form-urlencoded; charset=utf-8",
  "text/xml; charset=utf-8",
] as const;

/** Lists are text, one entry a line; "" means "not given". */
export interface ChannelForm {
  type: ChannelType;
  name: string;
  memo: string;
  enabled: boolean;
  url: string;
  secret: string;
  requestMethod: Channel["requestMethod"];
  contentType: string;
  /** A template of one's own is wanted; `content` is it. */
  own: boolean;
  content: string;
  smtp: Smtp;
  to: string;
  language: Channel["language"];
  kinds: string[];
  apps: string;
  destinations: string;
  minSeverity: Channel["filter"]["minSeverity"];
  /** Stands before every title. */
  title: string;
  digest: Choice;
  recovered: Choice;
  /** "20 / 60" a line: messages and seconds. */
  limits: string;
  /** Null: the usual. */
  spacing: Record<"seconds" | "factor" | "maxSeconds", number | null>;
  backlogMinutes: number;
}

/** "": as usual. */
type Choice = "" | "yes" | "no";
const choiceOf = (value: boolean | null): Choice => (value === null ? "" : value ? "yes" : "no");
const chosen = (choice: Choice): boolean | null => (choice === "" ? null : choice === "yes");

const NO_SMTP: Smtp = { host: "", port: 587, tls: "starttls", user: null, password: null, from: "", to: [] };

const USUAL_SPACING = { seconds: null, factor: null, maxSeconds: null };

export const emptyForm = (): ChannelForm => ({
  type: "dingtalk",
  name: "",
  memo: "",
  enabled: true,
  url: "",
  secret: "",
  requestMethod: "POST",
  contentType: CONTENT_TYPES[0],
  own: false,
  content: "",
  smtp: { ...NO_SMTP },
  to: "",
  language: "zh",
  kinds: [],
  apps: "",
  destinations: "",
  minSeverity: "warning",
  title: "",
  digest: "",
  recovered: "",
  limits: "",
  spacing: { ...USUAL_SPACING },
  backlogMinutes: 10,
});

export const formOf = (channel: Channel): ChannelForm => ({
  type: channel.type,
  name: channel.name,
  memo: channel.memo ?? "",
  enabled: channel.enabled,
  url: channel.url ?? "",
  secret: channel.secret ?? "",
  requestMethod: channel.requestMethod,
  contentType: channel.contentType,
  own: channel.content !== null,
  content: channel.content ?? "",
  smtp: { ...NO_SMTP, ...channel.smtp },
  to: channel.smtp?.to.join("\n") ?? "",
  language: channel.language,
  kinds: channel.filter.kinds,
  apps: channel.filter.sourceAppNames.join("\n"),
  destinations: channel.filter.destinations.join("\n"),
  minSeverity: channel.filter.minSeverity,
  title: channel.title ?? "",
  digest: choiceOf(channel.digest),
  recovered: choiceOf(channel.recovered),
  limits: (channel.limits ?? []).map(({ messages, seconds }) => `${messages} / ${seconds}`).join("\n"),
  spacing: { ...USUAL_SPACING, ...channel.spacing },
  backlogMinutes: channel.backlogMinutes,
});

/** What says how messages look. */
export const lookOf = (form: ChannelForm): WebhookLook => ({
  type: form.type,
  language: form.language,
  title: form.title.trim() || null,
  content: isTemplated(form) ? form.content : null,
  ...(form.type === "webhook" && { contentType: form.contentType }),
});

/** What is no number is sent as it is: the server says what is wrong with it. */
function limitsOf(text: string): NonNullable<ChannelInput["limits"]> | null {
  const limits = lines(text).map((line) => {
    const [messages = "", seconds = ""] = line.split("/");
    return { messages: Number(messages), seconds: Number(seconds) };
  });
  return limits.length > 0 ? limits : null;
}

function spacingOf(spacing: ChannelForm["spacing"]): NonNullable<ChannelInput["spacing"]> | null {
  const given = Object.entries(spacing).filter(([, value]) => value !== null && value !== undefined);
  return given.length > 0 ? Object.fromEntries(given) : null;
}

/** Whether what is sent is made from `content`: always where no platform says how a message looks. */
export const isTemplated = ({ type, own }: ChannelForm): boolean =>
  type === "webhook" || (type !== "email" && own);

/** A template to begin with, where none was typed. */
export const firstContent = (content: string): string => content || LEGACY_TEMPLATE;

const lines = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);

export function requestOf(form: ChannelForm): ChannelInput {
  const common = {
    type: form.type,
    ...(form.name.trim() ? { name: form.name.trim() } : {}),
    memo: form.memo.trim() || null,
    enabled: form.enabled,
    language: form.language,
    filter: {
      kinds: form.kinds as Channel["filter"]["kinds"],
      sourceAppNames: lines(form.apps),
      destinations: lines(form.destinations),
      minSeverity: form.minSeverity,
    },
    title: form.title.trim() || null,
    digest: chosen(form.digest),
    recovered: chosen(form.recovered),
    limits: limitsOf(form.limits),
    spacing: spacingOf(form.spacing),
    backlogMinutes: Number(form.backlogMinutes),
  };
  if (form.type === "email") {
    const smtp: Smtp = {
      ...form.smtp,
      port: Number(form.smtp.port),
      user: form.smtp.user || null,
      password: form.smtp.password || null,
      to: lines(form.to),
    };
    return { ...common, smtp };
  }
  return {
    ...common,
    url: form.url.trim(),
    secret: form.secret || null,
    content: isTemplated(form) ? form.content : null,
    ...(form.type === "webhook" ? { requestMethod: form.requestMethod, contentType: form.contentType } : {}),
  };
}

/** Only what differs from what is saved: secrets are shown masked, and must not be saved so. Null: nothing differs. */
export function changesOf(saved: Partial<ChannelInput>, now: ChannelInput): ChannelInput | null {
  const { type: _, ...differing } = differingFields(saved, now);
  return Object.keys(differing).length > 0 ? (differing as ChannelInput) : null;
}
