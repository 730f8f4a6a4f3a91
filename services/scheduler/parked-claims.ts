/** Claims that found nothing: dispatchers' demand, in the order in which it came. */
import type { Clock } from "../../core/clock.ts";
import type { ClaimReply, ClaimRequest } from "../../core/contract.ts";
import type { Job } from "../../core/job.ts";

export interface Parked {
  holder: string;
  nodeID: string;
  room: number;
  /** How many of the jobs may be retries. */
  retries: number;
  keepsUp: boolean;
  /** It takes jobs whose lease is in their row only. */
  handovers: boolean;
  /** Its time is up; anyone who serves it just now may still, otherwise it is answered with nothing. */
  expired: boolean;
  reply(jobs: Job[], leasedAt: number): void;
}

export class ParkedClaims {
  readonly #clock: Clock;
  readonly #nodeID: string;
  #parked: Parked[] = [];
  #closed = false;

  /** @param nodeID this node's, which may have a dispatcher of its own */
  constructor(clock: Clock, nodeID: string) {
    this.#clock = clock;
    this.#nodeID = nodeID;
  }

  get size(): number {
    return this.#parked.length;
  }

  /** How many tasks claims that are parked now would take without the due set. */
  get roomForHandovers(): number {
    return this.#parked.reduce((sum, { handovers, room }) => sum + (handovers ? room : 0), 0);
  }

  /** Parks a claim behind the others. Resolves with what it is served with, or with no jobs after its `waitMs`. */
  park(request: ClaimRequest, nodeID: string): Promise<ClaimReply> {
    const { holder, room, retries, keepsUp, handovers = false, waitMs } = request;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        parked.expired = true;
        this.answerEmpty((other) => other === parked);
      }, waitMs);
      const reply: Parked["reply"] = (jobs, leasedAt) => {
        clearTimeout(timer);
        resolve({ jobs, leasedAt });
      };
      const demand = { holder, nodeID, room, retries, keepsUp, handovers };
      const parked: Parked = { ...demand, expired: this.#closed, reply };
      this.#answerOr(parked, () => this.#parked.push(parked));
    });
  }

  /** A claim that was taken and could not be served is the first again. */
  putBack(parked: Parked): void {
    this.#answerOr(parked, () => this.#parked.unshift(parked));
  }

  #answerOr(parked: Parked, keep: () => void): void {
    if (parked.expired || this.#closed) parked.reply([], this.#clock.now());
    else keep();
  }

  take(parked: Parked): void {
    this.#parked.splice(this.#parked.indexOf(parked), 1);
  }

  /** The claim whose turn it is. */
  get first(): Parked | undefined {
    return this.#parked[0];
  }

  get firstForRetries(): Parked | undefined {
    return this.#parked.find(({ retries }) => retries > 0);
  }

  /**
   * Takes a claim for `count` tasks that were handed over: this node's own where it keeps up, then one for first calls only,
   * since the others are for what the due set has as well.
   */
  takeForHandover(count: number): Parked | undefined {
    const fit = this.#parked.filter(({ handovers }) => handovers);
    const own = fit.filter(({ nodeID, keepsUp }) => nodeID === this.#nodeID && keepsUp);
    const candidates = own.length > 0 ? own : fit;
    const best =
      candidates.find(({ retries, room }) => retries === 0 && room >= count) ??
      candidates.find(({ room }) => room >= count) ??
      candidates[0];
    if (best) this.take(best);
    return best;
  }

  /** This node's dispatcher where it has a claim here and keeps up: what stays in one process costs a third less CPU time. */
  ownThatKeepsUp(): Set<string> | null {
    const own = this.#parked.find(({ nodeID, keepsUp }) => nodeID === this.#nodeID && keepsUp);
    return own ? new Set([own.holder]) : null;
  }

  /** Those that have a claim here, but for some. */
  holdersBut(served: Set<string>): Set<string> {
    return new Set(this.#parked.map(({ holder }) => holder).filter((holder) => !served.has(holder)));
  }

  /** Takes the claim whose turn it is, of one of these holders where there is one. */
  takeNext(holders: Set<string>): Parked | undefined {
    const index = this.#parked.findIndex(({ holder }) => holders.has(holder));
    return this.#parked.splice(Math.max(0, index), 1)[0];
  }

  /** Answers with nothing. */
  answerEmpty(which: (parked: Parked) => boolean): void {
    const answered = this.#parked.filter(which);
    this.#parked = this.#parked.filter((parked) => !which(parked));
    for (const parked of answered) parked.reply([], this.#clock.now());
  }

  /** Answers all with nothing, and whatever comes. */
  close(): void {
    this.#closed = true;
    this.answerEmpty(() => true);
  }
}
