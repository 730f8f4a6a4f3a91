/**
 * Where the log's lines go: gathered, and written every 100 ms or 32 KiB, whichever is first. Nothing that happens to the
 * file ends or holds up the process, its own end included: pino's usual destination (sonic-boom) tries for ever to
 * write its last lines to a full disk or to a reader that stands still. While there is nothing to write no timer runs.
 */
import fs from "node:fs";

const FLUSH_EVERY = 100;
const BUFFER = 32 * 1024;
/** Lines beyond this, in characters, are dropped: a reader that stands still must cost neither memory nor deliveries. */
const MAX_BUFFER = 64 * 1024 * 1024;
/** At the end of the process its last lines may take this long, in ms. */
const LAST_WORDS = 1_000;
/** Between two tries then, in ms. */
const NAP = 10;

/** The part of `node:fs` that is used. */
export type WriteCalls = Pick<typeof fs, "write" | "writeSync">;

export class LogOutput {
  readonly #fd: number;
  readonly #fs: WriteCalls;
  #lines: string[] = [];
  /** Characters that wait, in `#lines` and `#writing`. */
  #length = 0;
  /** What is left of the lines that are being written. */
  #writing: Buffer | null = null;
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  /** The reader has gone for good. */
  #broken = false;

  constructor(fd: number, calls: WriteCalls = fs) {
    this.#fd = fd;
    this.#fs = calls;
  }

  /** Lines that wait, in characters. */
  get waiting(): number {
    return this.#length;
  }

  write(line: string): void {
    if (this.#broken || this.#length > MAX_BUFFER) return;
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= BUFFER) this.#start();
    else this.#later();
  }

  /** Writes what waits, as far as the file takes it within {@link LAST_WORDS}. What is being written is left alone. */
  flushSync(): void {
    const nap = new Int32Array(new SharedArrayBuffer(4));
    const deadline = performance.now() + LAST_WORDS;
    let rest: Buffer = Buffer.concat([
      this.#busy ? Buffer.alloc(0) : (this.#writing ?? Buffer.alloc(0)),
      Buffer.from(this.#lines.join("")),
    ]);
    this.#lines = [];
    if (!this.#busy) this.#writing = null;
    this.#length = 0;
    while (rest.length > 0 && !this.#broken && performance.now() < deadline) {
      try {
        rest = rest.subarray(this.#fs.writeSync(this.#fd, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
        Atomics.wait(nap, 0, 0, NAP);
      }
    }
  }

  #later(): void {
    if (this.#busy) return;
    this.#timer ??= setTimeout(() => this.#start(), FLUSH_EVERY).unref();
  }

  #start(): void {
    if (this.#busy) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing === null) {
      this.#writing = Buffer.from(this.#lines.join(""));
      this.#lines = [];
    }
    this.#busy = true;
    this.#fs.write(this.#fd, this.#writing, (error, written) => this.#wrote(error, written));
  }

  #wrote(error: NodeJS.ErrnoException | null, written: number): void {
    this.#busy = false;
    if (error?.code === "EPIPE") {
      this.#broken = true;
      this.#lines = [];
      this.#writing = null;
      this.#length = 0;
      return;
    }
    // A full disk, or a reader that stands still: the same lines once more, later.
    if (error) {
      this.#later();
      return;
    }
    const rest = this.#writing?.subarray(written) ?? null;
    this.#writing = rest?.length ? rest : null;
    if (this.#writing === null) this.#length = this.#lines.reduce((sum, line) => sum + line.length, 0);
    if (this.#writing !== null || this.#length >= BUFFER) this.#start();
    else if (this.#length > 0) this.#later();
  }
}
