/**
 * The actor kernel: an actor has a name, a bounded mailbox, and handles one message at a time. That is all the
 * concurrency control there is; an actor's state needs no locks because nobody else touches it.
 *
 * - `tell` never blocks: it says whether the message was taken. Backpressure is the caller's business.
 * - An actor that throws is restarted with fresh state and goes on with its next message; the message it threw on is
 *   handed to `onFailure`. One that keeps failing is stopped, and its unhandled messages are handed over as well:
 *   nothing disappears silently.
 * - `stop` closes the mailbox, lets the actor handle what is in it, then ends it.
 */

/** What an actor does; one instance lives until its next restart. */
export interface Actor<M> {
  /** Handles a message; the next one waits until this returns or resolves. */
  receive(message: M): void | Promise<void>;
  /** Called once after the last message, also when the actor is given up. */
  stopped?(): void | Promise<void>;
}

export interface ActorRef<M> {
  readonly name: string;
  /** Messages waiting. */
  readonly size: number;
  /** Puts a message into the mailbox. @returns false where it is full or closed */
  tell(message: M): boolean;
  /** Resolves when everything in the mailbox was handled and the actor has ended. */
  stop(): Promise<void>;
}

export interface ActorOptions<M> {
  name: string;
  /** Messages that may wait. */
  mailbox: number;
  /** More failures than `max` within `withinMs` and the actor is given up. */
  restarts?: { max: number; withinMs: number };
  /** Gets every message that was not handled, with the reason. */
  onFailure?: (error: unknown, message: M) => void;
  /** Called once when the actor has ended for any reason; `failed` where it was given up. */
  onEnd?: (failed: boolean) => void;
}

const DEFAULT_RESTARTS = { max: 5, withinMs: 60_000 };

/** Starts an actor. `create` makes its state, now and at each restart. */
export function spawn<M>(create: (self: ActorRef<M>) => Actor<M>, options: ActorOptions<M>): ActorRef<M> {
  return new RunningActor(create, options);
}

class RunningActor<M> implements ActorRef<M> {
  readonly name: string;
  readonly #create: (self: ActorRef<M>) => Actor<M>;
  readonly #options: ActorOptions<M>;
  readonly #restarts: { max: number; withinMs: number };
  readonly #ended = Promise.withResolvers<void>();
  readonly #failures: number[] = [];
  #actor: Actor<M>;
  #mailbox: M[] = [];
  #running = false;
  #state: "open" | "closed" | "ended" = "open";

  constructor(create: (self: ActorRef<M>) => Actor<M>, options: ActorOptions<M>) {
    this.name = options.name;
    this.#create = create;
    this.#options = options;
    this.#restarts = options.restarts ?? DEFAULT_RESTARTS;
    this.#actor = create(this);
  }

  get size(): number {
    return this.#mailbox.length;
  }

  tell(message: M): boolean {
    if (this.#state !== "open" || this.#mailbox.length >= this.#options.mailbox) return false;
    this.#mailbox.push(message);
    this.#run();
    return true;
  }

  stop(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "closed";
      this.#run();
    }
    return this.#ended.promise;
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    queueMicrotask(() => void this.#drain());
  }

  /** Handles messages until the mailbox is empty. Batches are taken whole: shifting a long array is slow. */
  async #drain(): Promise<void> {
    while (this.#mailbox.length > 0 && this.#state !== "ended") {
      const batch = this.#mailbox;
      this.#mailbox = [];
      for (const [i, message] of batch.entries()) {
        try {
          const handled = this.#actor.receive(message);
          if (handled) await handled;
        } catch (error) {
          this.#options.onFailure?.(error, message);
          if (this.#recover()) continue;
          this.#mailbox = batch.slice(i + 1).concat(this.#mailbox);
          await this.#giveUp(error);
          break;
        }
      }
    }
    this.#running = false;
    if (this.#state === "closed") await this.#end(false);
  }

  /** @returns false where the actor has failed too often */
  #recover(): boolean {
    const now = Date.now();
    this.#failures.push(now);
    while ((this.#failures[0] as number) < now - this.#restarts.withinMs) this.#failures.shift();
    if (this.#failures.length > this.#restarts.max) return false;
    try {
      this.#actor = this.#create(this);
      return true;
    } catch {
      return false;
    }
  }

  async #giveUp(error: unknown): Promise<void> {
    const unhandled = this.#mailbox;
    this.#mailbox = [];
    await this.#end(true);
    for (const message of unhandled) this.#options.onFailure?.(error, message);
  }

  async #end(failed: boolean): Promise<void> {
    if (this.#state === "ended") return;
    this.#state = "ended";
    try {
      await this.#actor.stopped?.();
    } finally {
      this.#ended.resolve();
      this.#options.onEnd?.(failed);
    }
  }
}
