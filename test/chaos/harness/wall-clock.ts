/** The wall clock of a program that runs: it can jump. Needs a C compiler; see clock-shift.c. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import { findBinary } from "../../servers/binaries.ts";
import { temporaryFolder } from "../../servers/server.ts";

/** Builds the library. @returns its path; null where this machine has no compiler, or no such linker */
export function buildClockShift(): string | null {
  const compiler = findBinary("cc", "gcc", "clang");
  if (process.platform !== "linux" || compiler === undefined) return null;
  const library = join(temporaryFolder("clock"), "clock-shift.so");
  const source = new URL("clock-shift.c", import.meta.url).pathname;
  const built = spawnSync(compiler, ["-shared", "-fPIC", "-O2", "-o", library, source], { timeout: 30_000 });
  return built.status === 0 ? library : null;
}

export class WallClock {
  readonly #file: string;
  readonly #library: string;

  constructor(library: string) {
    this.#library = library;
    this.#file = join(temporaryFolder("clock"), "shift");
    writeFileSync(this.#file, Buffer.alloc(8));
  }

  /** For the program's environment. */
  get env(): Record<string, string> {
    return { LD_PRELOAD: this.#library, CLOCK_SHIFT_FILE: this.#file };
  }

  /** From now on the program's clock is off by `ms`. */
  shift(ms: number): void {
    const bytes = Buffer.alloc(8);
    const us = BigInt(Math.round(ms * 1_000));
    if (endianness() === "LE") bytes.writeBigInt64LE(us);
    else bytes.writeBigInt64BE(us);
    // In place: the program has the file mapped.
    writeFileSync(this.#file, bytes, { flag: "r+" });
  }
}
