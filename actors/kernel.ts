/**
 * The actor kernel: an actor has a name, a bounded mailbox, and handles one message at a time. That is all the
 * concurrency control there is; an actor's state needs no locks because nobody else touches it.
 *
 * - `tell` never blocks: it says whether the message was taken. Backpressure is the caller's business.
 * - An actor that throws has failed and is ended: its state cannot be relied on. The message it threw on and those that it
 *   did not handle are handed to `onFailure`: nothing disappears silently. Its owner makes a new one when there is work for it.
 * - `stop` closes the mailbox, lets the actor handle what is in it, then ends it.
 */

/** What an actor does. */
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
  /** Gets every message that was not handled, with the reason. */
  onFailure?: (error: unknown, message: M) => void;
  /** Called once when the actor has ended for any reason; `failed` where it threw. */
  onEnd?: (failed: boolean) => void;
}

/** Starts an actor. */
export function spawn<M>(actor: Actor<M>, options: ActorOptions<M>): ActorRef<M> {
  return new RunningActor(actor, options);
}

class RunningActor<M> implements ActorRef<M> {
  readonly name: string;
  readonly #options: ActorOptions<M>;
  readonly #ended = Promise.withResolvers<void>();
  readonly #actor: Actor<M>;
  #mailbox: M[] = [];
  #running = false;
  #state: "open" | "closed" | "ended" = "open";

  constructor(actor: Actor<M>, options: ActorOptions<M>) {
    this.name = options.name;
    this.#options = options;
    this.#actor = actor;
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
          this.#mailbox = batch.slice(i + 1).concat(this.#mailbox);
          await this.#giveUp(error);
          break;
        }
      }
    }
    this.#running = false;
    if (this.#state === "closed") await this.#end(false);
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
