/** Figures of one worker thread, written by it and read by the main thread at any time, without a message. */
import { monotonicMs } from "./lease-trust.ts";
import { TICK_MS } from "./loop-lag.ts";

/** Places in the buffer. */
const IN_FLIGHT = 0;
const DELAY_P99 = 1;
const LAG = 2;
/** When the next tick of its event loop is due. */
const BEAT = 3;
const STALE = 4;
const ALLOWED = 5;
const STARTED = 6;
const PLACES = 7;

/** Of the machine's monotonic clock, as much of its ms as fits into a place. */
const beatAt = (inMs: number) => Math.floor(monotonicMs() + inMs) | 0;

export class ThreadGauges {
  readonly buffer: SharedArrayBuffer;
  readonly #view: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4 * PLACES)) {
    this.buffer = buffer;
    this.#view = new Int32Array(buffer);
    Atomics.store(this.#view, BEAT, beatAt(TICK_MS));
  }

  /** Calls under way. */
  get inFlight(): number {
    return Atomics.load(this.#view, IN_FLIGHT);
  }

  set inFlight(calls: number) {
    Atomics.store(this.#view, IN_FLIGHT, calls);
  }

  /** Calls that may be under way. */
  get allowed(): number {
    return Atomics.load(this.#view, ALLOWED);
  }

  set allowed(calls: number) {
    Atomics.store(this.#view, ALLOWED, calls);
  }

  /** 99th percentile of the thread's event-loop delay over the last seconds, in µs. */
  get delayMicros(): number {
    return Atomics.load(this.#view, DELAY_P99);
  }

  set delayMicros(micros: number) {
    Atomics.store(this.#view, DELAY_P99, Math.round(micros));
  }

  /** Kept connections that the target had closed when a request went out on them, since the thread began. */
  get stale(): number {
    return Atomics.load(this.#view, STALE);
  }

  countStale(): void {
    Atomics.add(this.#view, STALE, 1);
  }

  /** How late the thread's event loop is just now, in ms; also while it stands still and cannot say so itself. */
  get lagMs(): number {
    const overdue = (beatAt(0) - Atomics.load(this.#view, BEAT)) | 0;
    return Math.max(Atomics.load(this.#view, LAG) / 1000, overdue - TICK_MS);
  }

  /** The thread has loaded what it needs, and handles messages. */
  get started(): boolean {
    return Atomics.load(this.#view, STARTED) === 1;
  }

  start(): void {
    Atomics.store(this.#view, STARTED, 1);
  }

  /** Another number with each tick of the thread's event loop. */
  get beats(): number {
    return Atomics.load(this.#view, BEAT);
  }

  /** The thread's {@link LoopLag} ticked; it will again in `nextMs`. */
  beat(lagMs: number, nextMs: number): void {
    Atomics.store(this.#view, LAG, Math.round(lagMs * 1000));
    Atomics.store(this.#view, BEAT, beatAt(nextMs));
  }
}
