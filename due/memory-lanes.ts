/** The lanes of the in-process due set: what is ready in each, whose turn it is, and what each may give just now. */
import { isDeepStrictEqual } from "node:util";
import TinyQueue from "tinyqueue";
import type { EpochMs } from "../core/clock.ts";
import { type DestinationSettings, NO_SETTINGS } from "../core/destination.ts";
import type { Lane } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import type { Health } from "../core/outcome.ts";
import { type LaneChange, QUANTUM } from "./due-set.ts";
import {
  breakerOf,
  close,
  hangs,
  type LaneStatus,
  observe,
  RULES,
  type Rules,
  refill,
  untilToken,
} from "./lane-rules.ts";
import {
  headOf,
  isLikeNew,
  isStill,
  type LaneState,
  newLane,
  type Rank,
  rankOf,
  type Slot,
  statusOf,
} from "./memory-lane.ts";
import { Turns } from "./memory-turns.ts";

/** What a lane may give: so many entries, of those that were due until `dueBy`. */
interface Allowance {
  free: number;
  dueBy: number;
}

const byDue = (a: Slot, b: Slot) => a.entry.dueAt - b.entry.dueAt;

export class Lanes {
  readonly #window: number;
  readonly #rules: Rules;
  readonly #lanes = new Map<Lane, LaneState>();
  readonly #settings = new Map<Lane, DestinationSettings>();
  /** Apps in turn, and of each app its lanes in turn: those that have something ready and may give it. */
  readonly #rings: Record<Rank, Map<number, Turns>> = { first: new Map(), retry: new Map() };
  readonly #gates = new TinyQueue<{ lane: Lane; at: number }>([], (a, b) => a.at - b.at);
  #turns = 0;
  #sweptAt = 0;

  /** @param window the most that a lane may have leased */
  constructor(window: number, rules: Partial<Rules> = {}) {
    this.#window = window;
    this.#rules = { ...RULES, ...rules };
  }

  /** Whether a claim would look at any lane. */
  any(rank: Rank): boolean {
    return this.#rings[rank].size > 0;
  }

  /** Lanes that settings are known of. */
  get settings(): number {
    return this.#settings.size;
  }

  /** When the next gated lane may be looked at again. */
  get nextGate(): number {
    return this.#gates.peek()?.at ?? Number.POSITIVE_INFINITY;
  }

  push(slot: Slot, now: EpochMs): void {
    slot.place = "ready";
    const state = this.#state(slot.entry.lane, now);
    const rank = rankOf(slot.entry);
    const queues = state.queues[rank];
    const queue = queues.get(slot.entry.app) ?? new TinyQueue<Slot>([], byDue);
    queues.set(slot.entry.app, queue);
    queue.push(slot);
    state.ready[rank] += 1;
    this.#enter(rank, slot.entry.app, state);
  }

  /** To be called when a ready slot goes elsewhere. */
  drop(slot: Slot): void {
    const state = this.#lanes.get(slot.entry.lane);
    if (state) state.ready[rankOf(slot.entry)] -= 1;
  }

  /** Counts a lease. */
  leased(entry: DueEntry, now: EpochMs): void {
    const state = this.#state(entry.lane, now);
    state.leased += 1;
    state.bucket.tokens -= 1;
  }

