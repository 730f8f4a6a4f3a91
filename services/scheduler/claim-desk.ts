/**
 * Where dispatchers' demand meets what is due. A claim that finds nothing is parked until something comes: a task
 * that was accepted for now (it goes out with its data, without a second read; without the due set too where it was handed
 * over, see `handover.ts`), or a wake-up of the due set. Parked claims are served in turn; of what was just accepted the own dispatcher gets the most while it keeps up.
 */

import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "moleculer";
import { epochMs } from "../../core/clock.ts";
import type { ClaimReply, ClaimRequest } from "../../core/contract.ts";
import { type DueEntry, dueEntryOf, type Job, leaseOf } from "../../core/job.ts";
import { handedFor } from "../../core/lease.ts";
import { handedOver } from "../../core/metrics.ts";
import type { StoredTask } from "../../store/rows.ts";
import type { Resources } from "../node/resources.ts";
import type { DueRepeats } from "../tasks/due-repeats.ts";
import { type HandedTask, type Handover, isHandedOver } from "./handover.ts";
import type { JobMaker } from "./jobs.ts";
import { type Parked, ParkedClaims } from "./parked-claims.ts";

/** One reply carries about this much payload. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;
/** Commits that are handed out together; each holds 4 MiB of payload at most. */
const MAX_COMMITS = 4;
/** Commits are dealt out evenly among dispatchers whose claims are parked, in parts of at least so many: each is a round trip. */
const MIN_SHARE = 8;
/** After a failure of Redis or the database, in ms. */
const FAILURE_PAUSE = 500;

export class ClaimDesk {
  readonly #resources: Resources;
  readonly #jobs: JobMaker;
  readonly #handover: Pick<Handover, "mayGo" | "giveUp">;
  readonly #repeats: Pick<DueRepeats, "addLater">;
  readonly #log: Logger;
  readonly #parked: ParkedClaims;
  /** What each commit brought that is not handed out yet. */
  readonly #offered: StoredTask[][] = [];
  #handingOut = false;
  #pumping = false;
  /** Something may be claimable that no claim has looked at yet. */
  #woken = false;

