/** The wall clock of a program that runs: it can jump. Needs a C compiler; see clock-shift.c. */
import { writeFileSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import { buildPreload } from "../../servers/preload.ts";
import { temporaryFolder } from "../../servers/server.ts";

/** Builds the library. @returns its path; null where this machine cannot */
export const buildClockShift = (): string | null => buildPreload(new URL("clock-shift.c", import.meta.url));

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
