/** From alarms to the message that a channel sends: its body, shortened to what the platform takes, and its task. */
import { type Millis, millis, minutes, seconds } from "../clock.ts";
import { cutToBytes } from "../cut-text.ts";
import type { RetryPolicy } from "../retry.ts";
import type { TaskSpec } from "../task.ts";
import type { Zone } from "../wall-clock.ts";
import { ALARM_SOURCE } from "./alarm.ts";
import { type ChannelSpec, destinationOf } from "./channel.ts";
import { fitted } from "./fit.ts";
import { bareNotice, type Digest, type Notice, noticeOf } from "./notice.ts";
import { PLATFORMS } from "./platforms.ts";
import { fillTemplate, formatOf } from "./template.ts";

/** About half an hour in 8 calls: past the 10 minutes for which DingTalk locks out a robot that said too much. */
const ALARM_RETRY: RetryPolicy = {
  strategy: "schedule",
  delaysMs: [seconds(10), seconds(30), minutes(1), minutes(2), minutes(5), minutes(10), minutes(10)],
  jitter: 0.1,
};

/** What of a channel says how its messages look. */
export type Look = Pick<ChannelSpec, "type" | "content" | "contentType" | "language" | "title">;

/**
 * The body of a message, of no more bytes than its platform takes.
 * @param bare it says no more than that there is something: the platform refused the whole
 */
export function bodyOf(
  look: Look,
  digest: Digest,
  consoleUrl: string,
  zone?: Zone,
  bare = false,
): { body: string; shortened: boolean } {
  const { type, language, title } = look;
  const writing = { language, prefix: title ?? null, consoleUrl, ...(zone !== undefined && { zone }) };
  const notice = (bare ? bareNotice : noticeOf)(digest, writing);
  return fitted(type, (room) => filled(look, notice, room, bare));
}

function filled({ type, content, contentType }: Look, notice: Notice, room: number, bare: boolean): string {
  // A program expects the form it was told of; people read any.
  if (!content || (bare && type !== "webhook")) return PLATFORMS[type].body(notice, room);
  const values = notice.values(room);
  if (type === "email")
    return JSON.stringify({ subject: cutToBytes(notice.title, room, "…"), text: plain(content, values) });
  return fillTemplate(content, type === "webhook" ? formatOf(contentType) : "json", values);
}

/** In a mail nothing needs escaping. */
const plain = (content: string, values: Record<string, string>): string =>
  content.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? "");

/** The task of one message, without what is secret: `addressed` of `channel.ts` adds that right before each call. */
export function messageTask(
  spec: ChannelSpec,
  digest: Digest,
  publicUrl: string,
  zone?: Zone,
  bare = false,
): TaskSpec {
  const { type, content, contentType } = spec;
  return {
    url: destinationOf(spec).shown,
    requestMethod: type === "webhook" ? spec.requestMethod : "POST",
    requestParam: null,
    body: bodyOf(spec, digest, publicUrl, zone, bare).body,
    bodyBase64: null,
    contentType: type === "webhook" && content ? contentType : "application/json; charset=utf-8",
    headers: null,
    expectResult: spec.expectResult || null,
    expect: PLATFORMS[type].expect,
    limitCallCount: spec.limitCallCount,
    retry: spec.retry ?? ALARM_RETRY,
    timeoutMs: spec.timeoutMs as Millis,
    start: { delayMs: millis(0) },
    expiresAt: null,
    sourceAppName: ALARM_SOURCE,
    targetAppName: spec.name,
    orderKey: null,
    profile: null,
  };
}
