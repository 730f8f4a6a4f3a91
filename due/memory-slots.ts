/**
 * Where each entry of a single process's due set is: it waits for its time, is ready in its lane, or is leased, until it is
 * gone. Heaps tell what comes next of those that time moves.
 */
import TinyQueue from "tinyqueue";
import { type Clock, type EpochMs, later, type Millis, minutes } from "../core/clock.ts";
import type { TaskId } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import type { Slot } from "./memory-lane.ts";
import type { Lanes } from "./memory-lanes.ts";

/** Entries due later than this are not kept. Several of the reconciler's rounds fit in. */
export const HORIZON = minutes(5);
const MAX_ENTRIES = 200_000;

/** Holds leases whose holder is not known. */
export const NOBODY = "-";

const byDue = (a: Slot, b: Slot) => a.entry.dueAt - b.entry.dueAt;
const byLeaseEnd = (a: { until: EpochMs }, b: { until: EpochMs }) => a.until - b.until;

/** The time tells a lease from that of the task's next call, which the same holder may have by then. */
export const isLeaseOf = (slot: Slot, holder: string, { dueAt }: DueEntry): boolean =>
  slot.place === "leased" && slot.holder === holder && slot.entry.dueAt === dueAt;

export class Slots {
  readonly #clock: Clock;
  readonly #lanes: Lanes;
  readonly #leaseMs: Millis;
  readonly #byTask = new Map<TaskId, Slot>();
  readonly #waiting = new TinyQueue<Slot>([], byDue);
  /** Lease ends as they were when pushed; an extended lease is pushed again when its old end is met. */
  readonly #leases = new TinyQueue<{ slot: Slot; until: EpochMs }>([], byLeaseEnd);
  #full = false;
  #recovered = 0;

  /** @param lanes those in which what is ready stands */
  constructor(clock: Clock, lanes: Lanes, leaseMs: Millis) {
    this.#clock = clock;
    this.#lanes = lanes;
    this.#leaseMs = leaseMs;
  }

  /** Whether nothing more is kept; until there is room for half of all again. */
  get full(): boolean {
    this.#full = this.#byTask.size >= (this.#full ? MAX_ENTRIES / 2 : MAX_ENTRIES);
    return this.#full;
  }

  get size(): number {
    return this.#byTask.size;
  }

  get all(): Iterable<Slot> {
    return this.#byTask.values();
  }

  /** Leases that had run out and are ready again. */
  get recovered(): number {
    return this.#recovered;
  }

  /** When time moves the next one; infinity: none. */
  get nextAt(): number {
    return Math.min(
      this.#waiting.peek()?.entry.dueAt ?? Number.POSITIVE_INFINITY,
      this.#leases.peek()?.until ?? Number.POSITIVE_INFINITY,
      this.#lanes.nextGate,
    );
  }

  get(taskId: TaskId): Slot | undefined {
    return this.#byTask.get(taskId);
  }

  has(taskId: TaskId): boolean {
    return this.#byTask.has(taskId);
  }

  /** Of these entries, the slots whose lease this is. */
  held(holder: string, entries: DueEntry[]): Slot[] {
    return entries.flatMap((entry) => {
      const slot = this.#byTask.get(entry.taskId);
      return slot && isLeaseOf(slot, holder, entry) ? [slot] : [];
    });
  }

  /** Puts an unknown entry where it belongs by its time, or turns it away. */
  place(entry: DueEntry): void {
    const now = this.#clock.now();
    if (this.full || entry.dueAt > later(now, HORIZON)) return;
    const slot: Slot = { entry, place: "waiting", holder: "", until: now };
    this.#byTask.set(entry.taskId, slot);
    if (entry.dueAt <= now) this.#lanes.push(slot, now);
    else this.#waiting.push(slot);
  }

  /** An unknown entry is leased at once. @param until default: a lease from now */
  placeLeased(entry: DueEntry, holder: string, until: EpochMs = this.leaseEnd()): void {
    const slot: Slot = { entry, place: "leased", holder, until };
    this.#byTask.set(entry.taskId, slot);
    this.#leased(slot);
  }

  /** What was ready is leased; its lane has let go of it. */
  lease(slot: Slot, holder: string): void {
    slot.place = "leased";
    slot.holder = holder;
    slot.until = this.leaseEnd();
    this.#leased(slot);
  }

  endLease(slot: Slot, to: "ready" | "gone"): void {
    const now = this.#clock.now();
    if (to === "ready") this.#lanes.push(slot, now);
    else this.forget(slot);
    this.#lanes.unleased(slot.entry, now);
  }

  forget(slot: Slot): void {
    if (slot.place === "ready") this.#lanes.drop(slot);
    slot.place = "gone";
    this.#byTask.delete(slot.entry.taskId);
  }

  /** Moves what has become due, and takes back what was held too long. */
  advance(): void {
    const now = this.#clock.now();
    for (let top = this.#leases.peek(); top && top.until <= now; top = this.#leases.peek()) {
      const { slot } = this.#leases.pop() as { slot: Slot };
      if (slot.place !== "leased") continue;
      if (slot.until > now) {
        this.#leases.push({ slot, until: slot.until });
      } else {
        this.#recovered += 1;
        slot.entry = { ...slot.entry, dueAt: now };
        this.endLease(slot, "ready");
      }
    }
    for (let slot = this.#waiting.peek(); slot && slot.entry.dueAt <= now; slot = this.#waiting.peek()) {
      this.#waiting.pop();
      if (slot.place === "waiting") this.#lanes.push(slot, now);
    }
    this.#lanes.advance(now);
  }

  /** When a lease of now ends. */
  leaseEnd(): EpochMs {
    return later(this.#clock.now(), this.#leaseMs);
  }

  #leased(slot: Slot): void {
    this.#lanes.leased(slot.entry, this.#clock.now());
    this.#leases.push({ slot, until: slot.until });
  }
}
