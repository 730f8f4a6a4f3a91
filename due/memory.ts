/**
 * The due set of a single process: `memory-slots.ts` says where each entry is, `memory-lanes.ts` whose turn it is. Bounded: what is
 * due later than the horizon, or does not fit, is turned away (it is in the database), and the reconciler brings it in time.
 */
import type { Clock } from "../core/clock.ts";
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
import { Lanes } from "./memory-lanes.ts";
import { isLeaseOf, NOBODY, Slots } from "./memory-slots.ts";

/** setTimeout's largest delay. */
const MAX_TIMER = 2 ** 31 - 1;

export class MemoryDueSet implements DueSet {
  readonly clock: Clock;
  readonly #options: DueSetOptions;
  #lanes: Lanes;
  #slots: Slots;
  readonly #listeners: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #rebuilt = false;
  #epoch: number | null = null;
  /** Before the last reset. */
  #recoveredBefore = 0;

  constructor(clock: Clock, options: DueSetOptions) {
    this.clock = clock;
    this.#options = options;
    this.#lanes = new Lanes(options.window, options.rules);
    this.#slots = new Slots(clock, this.#lanes, options.leaseMs);
  }

  get full(): boolean {
    return this.#slots.full;
  }

  get recovered(): number {
    return this.#recoveredBefore + this.#slots.recovered;
  }

  async add(entries: DueEntry[]): Promise<number> {
    const before = this.#slots.size;
    for (const entry of entries) if (!this.#slots.has(entry.taskId)) this.#slots.place(entry);
    this.#announce();
    return this.#slots.size - before;
  }

  async addOrphans(entries: DueEntry[]): Promise<number> {
    const now = this.clock.now();
    const unknown = entries.filter(({ taskId }) => !this.#slots.has(taskId));
    for (const entry of unknown) this.#slots.placeLeased(entry, NOBODY, now);
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
        this.#slots.placeLeased(entry, holder);
        leased.push(entry);
      } else {
        this.#slots.place(entry);
      }
    }
    this.#announce();
    return leased;
  }

  async claim(holder: string, room: number, retries = room): Promise<DueEntry[]> {
    this.#slots.advance();
    const taken: DueEntry[] = [];
    const take = (rank: "first" | "retry", most: number) =>
      this.#lanes.take(rank, most, this.clock.now(), (slot) => {
        this.#slots.lease(slot, holder);
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
      const slot = this.#slots.get(entry.taskId);
      if (!slot) {
        this.#slots.placeLeased(entry, holder);
        adopted.push(entry);
      } else if (slot.place === "ready") {
        this.#lanes.drop(slot);
        slot.entry = entry;
        this.#slots.lease(slot, holder);
        adopted.push(entry);
      } else if (isLeaseOf(slot, NOBODY, entry)) {
        slot.holder = holder;
        slot.until = this.#slots.leaseEnd();
        adopted.push(entry);
      } else if (isLeaseOf(slot, holder, entry)) slot.until = this.#slots.leaseEnd();
      else lost.push(entry);
    }
    return { lost, adopted };
  }

  /** Holders are in this process: it is never without them. */
  holdersFirst(): void {}
  readonly awaitsHolders = false;

  async release(holder: string, entries: DueEntry[]): Promise<void> {
    for (const slot of this.#slots.held(holder, entries)) this.#slots.endLease(slot, "ready");
    this.#announce();
  }

  async settle(holder: string, settlements: Settlement[]): Promise<LaneChange[]> {
    const changes: LaneChange[] = [];
    for (const { entry, next, health, unheld } of settlements) {
      const own = this.#slots.held(holder, [entry]);
      const held = own.length === 0 && unheld ? this.#slots.held(NOBODY, [entry]) : own;
      if (held.length === 0 && !unheld) continue;
      const change = health && this.#lanes.observe(entry.lane, health, this.clock.now());
      if (change) changes.push(change);
      for (const slot of held) this.#slots.endLease(slot, "gone");
      if (next && !this.#slots.has(next.taskId)) this.#slots.place(next);
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
    if (slot) this.#slots.forget(slot);
    this.#slots.place(entry);
    this.#announce();
    return true;
  }

  async remove(entries: DueEntry[]): Promise<void> {
    for (const { taskId } of entries) {
      const slot = this.#slots.get(taskId);
      if (slot && slot.place !== "leased") this.#slots.forget(slot);
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
    return Array.from(this.#slots.all)
      .filter(({ place }) => place === "leased")
      .map(({ entry }) => entry.taskId);
  }

  async counts(): Promise<DueCounts> {
    const counts: DueCounts = { waiting: 0, ready: 0, leased: 0 };
    for (const { place } of this.#slots.all) if (place !== "gone") counts[place] += 1;
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
    this.#recoveredBefore = this.recovered;
    this.#lanes = new Lanes(this.#options.window, this.#options.rules);
    this.#slots = new Slots(this.clock, this.#lanes, this.#options.leaseMs);
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

  /** Wakes listeners where something can be claimed, and otherwise at the moment when something can. */
  #announce(): void {
    if (this.#lanes.any("first") || this.#lanes.any("retry"))
      for (const listener of this.#listeners) listener();
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#slots.nextAt;
    if (next === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(Math.max(next - this.clock.now(), 0), MAX_TIMER);
    this.#timer = setTimeout(() => {
      this.#slots.advance();
      this.#announce();
    }, wait);
  }
}
