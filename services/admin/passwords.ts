/** Password hashes: argon2id in PHC format, computed one after another on a thread of their own. */
import { Worker } from "node:worker_threads";
import { BidaError } from "../../core/errors.ts";
import { FairLine } from "../../core/fair-line.ts";
import { threadFile } from "../../core/thread-file.ts";
import type { PasswordAnswer, PasswordJob } from "./password-thread.ts";

/** Of each lane; who comes when so many wait, each 75 ms, is asked to come back. */
const MAX_WAITING = 50;

/** A stranger who has waited so long is asked to come back, in ms: the request would time out before its turn is over. */
const LONGEST_WAIT = 5_000;

/**
 * Who waits. `known`: those who have logged in from where they are, or who are logged in; they go first, so a flood of
 * guesses from thousands of addresses does not keep them out. The others share their lane by account.
 */
export type Lane = "known" | { account: string };

/** The hash of a password nobody has: what unknown names are compared with, so they take as long as known ones. */
const NOBODYS =
  "$argon2id$v=19$m=19456,t=2,p=1$Po0bKyyRAFYBd55CziNHug$j6pY1AExaRz/f6gp2gIPfC2lAaSLoWHPzsQfDhbdl4Y";

interface Waiting {
  job: PasswordJob;
  /** On the clock of `performance`. */
  since: number;
  resolve(result: never): void;
  reject(error: Error): void;
}

export class Passwords {
  readonly #known = new FairLine<Waiting>(MAX_WAITING);
  readonly #others = new FairLine<Waiting>(MAX_WAITING);
  #atWork: Waiting | null = null;
  #worker: Worker | null = null;

  /** For somebody who is logged in. @throws BidaError too_many_requests */
  hash(password: string): Promise<string> {
    return this.#ask({ password, hash: null }, "known");
  }

  /** @param hash null: there is no such user; takes as long, and is false. @throws BidaError too_many_requests */
  async verify(password: string, hash: string | null, lane: Lane): Promise<boolean> {
    const right = await this.#ask<boolean>({ password, hash: hash ?? NOBODYS }, lane);
    return right && hash !== null;
  }

  #ask<T>(job: PasswordJob, lane: Lane): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const one: Waiting = { job, since: performance.now(), resolve, reject };
      const refused = lane === "known" ? this.#known.push("", one) : this.#others.push(lane.account, one);
      refused?.reject(tooMany());
      this.#next();
    });
  }

  #next(): void {
    if (this.#atWork) return;
    this.#atWork = this.#known.shift() ?? this.#nextStranger();
    // A process waits for what it has asked for, and for nothing else.
    if (!this.#atWork) return void this.#worker?.unref();
    const thread = this.#thread();
    thread.ref();
    thread.postMessage(this.#atWork.job);
  }

  #nextStranger(): Waiting | null {
    for (;;) {
      const one = this.#others.shift();
      if (one === null || performance.now() - one.since < LONGEST_WAIT) return one;
      one.reject(tooMany());
    }
  }

  /** Started with the first job; ends with the process. */
  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(threadFile(import.meta, "password-thread"));
    worker.on("message", (result: PasswordAnswer) => {
      this.#atWork?.resolve(result as never);
      this.#atWork = null;
      this.#next();
    });
    worker.on("error", (error) => this.#drop(worker, error));
    worker.on("exit", () => this.#drop(worker, new Error("the thread for passwords ended")));
    this.#worker = worker;
    return worker;
  }

  /** A new one is started with the next job. */
  #drop(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#atWork?.reject(error);
    this.#atWork = null;
    this.#next();
  }
}

/** For a login that has to be tried again later: `limit` of them wait already, or one has waited for too long. */
export const tooMany = (limit = MAX_WAITING): BidaError =>
  new BidaError("too_many_requests", `Too many logins at this moment: at most ${limit} wait for their turn`, {
    retryAfter: 5,
  });
