/** Long work in slices: between them the event loop does what others wait for. */

/** Of a slice, in ms. */
const SLICE = 10;

export class Slices {
  #endsAt = performance.now() + SLICE;

  /** Whether this slice is over; then {@link rest}. */
  get over(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Gives others their turn. */
  async rest(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#endsAt = performance.now() + SLICE;
  }
}
