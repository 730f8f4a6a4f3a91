/**
 * The due set of a single process: heaps and maps. Bounded: what is due later than the horizon, or does not fit, is
 * turned away (it is in the database), and the reconciler brings it in time.
 */
import TinyQueue from "tinyqueue";
import { type Clock, type EpochMs, later, minutes } from "../core/clock.ts";
import type { DestinationSettings } from "../core/destination.ts";
import type { Lane, TaskId } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import type { Belonging, Owner } from "./belonging.ts";
import {
  type AcceptedEntry,
  type DueCounts,
  type DueSet,
  type DueSetOptions,
  type Extended,
  HANDOVER,
  type LaneChange,
  type QuietLanes,
  RETRY_SHARE,
  type Settlement,
} from "./due-set.ts";
import type { Findings } from "./findings.ts";
import type { LaneStatus } from "./lane-rules.ts";
import type { Slot } from "./memory-lane.ts";
import { Lanes } from "./memory-lanes.ts";

/** Entries due later than this are not kept. Several of the reconciler's rounds fit in. */
export const HORIZON = minutes(5);
const MAX_ENTRIES = 200_000;
/** setTimeout's largest delay. */
const MAX_TIMER = 2 ** 31 - 1;

const byDue = (a: Slot, b: Slot) => a.entry.dueAt - b.entry.dueAt;
const byLeaseEnd = (a: { until: EpochMs }, b: { until: EpochMs }) => a.until - b.until;

/** Holds leases whose holder is not known. */
const NOBODY = "-";

/** The time tells a lease from that of the task's next call, which the same holder may have by then. */
const isLeaseOf = (slot: Slot, holder: string, { dueAt }: DueEntry): boolean =>
  slot.place === "leased" && slot.holder === holder && slot.entry.dueAt === dueAt;

export class MemoryDueSet implements DueSet {
  readonly clock: Clock;
  readonly #options: DueSetOptions;
  readonly #slots = new Map<TaskId, Slot>();
  #lanes: Lanes;
  readonly #waiting = new TinyQueue<Slot>([], byDue);
  /** Lease ends as they were when pushed; an extended lease is pushed again when its old end is met. */
  readonly #leases = new TinyQueue<{ slot: Slot; until: EpochMs }>([], byLeaseEnd);
  readonly #listeners: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #rebuilt = false;
  #epoch: number | null = null;
  #full = false;
  #recovered = 0;

  constructor(clock: Clock, options: DueSetOptions) {
    this.clock = clock;
    this.#options = options;
    this.#lanes = new Lanes(options.window, options.rules);
  }

  get full(): boolean {
    this.#full = this.#slots.size >= (this.#full ? MAX_ENTRIES / 2 : MAX_ENTRIES);
    return this.#full;
  }

  get recovered(): number {
    return this.#recovered;
  }

