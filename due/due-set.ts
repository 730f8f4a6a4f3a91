/**
 * The due set: which open tasks wait, which may go now, and who holds which. It answers one question fast: "what is
 * due?". It is a projection of the database and may be lost at any time; the reconciler builds it again.
 *
 *            add                      due time reached                     claim
 *   (database) ──▶ waiting ────────────────────────▶ ready ────────────────────────▶ leased by a holder
 *                     ▲                                 ▲                                │
 *                     │                                 └── release, or lease ran out ───┤
 *                     └──────────────── settle with a next time (retry) ─────────────────┤
 *                                                            settle without one: gone ◀──┘
 *
 * Rules that every implementation keeps (`test/due/conformance.ts` checks them on each):
 * - An entry is in one place at a time. `add` leaves known entries as they are, so adding twice is harmless.
 * - Each operation is atomic. Only its holder can extend, release or settle a lease, and names it by the entry as it was
 *   claimed: what is said of a lease that has ended never touches a later lease of the same task (`dueAt` is the fence).
 * - "Due" is judged by the set's own clock ({@link DueSet.clock}), never a caller's, and never early.
 * - First calls go before retries; a share of each claim is kept for retries, so they do not starve.
 * - Apps take turns, and of each app its lanes (a lane: all entries for one target origin).
 * - What a lane may give is bounded by its window, its rate and its breaker (`lane-rules.ts`), so one target that
 *   is slow, floods or fails holds up nobody.
 */
import { type Clock, type EpochMs, type Millis, millis, seconds } from "../core/clock.ts";
import type { DestinationSettings } from "../core/destination.ts";
import type { Lane, TaskId } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import type { Health } from "../core/outcome.ts";
import type { Belonging, Owner } from "./belonging.ts";
import type { Findings } from "./findings.ts";
import type { LaneStatus, Rules } from "./lane-rules.ts";

/**
 * How long after its acceptance a task may be leased by `admit`, whose caller has the task as it was when it was accepted.
 * What was accepted earlier may have come by another way meanwhile (the reconciler finds it in the database), been called,
 * recorded and forgotten again: it is added only, and the scheduler that claims it reads its row. The reconciler leaves
 * tasks alone that are not twice as old as this.
 */
export const HANDOVER = seconds(2);

/**
 * How long leases that ran out are left to holders that may not have been heard, in ms. More than the time between two of
 * their heartbeats, and than a heartbeat to a scheduler that died and one to another (7/12 of a lease, 4.5 s at most: see
 * `services/dispatcher/heartbeat.ts`). With what is left of a lease when its holder dies, within twice a lease.
 */
export const holdersTime = (leaseMs: Millis): Millis => millis(Math.min(0.75 * leaseMs, 5_000));

export interface DueSetOptions {
  /** How long a lease lasts unless extended. */
  leaseMs: Millis;
  /** Entries of one lane that may be leased at once, at most. */
  window: number;
  /** For tests, which have less time. */
  rules?: Partial<Rules>;
}

/** A task that was accepted just now. */
export interface AcceptedEntry extends DueEntry {
  /** By the set's own clock. */
  acceptedAt: EpochMs;
}

/** What became of leases that were to be renewed. The rest are renewed. */
export interface Extended {
  /** Another holder's by now, or waiting again. */
  lost: DueEntry[];
  /** Not known before, or ready again: taken in, and the holder's from now on. */
  adopted: DueEntry[];
}

/** Which lanes are quiet; see {@link DueSet.quiet}. */
export type QuietLanes = (lane: Lane) => boolean;

/** What becomes of a leased entry: back to waiting until `next.dueAt`, or gone. */
export interface Settlement {
  entry: DueEntry;
  next: DueEntry | null;
  /** What the call said of its target; null where it said nothing, or no call was made. */
  health: Health | null;
  /** The lease was in the task's row only, and the set was never asked to hold it. Missing: the set holds it. */
  unheld?: boolean;
}

/** A breaker that opened or closed. */
export interface LaneChange {
  lane: Lane;
  breaker: "opened" | "closed";
  status: LaneStatus;
}

/** How many entries are in each place. */
export interface DueCounts {
  waiting: number;
  ready: number;
  leased: number;
}

