/** One lane of the in-process due set: what is known of it. `memory-lanes.ts` says what becomes of that. */
import type TinyQueue from "tinyqueue";
import type { EpochMs } from "../core/clock.ts";
import type { DestinationSettings } from "../core/destination.ts";
import type { Lane } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import {
  type Bucket,
  breakerOf,
  isFull,
  type LaneHealth,
  type LaneStatus,
  newHealth,
  type Rules,
} from "./lane-rules.ts";

/** An entry's one place. Heaps drop slots lazily: a slot counts only where its place still says so. */
export interface Slot {
  entry: DueEntry;
  place: "waiting" | "ready" | "leased" | "gone";
  holder: string;
  /** When the lease ends. */
  until: EpochMs;
}

export type Rank = "first" | "retry";
export const rankOf = ({ first }: DueEntry): Rank => (first ? "first" : "retry");

export interface LaneState {
  lane: Lane;
  leased: number;
  ready: Record<Rank, number>;
  /** Ready slots by due time, per rank and app. */
  queues: Record<Rank, Map<number, TinyQueue<Slot>>>;
  health: LaneHealth;
  settings: DestinationSettings;
  bucket: Bucket;
  /** It is not looked at before this; 0 where it may be. */
  gatedUntil: number;
  usedAt: number;
}

export const newLane = (
  lane: Lane,
  settings: DestinationSettings,
  { START_WINDOW }: Rules,
  now: EpochMs,
): LaneState => ({
  lane,
  leased: 0,
  ready: { first: 0, retry: 0 },
  queues: { first: new Map(), retry: new Map() },
  health: newHealth(START_WINDOW),
  settings,
  bucket: { tokens: Number.POSITIVE_INFINITY, at: now },
  gatedUntil: 0,
  usedAt: now,
});

/** Nothing of it is ready or leased. */
export const isStill = ({ leased, ready }: LaneState): boolean =>
  leased === 0 && ready.first === 0 && ready.retry === 0;

/** Whether forgetting it would change nothing: its calls have shown nothing yet, and its bucket is full. */
export function isLikeNew(
  { health, settings, bucket }: LaneState,
  { START_WINDOW }: Rules,
  now: EpochMs,
): boolean {
  const { fails, bads, openUntil, window, slows } = health;
  // That it has answered is worth knowing: see `HANGS_AFTER`.
  if (fails > 0 || bads > 0 || openUntil > 0 || window < START_WINDOW || slows === 0) return false;
  return settings.ratePerSecond === null || isFull(bucket, settings.ratePerSecond, now);
}

/** The first slot of a queue that still counts. */
export function headOf(queue: TinyQueue<Slot> | undefined): Slot | undefined {
  let slot = queue?.peek();
  while (slot && slot.place !== "ready") {
    queue?.pop();
    slot = queue?.peek();
  }
  return slot;
}

/** @param cap the widest window */
export const statusOf = ({ health, leased, ready }: LaneState, cap: number, now: EpochMs): LaneStatus => ({
  breaker: breakerOf(health, now),
  openedAt: health.openUntil > 0 ? health.openedAt : null,
  openUntil: health.openUntil > 0 ? health.openUntil : null,
  failures: health.fails,
  window: Math.min(health.window, cap),
  ready: ready.first + ready.retry,
  leased,
});
