/**
 * Which jobs of a thread have begun, seen from outside the thread, also after it died. A message could not tell: it is
 * still in the thread's own queue when the thread goes. One byte per job, in memory that both share.
 */
export class Marks {
  readonly buffer: SharedArrayBuffer;
  readonly #bytes: Uint8Array;
  /** Places that nobody has; only the side that gives them out uses this. */
  readonly #free: number[] = [];

  constructor(size: number | SharedArrayBuffer) {
    this.buffer = typeof size === "number" ? new SharedArrayBuffer(size) : size;
    this.#bytes = new Uint8Array(this.buffer);
    if (typeof size === "number") for (let i = size - 1; i >= 0; i--) this.#free.push(i);
  }

  /** A place for a job, not begun; undefined where all are taken. */
  take(): number | undefined {
    const place = this.#free.pop();
    this.end(place);
    return place;
  }

  /** Gives a place back. */
  give(place: number | undefined): void {
    if (place !== undefined) this.#free.push(place);
  }

  /** The job begins. */
  begin(place: number | undefined): void {
    if (place !== undefined) Atomics.store(this.#bytes, place, 1);
  }

  /** It waits again. */
  end(place: number | undefined): void {
    if (place !== undefined) Atomics.store(this.#bytes, place, 0);
  }

  begun(place: number | undefined): boolean {
    return place !== undefined && Atomics.load(this.#bytes, place) === 1;
  }
}
