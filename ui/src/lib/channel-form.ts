/** The form of an alarm channel: what is typed, and the request that it makes. */
import type { Channel, ChannelInput, ChannelType, Smtp } from "../api/types.ts";
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
}

const NO_SMTP: Smtp = { host: "", port: 587, tls: "starttls", user: null, password: null, from: "", to: [] };

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
});

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
  const before: Record<string, unknown> = saved;
  const differing = Object.entries(now).filter(
    ([name, value]) => name !== "type" && JSON.stringify(value) !== JSON.stringify(before[name]),
  );
  return differing.length > 0 ? (Object.fromEntries(differing) as ChannelInput) : null;
}