  /** @param nodeID this node's, which may have a dispatcher of its own */
  constructor(
    resources: Resources,
    jobs: JobMaker,
    handover: Pick<Handover, "mayGo" | "giveUp">,
    repeats: Pick<DueRepeats, "addLater">,
    log: Logger,
    nodeID: string,
  ) {
    this.#handover = handover;
    this.#repeats = repeats;
    this.#parked = new ParkedClaims(resources.clock, nodeID);
    this.#resources = resources;
    this.#jobs = jobs;
    this.#log = log;
    resources.due.onWake(() => this.#wake());
  }

  /** Claims that wait. */
  get size(): number {
    return this.#parked.size;
  }

  /** How many tasks claims that are parked now would take without the due set. */
  get roomForHandovers(): number {
    return this.#parked.roomForHandovers;
  }

  /** Resolves with jobs, or with none after `waitMs`. */
  claim(request: ClaimRequest, nodeID: string): Promise<ClaimReply> {
    const reply = this.#parked.park(request, nodeID);
    this.#wake();
    return reply;
  }

  /** Takes tasks that were just committed: those due go to parked claims at once, the rest into the due set. */
  offer(tasks: StoredTask[]): void {
    const handed = tasks.filter(isHandedOver);
    if (handed.length > 0) void this.#give(handed);
    const others = handed.length > 0 ? tasks.filter((task) => !isHandedOver(task)) : tasks;
    if (others.length > 0) this.#queue(others);
  }

  #queue(tasks: StoredTask[]): void {
    this.#offered.push(tasks);
    if (!this.#handingOut) void this.#handOut();
  }

  /** Gives tasks that are handed over to parked claims; those that find none take the usual way. */
  async #give(tasks: HandedTask[]): Promise<void> {
    const left: StoredTask[] = [];
    let rest: HandedTask[] = [];
    for (const task of tasks) (this.#handover.mayGo(task) ? rest : left).push(task);
    while (rest.length > 0) {
      const parked = this.#parked.takeForHandover(rest.length);
      if (!parked) break;
      const part = rest.slice(0, parked.room);
      rest = rest.slice(part.length);
      left.push(...(await this.#giveTo(parked, part)));
    }
    left.push(...rest);
    if (left.length === 0) return;
    this.#handover.giveUp(left);
    handedOver.queued.inc(left.length);
    this.#queue(left);
  }

  /** @returns what could not be given */
  async #giveTo(parked: Parked, tasks: HandedTask[]): Promise<HandedTask[]> {
    try {
      const { config } = this.#resources;
      const handedUntil = epochMs(Math.min(...tasks.map((task) => task.handedUntil)));
      const entries = tasks.map((task) => dueEntryOf(task) as DueEntry);
      const jobs = await this.#jobs.make(parked.holder, entries, tasks, "row");
      const made = new Set(jobs.map(({ taskId }) => taskId));
      this.#handover.giveUp(tasks.filter(({ taskId }) => !made.has(taskId)));
      if (jobs.length === 0) {
        this.#parked.putBack(parked);
        return [];
      }
      handedOver.given.inc(jobs.length);
      parked.reply(
        jobs.map((job) => ({ ...job, handedUntil })),
        handedUntil - handedFor(config.leaseMs),
      );
      return [];
    } catch (error) {
      this.#log.warn(
        { err: (error as Error).message, tasks: tasks.length },
        "handing over failed; they are queued",
      );
      this.#parked.putBack(parked);
      return tasks;
    }
  }

  /**
   * One round trip at a time: what is committed meanwhile goes with the next one. Side by side, small commits would each
   * use up a parked claim, and find none.
   */
  async #handOut(): Promise<void> {
    this.#handingOut = true;
    while (this.#offered.length > 0) {
      const tasks = this.#offered.splice(0, MAX_COMMITS).flat();
      try {
        await this.#place(tasks);
      } catch (error) {
        // They are committed. Some may be in the due set; adding those changes nothing.
        this.#repeats.addLater(tasks.flatMap((task) => dueEntryOf(task) ?? []));
        this.#log.warn(
          { err: (error as Error).message, tasks: tasks.length },
          "accepted, but not in the due set yet",
        );
      }
    }
    this.#handingOut = false;
  }

  async #place(tasks: StoredTask[]): Promise<void> {
    const { due, clock } = this.#resources;
    let rest = tasks;
    const served = new Set<string>();
    while (rest.length > 0) {
      const next = this.#parked.ownThatKeepsUp() ?? this.#parked.holdersBut(served);
      const share = Math.max(MIN_SHARE, Math.ceil(rest.length / Math.max(1, next.size)));
      const parked = this.#parked.takeNext(next);
      if (parked) served.add(parked.holder);
      const part = rest.slice(0, parked ? Math.min(parked.room, share) : rest.length);
      rest = rest.slice(part.length);
      const leasedAt = clock.now();
      const entries = part.flatMap((task) => dueEntryOf(task) ?? []);
      if (!parked) await due.add(entries);
      else await this.#handOver(parked, entries, part, leasedAt);
    }
  }

  /** Forgets the claims of a node that is gone: what they would get would only wait for its lease to run out. */
  dropNode(nodeID: string): void {
    this.#parked.answerEmpty((parked) => parked.nodeID === nodeID);
  }

  /** Answers all parked claims with nothing; dispatchers turn to another scheduler. */
  close(): void {
    this.#parked.close();
  }

  /** Leases to one parked claim what can go at once. */
  async #handOver(parked: Parked, entries: DueEntry[], tasks: StoredTask[], leasedAt: number): Promise<void> {
    const { due } = this.#resources;
    let leased: DueEntry[] = [];
    try {
      const byId = new Map(tasks.map((task) => [task.taskId, task]));
      const accepted = entries.map((entry) => {
        const { createdAt } = byId.get(entry.taskId) as StoredTask;
        return { ...entry, acceptedAt: createdAt };
      });
      leased = await due.admit(accepted, parked.holder, parked.room);
      const leasedTasks = leased.map(({ taskId }) => byId.get(taskId) as StoredTask);
      const jobs = await this.#jobs.make(parked.holder, leased, leasedTasks);
      if (jobs.length > 0) parked.reply(jobs, leasedAt);
      else this.#parked.putBack(parked);
    } catch (error) {
      this.#parked.putBack(parked);
      await due.release(parked.holder, leased).catch(() => undefined);
      throw error;
    }
  }

  #wake(): void {
    this.#woken = true;
    if (!this.#pumping) void this.#pump();
  }

  /** Serves parked claims while there is something to serve them with. One at a time, so turns are kept. */
  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#woken && this.#parked.size > 0) {
      this.#woken = false;
      try {
        if (await this.#serveNext()) this.#woken = true;
      } catch (error) {
        this.#log.warn({ err: (error as Error).message }, "claiming failed; trying again");
        await pause(FAILURE_PAUSE);
        this.#woken = true;
      }
    }
    this.#pumping = false;
  }

  /** The claim whose turn it is; where that one is for first calls only and finds none, the next that takes retries. */
  async #serveNext(): Promise<boolean> {
    const next = this.#parked.first as Parked;
    if (await this.#serveOne(next)) return true;
    const other = next.retries === 0 ? this.#parked.firstForRetries : undefined;
    return other !== undefined && this.#serveOne(other);
  }

  async #serveOne(parked: Parked): Promise<boolean> {
    this.#parked.take(parked);
    let served = false;
    try {
      served = await this.#serve(parked);
    } finally {
      if (!served) this.#parked.putBack(parked);
    }
    return served;
  }

  /** @returns false where nothing was due */
  async #serve(parked: Parked): Promise<boolean> {
    const { due, clock } = this.#resources;
    const leasedAt = clock.now();
    const entries = await due.claim(parked.holder, parked.room, parked.retries);
    if (entries.length === 0) return false;
    let jobs: Job[];
    try {
      jobs = await this.#jobs.load(parked.holder, entries);
    } catch (error) {
      await due.release(parked.holder, entries).catch(() => undefined);
      throw error;
    }
    // All of them were contradicted by their rows; there may be others.
    if (jobs.length === 0) return this.#serve(parked);
    const fitting = withinBytes(jobs, MAX_REPLY_BYTES);
    if (fitting < jobs.length) await due.release(parked.holder, jobs.slice(fitting).map(leaseOf));
    parked.reply(jobs.slice(0, fitting), leasedAt);
    return true;
  }
}

/** How many of `jobs`, from the first, fit into `max` bytes; at least one. */
function withinBytes(jobs: Job[], max: number): number {
  let bytes = 0;
  const over = jobs.findIndex((job, i) => {
    bytes += (job.body?.length ?? 0) + (job.requestParam ? JSON.stringify(job.requestParam).length : 0) + 500;
    return i > 0 && bytes > max;
  });
  return over === -1 ? jobs.length : over;
}