  async add(entries: DueEntry[]): Promise<number> {
    const before = this.#slots.size;
    for (const entry of entries) if (!this.#slots.has(entry.taskId)) this.#place(entry);
    this.#announce();
    return this.#slots.size - before;
  }

  async addOrphans(entries: DueEntry[]): Promise<number> {
    const now = this.clock.now();
    const unknown = entries.filter(({ taskId }) => !this.#slots.has(taskId));
    for (const entry of unknown) {
      const slot: Slot = { entry, place: "leased", holder: NOBODY, until: now };
      this.#slots.set(entry.taskId, slot);
      this.#lanes.leased(entry, now);
      this.#leases.push({ slot, until: now });
    }
    this.#arm();
    return unknown.length;
  }

  async admit(entries: AcceptedEntry[], holder: string, room: number): Promise<DueEntry[]> {
    const leased: DueEntry[] = [];
    for (const { acceptedAt, ...entry } of entries) {
      if (this.#slots.has(entry.taskId)) continue;
      const now = this.clock.now();
      const fresh = entry.dueAt <= now && now - acceptedAt <= HANDOVER;
      if (leased.length < room && fresh && this.#lanes.allows(entry, now)) {
        const slot: Slot = { entry, place: "ready", holder, until: this.clock.now() };
        this.#slots.set(entry.taskId, slot);
        this.#lease(slot, holder);
        leased.push(entry);
      } else {
        this.#place(entry);
      }
    }
    this.#announce();
    return leased;
  }

  async claim(holder: string, room: number, retries = room): Promise<DueEntry[]> {
    this.#advance();
    const taken: DueEntry[] = [];
    const take = (rank: "first" | "retry", most: number) =>
      this.#lanes.take(rank, most, this.clock.now(), (slot) => {
        this.#lease(slot, holder);
        taken.push(slot.entry);
      });
    if (retries > 0) {
      const kept = this.#lanes.any("retry") ? Math.min(retries, Math.floor(room * RETRY_SHARE)) : 0;
      take("first", room - kept);
      take("retry", Math.min(retries, room - taken.length));
    }
    take("first", room - taken.length);
    this.#arm();
    return taken;
  }

  async extend(holder: string, entries: DueEntry[]): Promise<Extended> {
    const lost: DueEntry[] = [];
    const adopted: DueEntry[] = [];
    for (const entry of entries) {
      const known = this.#slots.get(entry.taskId);
      let slot = known;
      if (!slot) {
        slot = { entry, place: "ready", holder, until: this.clock.now() };
        this.#slots.set(entry.taskId, slot);
      }
      if (slot.place === "ready") {
        if (known) this.#lanes.drop(slot);
        slot.entry = entry;
        this.#lease(slot, holder);
        adopted.push(entry);
      } else if (isLeaseOf(slot, NOBODY, entry)) {
        slot.holder = holder;
        slot.until = this.#leaseEnd();
        adopted.push(entry);
      } else if (isLeaseOf(slot, holder, entry)) slot.until = this.#leaseEnd();
      else lost.push(entry);
    }
    return { lost, adopted };
  }

  /** Holders are in this process: it is never without them. */
  holdersFirst(): void {}
  readonly awaitsHolders = false;

  async release(holder: string, entries: DueEntry[]): Promise<void> {
    for (const slot of this.#held(holder, entries)) this.#endLease(slot, "ready");
    this.#announce();
  }

  async settle(holder: string, settlements: Settlement[]): Promise<LaneChange[]> {
    const changes: LaneChange[] = [];
    for (const { entry, next, health, unheld } of settlements) {
      const own = this.#held(holder, [entry]);
      const held = own.length === 0 && unheld ? this.#held(NOBODY, [entry]) : own;
      if (held.length === 0 && !unheld) continue;
      const change = health && this.#lanes.observe(entry.lane, health, this.clock.now());
      if (change) changes.push(change);
      for (const slot of held) this.#endLease(slot, "gone");
      if (next && !this.#slots.has(next.taskId)) this.#place(next);
    }
    this.#announce();
    return changes;
  }

  async wentWell(calls: ReadonlyMap<Lane, number>): Promise<LaneChange[]> {
    const now = this.clock.now();
    const changes = Array.from(calls, ([lane, count]) => this.#lanes.wentWell(lane, count, now));
    this.#announce();
    return changes.filter((change) => change !== null);
  }

  async quiet(): Promise<QuietLanes> {
    return (lane) => this.#rebuilt && this.#lanes.isQuiet(lane);
  }

  async move(entry: DueEntry): Promise<boolean> {
    const slot = this.#slots.get(entry.taskId);
    if (slot?.place === "leased") return false;
    if (slot) this.#forget(slot);
    this.#place(entry);
    this.#announce();
    return true;
  }

  async remove(entries: DueEntry[]): Promise<void> {
    for (const { taskId } of entries) {
      const slot = this.#slots.get(taskId);
      if (slot && slot.place !== "leased") this.#forget(slot);
    }
  }

  async leasedAmong(entries: DueEntry[]): Promise<Set<TaskId>> {
    const ids = entries.map(({ taskId }) => taskId);
    return new Set(ids.filter((id) => this.#slots.get(id)?.place === "leased"));
  }

  async missingAmong(entries: DueEntry[]): Promise<DueEntry[]> {
    return entries.filter(({ taskId }) => !this.#slots.has(taskId));
  }

  async allLeased(): Promise<TaskId[]> {
    return Array.from(this.#slots.values())
      .filter(({ place }) => place === "leased")
      .map(({ entry }) => entry.taskId);
  }

  async counts(): Promise<DueCounts> {
    const counts: DueCounts = { waiting: 0, ready: 0, leased: 0 };
    for (const { place } of this.#slots.values()) if (place !== "gone") counts[place] += 1;
    return counts;
  }

  async configure(lane: Lane, settings: DestinationSettings): Promise<void> {
    const { paused, concurrency, ratePerSecond, breaker, keepAlive, legacyTimeoutMs } = settings;
    const own = { paused, concurrency, ratePerSecond, breaker, keepAlive, legacyTimeoutMs };
    this.#lanes.configure(lane, own, this.clock.now());
    this.#announce();
  }

  async resetBreaker(lane: Lane): Promise<void> {
    this.#lanes.reset(lane, this.clock.now());
    this.#announce();
  }

  async lanes(lanes: Lane[]): Promise<Map<Lane, LaneStatus>> {
    const known = lanes.map((lane) => [lane, this.#lanes.status(lane, this.clock.now())] as const);
    return new Map(known.filter((one): one is [Lane, LaneStatus] => one[1] !== null));
  }

  async troubledLanes(): Promise<Lane[]> {
    return this.#lanes.troubled();
  }

  /** Nobody can take a part of a process's memory away. */
  async check(): Promise<Findings> {
    return { wrong: {}, settings: this.#lanes.settings };
  }

  async belongsTo({ installation, epoch }: Owner): Promise<Belonging> {
    const known = this.#epoch;
    if (epoch > 0) this.#epoch = Math.max(epoch, known ?? 0);
    return { installation, lowest: known, highest: known, silentMs: 0, name: "" };
  }

  /** It is nobody else's. */
  refuse(): void {}

  async reset(): Promise<void> {
    for (const slot of this.#slots.values()) slot.place = "gone";
    this.#slots.clear();
    this.#lanes = new Lanes(this.#options.window, this.#options.rules);
    this.#rebuilt = false;
    this.#epoch = null;
  }

  async intact(): Promise<boolean> {
    return this.#rebuilt;
  }

  async markRebuilt(): Promise<void> {
    this.#rebuilt = true;
  }

  onWake(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#listeners.length = 0;
  }

  /** Puts an unknown entry where it belongs, or turns it away. */
  #place(entry: DueEntry): void {
    const now = this.clock.now();
    if (this.full || entry.dueAt > later(now, HORIZON)) return;
    const slot: Slot = { entry, place: "waiting", holder: "", until: now };
    this.#slots.set(entry.taskId, slot);
    if (entry.dueAt <= now) this.#lanes.push(slot, now);
    else this.#waiting.push(slot);
  }

  /** Moves what has become due, and takes back what was held too long. */
  #advance(): void {
    const now = this.clock.now();
    for (let top = this.#leases.peek(); top && top.until <= now; top = this.#leases.peek()) {
      const { slot } = this.#leases.pop() as { slot: Slot };
      if (slot.place !== "leased") continue;
      if (slot.until > now) {
        this.#leases.push({ slot, until: slot.until });
      } else {
        this.#recovered += 1;
        slot.entry = { ...slot.entry, dueAt: now };
        this.#endLease(slot, "ready");
      }
    }
    for (let slot = this.#waiting.peek(); slot && slot.entry.dueAt <= now; slot = this.#waiting.peek()) {
      this.#waiting.pop();
      if (slot.place === "waiting") this.#lanes.push(slot, now);
    }
    this.#lanes.advance(now);
  }

  #lease(slot: Slot, holder: string): void {
    slot.place = "leased";
    slot.holder = holder;
    slot.until = this.#leaseEnd();
    this.#lanes.leased(slot.entry, this.clock.now());
    this.#leases.push({ slot, until: slot.until });
  }

  #endLease(slot: Slot, to: "ready" | "gone"): void {
    const now = this.clock.now();
    if (to === "ready") this.#lanes.push(slot, now);
    else this.#forget(slot);
    this.#lanes.unleased(slot.entry, now);
  }

  #forget(slot: Slot): void {
    if (slot.place === "ready") this.#lanes.drop(slot);
    slot.place = "gone";
    this.#slots.delete(slot.entry.taskId);
  }

  #held(holder: string, entries: DueEntry[]): Slot[] {
    return entries.flatMap((entry) => {
      const slot = this.#slots.get(entry.taskId);
      return slot && isLeaseOf(slot, holder, entry) ? [slot] : [];
    });
  }

  #leaseEnd(): EpochMs {
    return later(this.clock.now(), this.#options.leaseMs);
  }

  /** Wakes listeners where something can be claimed, and otherwise at the moment when something can. */
  #announce(): void {
    if (this.#lanes.any("first") || this.#lanes.any("retry"))
      for (const listener of this.#listeners) listener();
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = Math.min(
      this.#waiting.peek()?.entry.dueAt ?? Number.POSITIVE_INFINITY,
      this.#leases.peek()?.until ?? Number.POSITIVE_INFINITY,
      this.#lanes.nextGate,
    );
    if (next === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(Math.max(next - this.clock.now(), 0), MAX_TIMER);
    this.#timer = setTimeout(() => {
      this.#advance();
      this.#announce();
    }, wait);
  }
}
