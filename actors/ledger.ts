/**
 * The ledger: every lease that this dispatcher has, once, and how far its call has come. Pool, reporter and heartbeat keep
 * no books of their own.
 *
 *              claim               the thread's mark              outcome                acknowledged
 *   scheduler ───────▶ claimed ───────────────────────▶ begun ───────────────▶ ended ───────────────────▶ recorded
 *                         │                               │                      ▲                       (forgotten)
 *                         │                               └── its thread died ───┘
 *                         └── given up: lost, untrusted, handed back, its thread died ──▶ forgotten; released
 *                                                                                         unless it was lost
 *
 * - A call is known by its task and its attempt's number. Leased to us again (its lease had run out), it goes on under the
 *   new lease; what was said of the old one no longer concerns it.
 * - A lease for a later attempt is another call. That attempt n + 1 exists proves that n is on record: the lease of n, which
 *   may be here still, is over and is not renewed.
 * - Only its thread knows for certain whether a call has begun. So nothing that a thread has is forgotten before the thread
 *   says so, or is gone.
 */
import { millis } from "../core/clock.ts";
import type { Lane } from "../core/ids.ts";
import { type Job, leaseOf, type Outcome } from "../core/job.ts";
import { type LeaseName, leaseFor } from "../core/lease.ts";
import { healthOf } from "../core/outcome.ts";
import {
  type Claimed,
  type HeldLease,
  hasSucceeded,
  type LeaseState,
  type NamedLease,
  noReleases,
  type Releases,
  type Strangers,
} from "./held-lease.ts";
import { LanesHere } from "./lanes-here.ts";
import { type LeasedJob, MARGIN, type Trust } from "./lease-trust.ts";
import { Marks } from "./marks.ts";

export interface LedgerOptions {
  /** Names this dispatcher's run. */
  holder: string;
  /** How many leases there may be; beyond that calls count as not begun when their thread dies. */
  capacity: number;
  leaseMs: number;
  /** Whether a lane's target has answered here lately; without it all have. */
  isStranger?: (lane: Lane) => boolean;
  /** Monotonic ms. */
  now?: () => number;
}

export class Ledger {
  /** Which calls have begun; written by threads. */
  readonly marks: Marks;
  readonly #holder: string;
  readonly #leaseMs: number;
  readonly #isStranger: (lane: Lane) => boolean;
  readonly #now: () => number;
  /** By task, the newest attempt; others hang on it. */
  readonly #tasks = new Map<string, HeldLease>();
  /** Those that have jobs on threads. */
  readonly #lanes = new LanesHere();
  #size = 0;
  #retries = 0;
  #ended = 0;

  constructor(options: LedgerOptions) {
    const { holder, capacity, leaseMs, isStranger = () => false, now = () => performance.now() } = options;
    this.#isStranger = isStranger;
    this.#now = now;
    this.#holder = holder;
    this.#leaseMs = leaseMs;
    this.marks = new Marks(capacity);
  }

  /** All leases. */
  get size(): number {
    return this.#size;
  }

  /** Of them, those that are not of first calls. */
  get retries(): number {
    return this.#retries;
  }

  /** Of them, those whose calls have ended and are not on record yet. */
  get ended(): number {
    return this.#ended;
  }

  /** Jobs of strangers that threads have. */
  get strangers(): Readonly<Strangers> {
    return this.#lanes.strangers;
  }

  /** Jobs of one lane that threads have. */
  ofLane(lane: Lane): number {
    return this.#lanes.jobs(lane);
  }

  find({ taskId, n }: LeaseName): HeldLease | undefined {
    let held = this.#tasks.get(taskId) ?? null;
    while (held && held.lease.n !== n) held = held.older;
    return held ?? undefined;
  }

  state({ outcome, job }: HeldLease): LeaseState {
    if (outcome !== null) return "ended";
    return this.marks.begun(job?.place) ? "begun" : "claimed";
  }