  /** A lease has ended; its lane may have room again. */
  unleased({ lane }: DueEntry, now: EpochMs): void {
    const state = this.#state(lane, now);
    state.leased -= 1;
    this.#reopen(state);
    if (isStill(state) && isLikeNew(state, this.#rules, now)) this.#lanes.delete(lane);
  }

  /** Whether this entry may be leased past the queues: nobody waits before it, and its lane has room. */
  allows(entry: DueEntry, now: EpochMs): boolean {
    const state = this.#state(entry.lane, now);
    const waits = state.ready.first > 0 || (!entry.first && state.ready.retry > 0);
    return !waits && this.#allowance(state, now, entry.dueAt).free > 0;
  }

  /** Takes up to `room` ready slots: apps in turn, of each app its lanes in turn, of each lane a quantum. */
  take(rank: Rank, room: number, now: EpochMs, lease: (slot: Slot) => void): number {
    const ring = this.#rings[rank];
    let taken = 0;
    for (const [app, lanes] of ring) {
      if (taken >= room) break;
      ring.delete(app);
      const state = this.#state(lanes.take(this.#rules.LEAD) as Lane, now);
      const given = this.#serve(state, rank, app, Math.min(QUANTUM, room - taken), now, lease);
      taken += given.length;
      if (given.more) this.#giveTurn(lanes, rank, state);
      if (lanes.size > 0) ring.set(app, lanes);
    }
    return taken;
  }

  /** Lets lanes back into the rings whose time has come, and forgets troubles that are long past. */
  advance(now: EpochMs): void {
    for (let gate = this.#gates.peek(); gate && gate.at <= now; gate = this.#gates.peek()) {
      this.#gates.pop();
      const state = this.#lanes.get(gate.lane);
      if (state && state.gatedUntil === gate.at) this.#reopen(state);
    }
    if (now - this.#sweptAt < this.#rules.FORGET_MS / 10) return;
    this.#sweptAt = now;
    for (const [lane, state] of this.#lanes)
      if (
        isStill(state) &&
        (isLikeNew(state, this.#rules, now) || now - state.usedAt > this.#rules.FORGET_MS)
      )
        this.#lanes.delete(lane);
  }

  observe(lane: Lane, health: Health, now: EpochMs): LaneChange | null {
    const state = this.#state(lane, now);
    const breaker = observe(state.health, health, now, this.#cap(state), state.settings, this.#rules);
    if (breaker === null) return null;
    return { lane, breaker, status: statusOf(state, this.#cap(state), now) };
  }

  /** Takes into account calls that went well and were not leased here. */
  wentWell(lane: Lane, calls: number, now: EpochMs): LaneChange | null {
    const state = this.#state(lane, now);
    const { health } = state;
    // These calls may have ended before a breaker opened: only a probe, which is leased here, closes it.
    if (health.openUntil > 0) return null;
    const change = this.observe(lane, "ok", now);
    // All but the first only widen the window and count.
    health.window = Math.min(health.window + calls - 1, this.#cap(state));
    health.calls += calls - 1;
    if (change) this.#reopen(state);
    return change;
  }

  /** See `DueSet.quiet`. What nothing is known of is quiet. */
  isQuiet(lane: Lane): boolean {
    const { START_WINDOW } = this.#rules;
    if (this.#settings.has(lane) && !isDeepStrictEqual(this.#settings.get(lane), NO_SETTINGS)) return false;
    const state = this.#lanes.get(lane);
    if (!state) return true;
    const { openUntil, window } = state.health;
    const waits = state.ready.first + state.ready.retry > 0;
    return !waits && openUntil === 0 && window >= START_WINDOW && state.leased < START_WINDOW / 2;
  }

  configure(lane: Lane, settings: DestinationSettings, now: EpochMs): void {
    if (isDeepStrictEqual(this.#settings.get(lane), settings)) return;
    this.#settings.set(lane, settings);
    const state = this.#state(lane, now);
    state.settings = settings;
    state.bucket = { tokens: Number.POSITIVE_INFINITY, at: now };
    if (!settings.breaker) close(state.health, this.#rules);
    this.#reopen(state);
  }

  reset(lane: Lane, now: EpochMs): void {
    const state = this.#state(lane, now);
    close(state.health, this.#rules);
    this.#reopen(state);
  }

  status(lane: Lane, now: EpochMs): LaneStatus | null {
    const state = this.#lanes.get(lane);
    return state ? statusOf(state, this.#cap(state), now) : null;
  }

  /** Lanes whose breaker is not closed. */
  troubled(): Lane[] {
    return Array.from(this.#lanes.values())
      .filter(({ health }) => health.openUntil > 0)
      .map(({ lane }) => lane);
  }

  #serve(
    state: LaneState,
    rank: Rank,
    app: number,
    most: number,
    now: EpochMs,
    lease: (slot: Slot) => void,
  ): { length: number; more: boolean } {
    const queue = state.queues[rank].get(app);
    const { free, dueBy } = this.#allowance(state, now, headOf(queue)?.entry.dueAt);
    const quota = Math.min(most, free);
    let length = 0;
    for (let head = headOf(queue); head && length < quota; head = headOf(queue)) {
      if (head.entry.dueAt > dueBy) break;
      queue?.pop();
      state.ready[rank] -= 1;
      lease(head);
      length += 1;
    }
    const next = headOf(queue);
    if (!next) state.queues[rank].delete(app);
    const more = next !== undefined && length > 0 && length === quota && quota < free;
    // The ends of leases bring the lane back, and what time brings back before that is looked for now.
    if (next && length > 0 && !more) this.#allowance(state, now, next.entry.dueAt);
    return { length, more };
  }

  /**
   * What `state` may give now. Where only time can change that, it is gated until then.
   * @param head when the entry in question was due
   */
  #allowance(state: LaneState, now: EpochMs, head: number | undefined): Allowance {
    const { settings, health, bucket, leased } = state;
    if (settings.paused) return this.#gate(state, Number.POSITIVE_INFINITY);
    let free = Math.min(health.window, this.#cap(state)) - leased;
    let dueBy = Number.POSITIVE_INFINITY;
    const breaker = breakerOf(health, now);
    if (breaker === "half_open" && leased === 0) free = Math.min(free, 1);
    else if (breaker !== "closed") {
      // Nothing but what has waited too long.
      free = Math.min(free, this.#rules.TRICKLE - leased);
      dueBy = now - this.#rules.HOLD_MS;
      if (head !== undefined && head > dueBy) {
        const overdue = head + this.#rules.HOLD_MS;
        return this.#gate(state, breaker === "open" ? Math.min(health.openUntil, overdue) : overdue);
      }
    }
    if (settings.ratePerSecond !== null) {
      const tokens = refill(bucket, settings.ratePerSecond, now);
      if (tokens < 1) return this.#gate(state, now + untilToken(bucket, settings.ratePerSecond));
      free = Math.min(free, tokens);
    }
    return { free: Math.max(0, free), dueBy };
  }

  #gate(state: LaneState, at: number): Allowance {
    if (state.gatedUntil === 0 || at < state.gatedUntil) {
      state.gatedUntil = at;
      if (at < Number.POSITIVE_INFINITY) this.#gates.push({ lane: state.lane, at });
    }
    return { free: 0, dueBy: 0 };
  }

  #reopen(state: LaneState): void {
    state.gatedUntil = 0;
    for (const rank of ["first", "retry"] as const)
      for (const app of state.queues[rank].keys()) this.#enter(rank, app, state);
  }

  /** Gives a lane its turn, unless it has one or is full. */
  #enter(rank: Rank, app: number, state: LaneState): void {
    if (state.settings.paused || state.leased >= this.#cap(state)) return;
    const ring = this.#rings[rank];
    const lanes = ring.get(app) ?? new Turns();
    this.#giveTurn(lanes, rank, state);
    ring.set(app, lanes);
  }

  #giveTurn(lanes: Turns, rank: Rank, { lane, health }: LaneState): void {
    lanes.add(lane, ++this.#turns, rank === "retry" && hangs(health, this.#rules));
  }

  #cap = ({ settings }: LaneState): number => settings.concurrency ?? this.#window;

  #state(lane: Lane, now: EpochMs): LaneState {
    let state = this.#lanes.get(lane);
    if (!state) {
      state = newLane(lane, this.#settings.get(lane) ?? NO_SETTINGS, this.#rules, now);
      this.#lanes.set(lane, state);
    }
    state.usedAt = now;
    return state;
  }
}
