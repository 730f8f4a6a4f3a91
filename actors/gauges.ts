/** Figures of one worker thread, written by it and read by the main thread at any time, without a message. */

/** Places in the buffer. */
const IN_FLIGHT = 0;
const DELAY_P99 = 1;

export class ThreadGauges {
  readonly buffer: SharedArrayBuffer;
  readonly #view: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.buffer = buffer;
    this.#view = new Int32Array(buffer);
  }

  /** Calls under way. */
  get inFlight(): number {
    return Atomics.load(this.#view, IN_FLIGHT);
  }

  set inFlight(calls: number) {
    Atomics.store(this.#view, IN_FLIGHT, calls);
  }

  /** 99th percentile of the thread's event-loop delay over the last seconds, in µs. */
  get delayMicros(): number {
    return Atomics.load(this.#view, DELAY_P99);
  }

  set delayMicros(micros: number) {
    Atomics.store(this.#view, DELAY_P99, Math.round(micros));
  }
}
