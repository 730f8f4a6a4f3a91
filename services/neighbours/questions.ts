/**
 * Asking neighbours what they listen to. Moleculer tells it up to a second later than it lets services call; asked (`DISCOVER`), a
 * node answers at once with what is so at that moment.
 */
import type { Neighbour, Neighbourhood } from "./neighbourhood.ts";

/** Who is unsettled is asked this often, in ms. */
const ASK_EVERY = 100;

/**
 * Who asks for an action is first asked what it listens to, where it was not in this time, in ms. The time grows while it goes on
 * asking and nothing changes; a node that asked for nothing for a while begins anew.
 */
const STALE = { first: 20, longest: 1_000, quiet: 2_000 };
/** How long an answer is waited for, in ms. */
const PATIENCE = 250;

interface Asked {
  /** When it was asked last, and when it last asked for an action itself, in monotonic ms. */
  at: number;
  calledAt: number;
  /** How long an answer is good for, in ms. */
  goodFor: number;
  /** Who waits for its answer. */
  answer: PromiseWithResolvers<void> | null;
}

export class Questions {
  readonly #discover: (neighbour: Neighbour) => void;
  readonly #neighbourhood: Pick<Neighbourhood, "unsettled" | "isSettled">;
  readonly #asked = new WeakMap<Neighbour, Asked>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    neighbourhood: Pick<Neighbourhood, "unsettled" | "isSettled">,
    discover: (neighbour: Neighbour) => void,
  ) {
    this.#neighbourhood = neighbourhood;
    this.#discover = discover;
  }

  /** Asks those who are unsettled, again and again. To be called when somebody may be: where nobody is, nothing wakes the process. */
  repeat(): void {
    if (this.#closed || this.#neighbourhood.isSettled) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const neighbour of this.#neighbourhood.unsettled) this.ask(neighbour);
      this.repeat();
    }, ASK_EVERY).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  ask(neighbour: Neighbour): void {
    this.#of(neighbour).at = performance.now();
    this.#discover(neighbour);
  }

  /** Resolves when what a caller's node listens to is known: before its task is accepted. */
  async askCaller(neighbour: Neighbour): Promise<void> {
    const asked = this.#of(neighbour);
    const now = performance.now();
    if (now - asked.calledAt > STALE.quiet) asked.goodFor = STALE.first;
    asked.calledAt = now;
    if (asked.answer === null) {
      if (now - asked.at < asked.goodFor) return;
      asked.goodFor = Math.min(asked.goodFor * 2, STALE.longest);
      asked.answer = Promise.withResolvers();
      this.ask(neighbour);
      // Whatever comes of it: nobody waits for longer.
      setTimeout(asked.answer.resolve, PATIENCE).unref();
    }
    const { answer } = asked;
    await answer.promise;
    if (asked.answer === answer) asked.answer = null;
  }

  /** An answer has come. @param isNews something has changed */
  answered(neighbour: Neighbour, isNews: boolean): void {
    const asked = this.#of(neighbour);
    if (isNews) asked.goodFor = STALE.first;
    asked.answer?.resolve();
    asked.answer = null;
  }

  #of(neighbour: Neighbour): Asked {
    const never = Number.NEGATIVE_INFINITY;
    const known = this.#asked.get(neighbour);
    const asked = known ?? { at: never, calledAt: never, goodFor: STALE.first, answer: null };
    if (!known) this.#asked.set(neighbour, asked);
    return asked;
  }
}