  claim(jobs: { job: Job; trust: Trust }[]): Claimed {
    const claimed: Claimed = { fresh: [], superseded: [], surplus: [] };
    for (const { job, trust } of jobs) {
      const same = this.find(job);
      const newest = this.#tasks.get(job.taskId);
      if (same) this.#lease(same, job);
      else if (newest && newest.lease.n > job.n) claimed.surplus.push(leaseFor(job, this.#holder));
      else {
        if (newest) {
          newest.lost = true;
          if (newest.outcome === null) claimed.superseded.push(newest);
        }
        claimed.fresh.push(this.#add(job, trust, newest ?? null));
      }
    }
    return claimed;
  }

  /** Its call has ended. @returns undefined where the lease is not here, or has ended before */
  end(outcome: Outcome, now: number): HeldLease | undefined {
    const held = this.find(outcome);
    if (!held || held.outcome !== null) return undefined;
    if (isAnswered(outcome)) this.#lanes.answered(outcome.lane, now);
    this.#leaveThread(held);
    held.outcome = outcome;
    held.endedAt = now;
    this.#ended += 1;
    return held;
  }

  /** What is to be reported of a call that has ended, under the lease that it has now. @param now monotonic ms */
  outcomeOf({ lease, outcome, endedAt, handedUntil, unsure }: HeldLease, now: number): Outcome {
    const endedMsAgo = millis(Math.max(0, Math.floor(now - endedAt)));
    const known = { ...(outcome as Outcome), endedMsAgo };
    const current = known.dueAt === lease.dueAt ? known : { ...known, ...leaseOf(lease) };
    // Of a failure whose lease the due set may not have, the retry must get there all the same. A success has none.
    const isHanded = handedUntil !== null || (unsure && known.attempt?.outcome === "failed");
    return isHanded ? { ...current, handed: true } : current;
  }

  /**
   * Outcomes are on record.
   * @returns what must be released: leases that a heartbeat may have brought back to life behind the record
   */
  recorded(some: HeldLease[]): Releases {
    const releases = noReleases();
    for (const held of some) {
      this.#remove(held);
      if (held.adopted && !held.lost)
        releases[hasSucceeded(held) ? "ended" : "entries"].push(leaseOf(held.lease));
    }
    return releases;
  }

  /** Jobs that will not be called here. @returns those that were here, and which of them to release */
  giveUp(names: LeaseName[]): { jobs: LeasedJob[]; releases: Releases } {
    const jobs: LeasedJob[] = [];
    const releases = noReleases();
    for (const name of names) {
      const held = this.find(name);
      if (!held?.job) continue;
      jobs.push(held.job);
      this.#leaveThread(held);
      this.#remove(held);
      if (held.lost) continue;
      if (held.handedUntil === null) releases.entries.push(leaseOf(held.lease));
      if (held.handedUntil !== null || held.unsure) releases.handed.push(leaseOf(held.lease));
    }
    return { jobs, releases };
  }

  /**
   * To be called every now and then: where a target hangs, its jobs count as strangers' from now on, whatever was known of it.
   * @returns whether that made room
   */
  lookWhoHangs(): boolean {
    return this.#lanes.look(this.#now(), () => this.all());
  }

  /** Jobs that a thread has. */
  onThread(thread: number): HeldLease[] {
    const some: HeldLease[] = [];
    for (const held of this.all()) if (held.job !== null && held.thread === thread) some.push(held);
    return some;
  }

  *all(): Generator<HeldLease> {
    for (const newest of this.#tasks.values())
      for (let held: HeldLease | null = newest; held; held = held.older) yield held;
  }

  /** When the outcome came that waits longest for its record, monotonic ms; undefined where none waits. */
  oldestEnd(): number | undefined {
    let oldest: number | undefined;
    for (const { outcome, endedAt } of this.all())
      if (outcome !== null && (oldest === undefined || endedAt < oldest)) oldest = endedAt;
    return oldest;
  }

  /**
   * The leases that a heartbeat renews: not those that are lost, nor those of threads that do not answer.
   *
   * A lease that is in its task's row only is left out until it is a fifth of its length old. A beat that began at t renews
   * the trust in everything held until t + 0.8 L (`lease-trust.ts`), so in those that it left out too: they began after
   * t − 0.2 L, and last until t + 0.8 L at least.
   *
   * @param now the cluster's clock, at the latest
   */
  renewal(now: number, silentThreads: ReadonlySet<number>): HeldLease[] {
    const youngFrom = now + (1 - MARGIN) * this.#leaseMs;
    const some: HeldLease[] = [];
    // An older attempt's lease is over.
    for (const held of this.#tasks.values()) {
      if (held.lost || (held.job !== null && silentThreads.has(held.thread))) continue;
      if (held.handedUntil === null || held.handedUntil < youngFrom) some.push(held);
    }
    return some;
  }

  /** A heartbeat with these leaves now: from here on the due set may know them. */
  promote(some: HeldLease[]): NamedLease[] {
    return some.map((held) => {
      if (held.handedUntil !== null) held.unsure = true;
      held.handedUntil = null;
      return { held, lease: held.lease };
    });
  }

  /**
   * The answer to a heartbeat: of the leases that it named, those of the tasks `lost` are not ours, those of `adopted` the
   * due set did not know.
   * @returns how many were lost, waiting calls among them, and leases that came back to life behind their end
   */
  renewed(
    named: NamedLease[],
    lost: string[],
    adopted: string[],
  ): { lost: number; dropped: HeldLease[]; releases: Releases } {
    const [gone, taken] = [new Set<string>(lost), new Set<string>(adopted)];
    const dropped: HeldLease[] = [];
    const releases = noReleases();
    let count = 0;
    for (const { held, lease } of named) {
      const isHeld = this.find(lease) === held && held.lease === lease;
      if (isHeld) held.unsure = false;
      if (gone.has(lease.taskId)) {
        if (!isHeld || held.lost) continue;
        count += 1;
        held.lost = true;
        if (held.job !== null) dropped.push(held);
      } else if (isHeld) {
        if (taken.has(lease.taskId)) held.adopted = true;
      } else {
        // Its outcome was recorded, or it was given up or leased anew, while the request was under way: the due set may have
        // taken the old lease in behind that.
        const isOver = taken.has(lease.taskId) && hasSucceeded(held);
        releases[isOver ? "ended" : "entries"].push(leaseOf(lease));
      }
    }
    return { lost: count, dropped, releases };
  }

  #add(job: Job, trust: Trust, older: HeldLease | null): HeldLease {
    const leased: LeasedJob = { ...job, ...trust, place: this.marks.take() };
    const stranger = this.#isStranger(job.lane) || this.#lanes.hangs(job.lane);
    if (stranger) leased.stranger = true;
    const held: HeldLease = {
      lease: leaseFor(job, this.#holder),
      job: leased,
      thread: -1,
      ahead: this.ofLane(job.lane),
      stranger,
      outcome: null,
      endedAt: 0,
      handedUntil: job.handedUntil ?? null,
      unsure: false,
      lost: false,
      adopted: false,
      older,
    };
    this.#tasks.set(job.taskId, held);
    this.#lanes.came(job, stranger, this.#now());
    this.#size += 1;
    if (!job.first) this.#retries += 1;
    return held;
  }

  #lease(held: HeldLease, job: Job): void {
    held.lease = leaseFor(job, this.#holder);
    held.handedUntil = job.handedUntil ?? null;
    held.unsure = false;
    held.lost = false;
    held.adopted = false;
  }

  #leaveThread(held: HeldLease): void {
    this.marks.give(held.job?.place);
    this.#lanes.left(held);
    held.job = null;
  }

  #remove(held: HeldLease): void {
    const { taskId, first } = held.lease;
    const newest = this.#tasks.get(taskId);
    if (newest === held) {
      if (held.older) this.#tasks.set(taskId, held.older);
      else this.#tasks.delete(taskId);
    } else {
      let before = newest ?? null;
      while (before && before.older !== held) before = before.older;
      if (!before) return;
      before.older = held.older;
    }
    this.#size -= 1;
    if (!first) this.#retries -= 1;
    if (held.outcome !== null) this.#ended -= 1;
  }
}

/** Whether its target did something before the call's deadline. */
function isAnswered({ attempt }: Outcome): boolean {
  const health = attempt && healthOf(attempt);
  return health === "ok" || health === "bad";
}
