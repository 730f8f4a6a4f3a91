/**
 * The due set of a single process: heaps and maps. Bounded: what is due later than the horizon, or does not fit, is
 * turned away (it is in the database), and the reconciler brings it in time.
 */
import TinyQueue from "tinyqueue";
import { type Clock, type EpochMs, later, minutes } from "../core/clock.ts";
import type { Lane, TaskId } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import { leasesRecovered } from "../core/metrics.ts";
import {
  type DueCounts,
  type DueSet,
  type DueSetOptions,
  QUANTUM,
  RETRY_SHARE,
  type Settlement,
} from "./due-set.ts";

/** Entries due later than this are not kept. Several of the reconciler's rounds fit in. */
export const HORIZON = minutes(5);
const MAX_ENTRIES = 200_000;
/** setTimeout's largest delay. */
const MAX_TIMER = 2 ** 31 - 1;

/** An entry's one place. Heaps drop slots lazily: a slot counts only where `places` still holds it in that place. */
interface Slot {
  entry: DueEntry;
  place: "waiting" | "ready" | "leased" | "gone";
  holder: string;
  /** When the lease ends. */
  until: EpochMs;
}

interface LaneState {
  leased: number;
  first: TinyQueue<Slot>;
  retry: TinyQueue<Slot>;
}

const byDue = (a: Slot, b: Slot) => a.entry.dueAt - b.entry.dueAt;
const byLeaseEnd = (a: { until: EpochMs }, b: { until: EpochMs }) => a.until - b.until;

export class MemoryDueSet implements DueSet {
  readonly clock: Clock;
  readonly #options: DueSetOptions;
  readonly #slots = new Map<TaskId, Slot>();
  readonly #lanes = new Map<Lane, LaneState>();
  readonly #waiting = new TinyQueue<Slot>([], byDue);
  /** Lease ends as they were when pushed; an extended lease is pushed again when its old end is met. */
  readonly #leases = new TinyQueue<{ slot: Slot; until: EpochMs }>([], byLeaseEnd);
  /** Lanes with something ready, in turn. */
  readonly #firstRing = new Set<Lane>();
  readonly #retryRing = new Set<Lane>();
  readonly #listeners: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #rebuilt = false;
  #full = false;

  constructor(clock: Clock, options: DueSetOptions) {
    this.clock = clock;
    this.#options = options;
  }

  get full(): boolean {
    this.#full = this.#slots.size >= (this.#full ? MAX_ENTRIES / 2 : MAX_ENTRIES);
    return this.#full;
  }

