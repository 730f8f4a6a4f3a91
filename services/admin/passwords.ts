/** Password hashes: argon2id in PHC format, computed one after another on a thread of their own. */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { BidaError } from "../../core/errors.ts";
import type { PasswordAnswer, PasswordJob } from "./password-thread.ts";

/** Who comes when so many wait, each 75 ms, is asked to come back. */
const MAX_WAITING = 50;

/** The hash of a password nobody has: what unknown names are compared with, so that they take as long as known ones. */
const NOBODYS =
  "$argon2id$v=19$m=19456,t=2,p=1$Po0bKyyRAFYBd55CziNHug$j6pY1AExaRz/f6gp2gIPfC2lAaSLoWHPzsQfDhbdl4Y";

interface Waiting {
  resolve(result: never): void;
  reject(error: Error): void;
}

export class Passwords {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #lastId = 0;

  /** @throws BidaError too_many_requests */
  hash(password: string): Promise<string> {
    return this.#ask({ password, hash: null });
  }

  /** @param hash null: there is no such user; takes as long, and is false. @throws BidaError too_many_requests */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const right = await this.#ask<boolean>({ password, hash: hash ?? NOBODYS });
    return right && hash !== null;
  }

  #ask<T>(job: Omit<PasswordJob, "id">): Promise<T> {
    if (this.#waiting.size >= MAX_WAITING) {
      const retryAfter = 5;
      throw new BidaError("too_many_requests", "Too many logins at this moment", { retryAfter });
    }
    return new Promise<T>((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#thread().postMessage({ id, ...job } satisfies PasswordJob);
    });
  }

  /** Started with the first job; ends with the process. */
  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL(`password-thread${extname(import.meta.filename)}`, import.meta.url));
    worker.unref();
    worker.on("message", ({ id, result }: PasswordAnswer) => {
      this.#waiting.get(id)?.resolve(result as never);
      this.#waiting.delete(id);
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
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
