/**
 * How far the jobs of threads have come, seen from outside the threads, also after one died or while it stands still. A
 * message could not tell: it is still in the thread's own queue then. One byte per job, in memory that all share.
 */

/** It has begun, and the thread waits for its target. */
const BEGUN = 1;
/** The thread works on it just now: what holds the thread up is this one. */
const IN_HAND = 2;

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
    this.#set(place, 0);
    return place;
  }

  /** Gives a place back. */
  give(place: number | undefined): void {
    if (place !== undefined) this.#free.push(place);
  }

  /** The thread takes the job in hand; from now on it has begun. */
  work(place: number | undefined): void {
    this.#set(place, IN_HAND);
  }

  /** The thread waits for the job's target. */
  rest(place: number | undefined): void {
    this.#set(place, BEGUN);
  }

  /** It waits again, not begun. */
  putBack(place: number | undefined): void {
    this.#set(place, 0);
  }

  begun(place: number | undefined): boolean {
    return this.#get(place) !== 0;
  }

  inHand(place: number | undefined): boolean {
    return this.#get(place) === IN_HAND;
  }

  #set(place: number | undefined, mark: number): void {
    if (place !== undefined) Atomics.store(this.#bytes, place, mark);
  }

  #get(place: number | undefined): number {
    return place === undefined ? 0 : Atomics.load(this.#bytes, place);
  }
}
