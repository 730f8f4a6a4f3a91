/**
 * Whether somebody who follows a stream still may: a request is asked who it is once, a stream lives for hours. One
 * question at a time, and another one where rights changed while it was under way.
 */
import { BELIEVED_ALONE } from "./believed.ts";

/** `unknown`: nobody can be asked just now. */
export type Standing = "good" | "over" | "unknown";

export class Recheck {
  readonly #ask: () => Promise<Standing>;
  readonly #onOver: () => void;
  #provenAt = performance.now();
  #asking = false;
  #again = false;

  /** @param ask does not fail. @param onOver called once or more */
  constructor(ask: () => Promise<Standing>, onOver: () => void) {
    this.#ask = ask;
    this.#onOver = onOver;
  }

  /** Resolves when it is known. */
  async now(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    try {
      do {
        this.#again = false;
        this.#take(await this.#ask());
      } while (this.#again);
    } finally {
      this.#asking = false;
    }
  }

  #take(standing: Standing): void {
    const now = performance.now();
    if (standing === "good") this.#provenAt = now;
    if (standing === "over" || now - this.#provenAt > BELIEVED_ALONE) this.#onOver();
  }
}
