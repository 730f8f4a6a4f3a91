/**
 * How many messages a channel gets. Platforms bound it (and then drop messages, or lock the robot out for minutes);
 * people bound it too: a chat that scrolls is not read. While little happens each alarm is a message of its own, at
 * once. When much happens, alarms wait a few seconds and become one digest; where it goes on, each digest waits longer than
 * the one before, up to a limit, until it was quiet. Pure.
 */
import type { EpochMs } from "../clock.ts";
import type { Limit, Spacing } from "./spacing.ts";

/** So many messages in a row go out at once; those after them are spaced. */
const CALM_MESSAGES = 6;
/** A row of messages ends where none is sent for so long, or for twice the gap that it had come to, in ms. */
const CALM_WINDOW = 60_000;
/** While messages are under way it is looked again after so long, in ms. */
const UNDER_WAY_LOOK = 6_000;
/** One digest tells of at most so many: its transaction shall not hold the lock for long. What is over is not made to wait. */
export const MAX_DIGEST = 20_000;
/** Alarms that go out one by one, at once; more become a digest. */
const SINGLES = 3;
/** Messages on their way (being retried, mostly): more wait, and are gathered meanwhile. */
const MAX_UNDER_WAY = 4;

export interface Channel {
  limits: Limit[];
  digest: boolean;
  spacing: Spacing;
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
  row: Row;
}

/** Messages one after another, none of which was long after the one before. */
export interface Row {
  messages: number;
  /** When the last of them was made; 0: there was none. */
  lastAt: number;
}

export type Turn =
  /** Nothing to tell. */
  | { kind: "none" }
  /** Look again at `at`, or when a message has ended. */
  | { kind: "wait"; at: EpochMs }
  /** This many alarms, a message each; `row`: messages of the row that they go on. */
  | { kind: "singles"; count: number; row?: number }
  /** All that wait, in one message. */
  | { kind: "digest"; row?: number };

/** How many of a channel's latest messages {@link nextTurn} must know of. */
export function recallOf({ limits, digest }: Channel): number {
  return Math.max(...limits.map(({ messages }) => messages), digest ? MAX_UNDER_WAY : 0, 0);
}

/** What a channel does now. */
export function nextTurn({ limits, digest, spacing, broken }: Channel, traffic: Traffic, now: EpochMs): Turn {
  const { waiting, sentAt, underWay } = traffic;
  if (waiting === 0) return { kind: "none" };
  if (digest && underWay >= (broken ? 1 : MAX_UNDER_WAY))
    return { kind: "wait", at: (now + UNDER_WAY_LOOK) as EpochMs };
  const free = limits.map((limit) => room(limit, sentAt, now));
  const row = isOver(traffic.row, spacing, now) ? 0 : traffic.row.messages;
  const next = row < CALM_MESSAGES ? now : traffic.row.lastAt + gapAfter(row, spacing);
  const calmAt = digest && waiting < MAX_DIGEST ? next : now;
  const at = Math.max(calmAt, ...free.map(({ at }) => at));
  if (at > now) return { kind: "wait", at: at as EpochMs };
  const most = Math.min(waiting, ...free.map(({ messages }) => messages));
  if (!digest) return { kind: "singles", count: most, row };
  const calm = row + SINGLES <= CALM_MESSAGES && underWay === 0;
  if (waiting === 1) return { kind: "singles", count: 1, row };
  return calm && waiting <= Math.min(SINGLES, most)
    ? { kind: "singles", count: waiting, row }
    : { kind: "digest", row };
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

/** Whether it was quiet since, for a minute and for twice as long as the next message would have waited. */
const isOver = ({ messages, lastAt }: Row, spacing: Spacing, now: EpochMs): boolean =>
  now - lastAt > Math.max(CALM_WINDOW, 2 * gapAfter(messages, spacing));

/** How long the next message keeps from the last of so many in a row, in ms. */
function gapAfter(messages: number, { seconds, factor, maxSeconds }: Spacing): number {
  if (messages < CALM_MESSAGES) return 0;
  return Math.min(seconds * factor ** (messages - CALM_MESSAGES), maxSeconds) * 1000;
}

const recent = (sentAt: EpochMs[], window: number, now: EpochMs): number[] =>
  sentAt.filter((at) => at > now - window);
