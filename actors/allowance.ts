/**
 * How many calls at once the machine allows. Fewer than there are slots once it had no room for one more socket; then it grows
 * again, a step at a time, until the next one fails or all slots are there (additive increase, RFC 5681's idea).
 */

/** Between two steps, in ms. */
const STEP_MS = 1_000;
/** Of the slots. */
const STEP = 1 / 32;

export class Allowance {
  readonly #most: number;
  readonly #resize: (slots: number) => void;
  #slots: number;
  #exceeded = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param resize told whenever it changes */
  constructor(most: number, resize: (slots: number) => void) {
    this.#most = most;
    this.#slots = most;
    this.#resize = resize;
  }

  get slots(): number {
    return this.#slots;
  }

  /** There was no room for a socket. @param inFlight calls under way, that one among them */
  exceeded(inFlight: number): void {
    this.#exceeded = true;
    this.#set(Math.min(this.#slots, Math.max(0, inFlight - 1)));
    this.#timer ??= setInterval(() => this.grow(), STEP_MS);
  }

  /** One step; called by itself. */
  grow(): void {
    if (!this.#exceeded) this.#set(Math.min(this.#most, this.#slots + Math.ceil(this.#most * STEP)));
    else if (this.#slots === 0) this.#set(1);
    this.#exceeded = false;
    if (this.#slots < this.#most) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #set(slots: number): void {
    if (slots === this.#slots) return;
    this.#slots = slots;
    this.#resize(slots);
  }
}