/** Every method rejects with BidaError `unavailable` while the set cannot be reached. */
export interface DueSet {
  /** The clock that judges what is due. */
  readonly clock: Clock;
  /** Adds what is not known yet. @returns how many that were */
  add(entries: DueEntry[]): Promise<number>;
  /**
   * Takes in leases that ran out and were in their tasks' rows only, no matter who holds them. A holder that still renews one has
   * it; otherwise it goes the way of every lease that ran out. @returns how many were not known
   */
  addOrphans(entries: DueEntry[]): Promise<number>;
  /**
   * Adds, and leases to `holder` up to `room` of those that are due and were accepted {@link HANDOVER} ago at most, as far
   * as lanes allow and nothing waits before them. @returns those it leased
   */
  admit(entries: AcceptedEntry[], holder: string, room: number): Promise<DueEntry[]>;
  /**
   * Leases up to `room` entries to `holder`, among them up to `retries` (without: `room`) that are no first calls. A claim
   * that has all its retries may leave first calls to the next one.
   */
  claim(holder: string, room: number, retries?: number): Promise<DueEntry[]>;
  /** Renews leases. One that ran out, and that nobody took since, or that the set does not know, is taken in. */
  extend(holder: string, entries: DueEntry[]): Promise<Extended>;
  /**
   * Holders may not have been heard lately (see {@link holdersTime}): to be called when they can be heard again; the set does so
   * itself where its clock jumps, by which all leases may end at once. For that
   * long, leases that ran out are left to their holders, who renew them as soon as they can; what they have under way is
   * not given to somebody else before. Other processes on the same set, which heard them all the time, do take such leases
   * back.
   */
  holdersFirst(): void;
  /** Whether holders have that time just now; what is leased in rows only is left to them too. */
  readonly awaitsHolders: boolean;
  /** Hands leases back; the entries are ready at once. */
  release(holder: string, entries: DueEntry[]): Promise<void>;
  /** Ends leases. @returns breakers that changed by what the calls said of their targets */
  settle(holder: string, settlements: Settlement[]): Promise<LaneChange[]>;
  /**
   * Takes into account calls that went well and whose leases the set was never asked to hold.
   * @param calls how many of each lane
   * @returns as {@link settle}
   */
  wentWell(calls: ReadonlyMap<Lane, number>): Promise<LaneChange[]>;
  /**
   * Which lanes are quiet just now: nothing is set for them, their breaker is closed, their window is not narrow, none of
   * their entries waits for its turn, and few are leased. Their calls need no queue.
   */
  quiet(): Promise<QuietLanes>;
  /** Gives a waiting, ready or unknown entry a new time. @returns false, changing nothing, where it is leased */
  move(entry: DueEntry): Promise<boolean>;
  /** Forgets entries that are not leased. */
  remove(entries: DueEntry[]): Promise<void>;
  /** Which of these are leased. */
  leasedAmong(entries: DueEntry[]): Promise<Set<TaskId>>;
  /** Those that are in no place of the set: {@link DueSet.add} would add them. Changes nothing. */
  missingAmong(entries: DueEntry[]): Promise<DueEntry[]>;
  /** All that are leased, by anyone. */
  allLeased(): Promise<TaskId[]>;
  counts(): Promise<DueCounts>;
  /** Sets what operators want of a lane; forgotten together with everything else when the set is lost. */
  configure(lane: Lane, settings: DestinationSettings): Promise<void>;
  /** Closes a lane's breaker. */
  resetBreaker(lane: Lane): Promise<void>;
  /** Where these lanes stand; one that nothing is known of is missing. */
  lanes(lanes: Lane[]): Promise<Map<Lane, LaneStatus>>;
  /** Lanes whose breaker is not closed. */
  troubledLanes(): Promise<Lane[]>;
  /**
   * Compares what the set counts and remembers with what it holds.
   * @param repair whether to put right what differs; what is missing only the database can bring back
   */
  check(repair: boolean): Promise<Findings>;
  /**
   * Tells the set whose it is; with epoch 0 it is only asked. What belongs to another installation stays so.
   * @returns what it knew before
   */
  belongsTo(owner: Owner): Promise<Belonging>;
  /** While there is a reason, nothing else can be done with the set: every other method rejects with `unavailable`. */
  refuse(reason: string | null): void;
  /** Forgets everything, and whose it is; it has to be rebuilt then. */
  reset(): Promise<void>;
  /** Whether the set was rebuilt and has not been emptied or replaced since; otherwise it must be rebuilt. */
  intact(): Promise<boolean>;
  /** To be called when the set has been rebuilt. */
  markRebuilt(): Promise<void>;
  /** Entries are being turned away for want of room (the database has them); false again once there is plenty. */
  readonly full: boolean;
  /** How many leases ran out and were given to others, since the start of this process. */
  readonly recovered: number;
  /** Calls `listener` whenever something may have become claimable. */
  onWake(listener: () => void): void;
  close(): Promise<void>;
}

/** Of a claim, the share kept for retries while first calls alone could fill it. */
export const RETRY_SHARE = 1 / 8;

/** How many entries a lane gives before it is the next one's turn. */
export const QUANTUM = 16;
