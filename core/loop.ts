/**
 * Work that is done again and again: a round, a pause, the next round. One round runs at a time; a stop waits for it, and
 * ends its rests. What a round throws is told, and tried again after a pause that doubles.
 */

export interface LoopOptions {
  /**
   * One round. It may rest with {@link Loop.rest}, and should look at {@link Loop.stopped} where it takes long.
   * @returns ms until the next round, where that is not the usual pause
   */
  round(loop: Loop): Promise<number | undefined> | Promise<void>;
  /** The usual pause between the end of a round and the begin of the next, in ms. */
  everyMs: number;
  /** Before the first round, in ms; `everyMs` unless given. */
  firstMs?: number;
  /** After rounds that failed, in ms: the first pause, doubled each time up to `everyMs`, or up to `max`. */
  failure?: { first: number; max: number };
  /** A round failed. */
  onFailed?(error: Error): void;
  /** A round did not fail. */
  onDone?(): void;
}

export class Loop {
  readonly #options: LoopOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Monotonic ms; when the next round begins. */
  #nextAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | null = null;
  /** During a round: when the next one should begin at the latest. */
  #wantedAt = Number.POSITIVE_INFINITY;
  #failures = 0;
  #started = false;
  #stopped = false;
  readonly #rests = new Set<() => void>();

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** No more rounds begin, and the one that runs should end. */
  get stopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#started = true;
    const { firstMs, everyMs } = this.#options;
    this.#in(firstMs ?? everyMs);
  }

  /** Resolves once no round runs, and none will. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const end of this.#rests) end();
    await this.#running;
  }

  /** There is something to do: the next round begins within `ms`, also where one runs now. */
  wake(ms = 0): void {
    if (!this.#started || this.#stopped) return;
    if (this.#running === null) this.#in(ms);
    else this.#wantedAt = Math.min(this.#wantedAt, performance.now() + ms);
  }

  /** A pause within a round; shorter where the loop is stopped. */
  rest(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#rests.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#rests.add(end);
    });
  }

  #in(ms: number): void {
    const at = performance.now() + ms;
    if (this.#stopped || at >= this.#nextAt) return;
    clearTimeout(this.#timer);
    this.#nextAt = at;
    this.#timer = setTimeout(() => {
      this.#nextAt = Number.POSITIVE_INFINITY;
      this.#running = this.#round();
    }, ms).unref();
  }

  async #round(): Promise<void> {
    const { round, onDone, onFailed, everyMs, failure } = this.#options;
    let pause = everyMs;
    try {
      pause = (await round(this)) ?? everyMs;
      this.#failures = 0;
      onDone?.();
    } catch (error) {
      if (failure) pause = Math.min(failure.first * 2 ** this.#failures, failure.max);
      this.#failures += 1;
      onFailed?.(error as Error);
    }
    this.#running = null;
    this.#in(Math.min(pause, Math.max(0, this.#wantedAt - performance.now())));
    this.#wantedAt = Number.POSITIVE_INFINITY;
  }
}
