/**
 * How many messages a channel gets. Platforms bound it (and then drop messages, or lock the robot out for minutes);
 * people bound it too: a chat that scrolls is not read. While little happens each alarm is a message of its own, at
 * once. When much happens, alarms wait a few seconds and become one digest. Pure.
 */
import type { EpochMs } from "../clock.ts";
import type { ChannelType } from "../schema/webhooks.ts";

export interface Limit {
  messages: number;
  seconds: number;
}

/** Of the platforms' documents. `webhook` is a program: it takes what comes. */
export const PLATFORM_LIMITS: Record<ChannelType, Limit[]> = {
  dingtalk: [{ messages: 20, seconds: 60 }],
  wecom: [{ messages: 20, seconds: 60 }],
  feishu: [
    { messages: 100, seconds: 60 },
    { messages: 5, seconds: 1 },
  ],
  slack: [{ messages: 1, seconds: 1 }],
  email: [{ messages: 20, seconds: 60 }],
  webhook: [],
};

/** A minute's messages up to here go out at once; beyond, one each {@link CALM_SPACING}. */
const CALM_MESSAGES = 6;
const CALM_SPACING = 6_000;
const CALM_WINDOW = 60_000;
/** Alarms that go out one by one, at once; more become a digest. */
const SINGLES = 3;
/** More than a minute can have under the rules above. */
const CALM_RECALL = 50;
/** Messages on their way (being retried, mostly): more wait, and are gathered meanwhile. */
const MAX_UNDER_WAY = 4;

export interface Channel {
  limits: Limit[];
  digest: boolean;
  /** Its last message could not be delivered: one at a time finds out whether it works again. */
  broken: boolean;
}

export interface Traffic {
  /** Alarms that are not told yet. */
  waiting: number;
  /** When messages of the last hour were made, in any order. */
  sentAt: EpochMs[];
  /** Of those, how many have not ended. */
  underWay: number;
}

export type Turn =
  /** Nothing to tell. */
  | { kind: "none" }
  /** Look again at `at`, or when a message has ended. */
  | { kind: "wait"; at: EpochMs }
  /** This many alarms, a message each. */
  | { kind: "singles"; count: number }
  /** All that wait, in one message. */
  | { kind: "digest" };

/** How many of a channel's latest messages {@link nextTurn} must know of. */
export function recallOf({ limits, digest }: Channel): number {
  return Math.max(...limits.map(({ messages }) => messages), digest ? CALM_RECALL : 0, 0);
}

/** What a channel does now. */
export function nextTurn({ limits, digest, broken }: Channel, traffic: Traffic, now: EpochMs): Turn {
  const { waiting, sentAt, underWay } = traffic;
  if (waiting === 0) return { kind: "none" };
  if (digest && underWay >= (broken ? 1 : MAX_UNDER_WAY))
    return { kind: "wait", at: (now + CALM_SPACING) as EpochMs };
  const free = limits.map((limit) => room(limit, sentAt, now));
  const calmAt = digest ? calmFrom(sentAt, now) : now;
  const at = Math.max(calmAt, ...free.map(({ at }) => at));
  if (at > now) return { kind: "wait", at: at as EpochMs };
  const most = Math.min(waiting, ...free.map(({ messages }) => messages));
  if (!digest) return { kind: "singles", count: most };
  const calm = recent(sentAt, CALM_WINDOW, now).length + SINGLES <= CALM_MESSAGES && underWay === 0;
  if (waiting === 1) return { kind: "singles", count: 1 };
  return calm && waiting <= Math.min(SINGLES, most)
    ? { kind: "singles", count: waiting }
    : { kind: "digest" };
}

/** How many messages a limit leaves room for, and from when on. */
function room(
  { messages, seconds }: Limit,
  sentAt: EpochMs[],
  now: EpochMs,
): { messages: number; at: number } {
  // The platform counts by its own clock, and calls arrive with delays of their own: a little less, a little longer.
  const most = messages > 10 ? Math.floor(messages * 0.9) : messages;
  const window = seconds * 1000 * 1.05;
  const inWindow = recent(sentAt, window, now);
  if (inWindow.length < most) return { messages: most - inWindow.length, at: now };
  const leaving = inWindow.sort((a, b) => a - b)[inWindow.length - most] as number;
  return { messages: 0, at: Math.floor(leaving + window) + 1 };
}

function calmFrom(sentAt: EpochMs[], now: EpochMs): number {
  const inWindow = recent(sentAt, CALM_WINDOW, now);
  return inWindow.length < CALM_MESSAGES ? now : Math.max(...inWindow) + CALM_SPACING;
}

const recent = (sentAt: EpochMs[], window: number, now: EpochMs): number[] =>
  sentAt.filter((at) => at > now - window);