  async add(entries: DueEntry[]): Promise<number> {
    const before = this.#slots.size;
    for (const entry of entries) if (!this.#slots.has(entry.taskId)) this.#place(entry);
    this.#announce();
    return this.#slots.size - before;
  }

  async admit(entries: DueEntry[], holder: string, room: number): Promise<DueEntry[]> {
    const leased: DueEntry[] = [];
    for (const entry of entries) {
      if (this.#slots.has(entry.taskId)) continue;
      const lane = this.#lane(entry.lane);
      const overtakes = lane.first.length > 0 || (!entry.first && lane.retry.length > 0);
      const fits = leased.length < room && lane.leased < this.#options.window;
      if (entry.dueAt <= this.clock.now() && fits && !overtakes) {
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

  async claim(holder: string, room: number): Promise<DueEntry[]> {
    this.#advance();
    const kept = this.#retryRing.size > 0 ? Math.floor(room * RETRY_SHARE) : 0;
    const taken = this.#take(this.#firstRing, "first", holder, room - kept);
    taken.push(...this.#take(this.#retryRing, "retry", holder, room - taken.length));
    taken.push(...this.#take(this.#firstRing, "first", holder, room - taken.length));
    this.#arm();
    return taken;
  }

  async extend(holder: string, entries: DueEntry[]): Promise<DueEntry[]> {
    const lost: DueEntry[] = [];
    for (const entry of entries) {
      let slot = this.#slots.get(entry.taskId);
      if (!slot) {
        slot = { entry, place: "ready", holder, until: this.clock.now() };
        this.#slots.set(entry.taskId, slot);
      }
      if (slot.place === "ready") this.#lease(slot, holder);
      else if (slot.place === "leased" && slot.holder === holder) slot.until = this.#leaseEnd();
      else lost.push(entry);
    }
    return lost;
  }

  async release(holder: string, entries: DueEntry[]): Promise<void> {
    for (const slot of this.#held(holder, entries)) this.#endLease(slot, "ready");
    this.#announce();
  }

  async settle(holder: string, settlements: Settlement[]): Promise<void> {
    for (const { entry, next } of settlements) {
      for (const slot of this.#held(holder, [entry])) {
        this.#endLease(slot, "gone");
        if (next) this.#place(next);
      }
    }
    this.#announce();
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
    if (entry.dueAt <= now) this.#makeReady(slot);
    else this.#waiting.push(slot);
  }

  #makeReady(slot: Slot): void {
    slot.place = "ready";
    const { first, lane } = slot.entry;
    const state = this.#lane(lane);
    (first ? state.first : state.retry).push(slot);
    if (state.leased < this.#options.window) (first ? this.#firstRing : this.#retryRing).add(lane);
  }

  /** Moves what has become due, and takes back what was held too long. */
  #advance(): void {
    const now = this.clock.now();
    for (let top = this.#leases.peek(); top && top.until <= now; top = this.#leases.peek()) {
      const { slot } = this.#leases.pop() as { slot: Slot };
      if (slot.place !== "leased") continue;
      if (slot.until > now) this.#leases.push({ slot, until: slot.until });
      else {
        leasesRecovered.inc();
        this.#endLease(slot, "ready");
      }
    }
    for (let slot = this.#waiting.peek(); slot && slot.entry.dueAt <= now; slot = this.#waiting.peek()) {
      this.#waiting.pop();
      if (slot.place === "waiting") this.#makeReady(slot);
    }
  }

  /** Serves the lanes of a ring in turn. A lane that gave its quantum goes to the end; a full or empty one leaves. */
  #take(ring: Set<Lane>, rank: "first" | "retry", holder: string, room: number): DueEntry[] {
    const taken: DueEntry[] = [];
    for (const lane of ring) {
      if (taken.length >= room) break;
      ring.delete(lane);
      const state = this.#lane(lane);
      const queue = state[rank];
      const quota = Math.min(QUANTUM, room - taken.length, this.#options.window - state.leased);
      for (let given = 0; given < quota; ) {
        const slot = queue.pop();
        if (!slot) break;
        if (slot.place !== "ready" || this.#slots.get(slot.entry.taskId) !== slot) continue;
        this.#lease(slot, holder);
        taken.push(slot.entry);
        given += 1;
      }
      if (queue.length > 0 && state.leased < this.#options.window) ring.add(lane);
    }
    return taken;
  }

  #lease(slot: Slot, holder: string): void {
    slot.place = "leased";
    slot.holder = holder;
    slot.until = this.#leaseEnd();
    this.#lane(slot.entry.lane).leased += 1;
    this.#leases.push({ slot, until: slot.until });
  }

  #endLease(slot: Slot, to: "ready" | "gone"): void {
    const { lane } = slot.entry;
    const state = this.#lane(lane);
    state.leased -= 1;
    if (to === "ready") this.#makeReady(slot);
    else this.#forget(slot);
    if (state.first.length > 0) this.#firstRing.add(lane);
    if (state.retry.length > 0) this.#retryRing.add(lane);
    if (state.leased === 0 && state.first.length === 0 && state.retry.length === 0) this.#lanes.delete(lane);
  }

  #forget(slot: Slot): void {
    slot.place = "gone";
    this.#slots.delete(slot.entry.taskId);
  }

  #held(holder: string, entries: DueEntry[]): Slot[] {
    return entries.flatMap(({ taskId }) => {
      const slot = this.#slots.get(taskId);
      return slot?.place === "leased" && slot.holder === holder ? [slot] : [];
    });
  }

  #lane(lane: Lane): LaneState {
    let state = this.#lanes.get(lane);
    if (!state) {
      state = { leased: 0, first: new TinyQueue<Slot>([], byDue), retry: new TinyQueue<Slot>([], byDue) };
      this.#lanes.set(lane, state);
    }
    return state;
  }

  #leaseEnd(): EpochMs {
    return later(this.clock.now(), this.#options.leaseMs);
  }

  /** Wakes listeners where something can be claimed, and otherwise at the moment when something can. */
  #announce(): void {
    if (this.#firstRing.size > 0 || this.#retryRing.size > 0)
      for (const listener of this.#listeners) listener();
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = Math.min(
      this.#waiting.peek()?.entry.dueAt ?? Number.POSITIVE_INFINITY,
      this.#leases.peek()?.until ?? Number.POSITIVE_INFINITY,
    );
    if (next === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(Math.max(next - this.clock.now(), 0), MAX_TIMER);
    this.#timer = setTimeout(() => {
      this.#advance();
      this.#announce();
    }, wait);
  }
}
