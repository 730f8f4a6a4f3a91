/**
 * SQLite goes on with a file that was deleted, or moved away and replaced: its descriptor works, and all that is written is
 * gone when the process ends. So before each use of a connection the path is compared with the file that is open.
 */
import { type Stats, statSync } from "node:fs";
import { BidaError } from "../../core/errors.ts";

type Identity = Pick<Stats, "dev" | "ino">;

export class FileGuard {
  /** Of the file and its log, in which the last commits are; the log is there from the first look at the file on. */
  readonly #files: Map<string, Identity | null>;
  #opened = false;
  #lost: string | null = null;
  readonly #listeners: ((why: string) => void)[] = [];

  constructor(path: string) {
    this.#files = new Map([path, `${path}-wal`].map((file) => [file, null]));
  }

  /** A connection was opened. */
  opened(): void {
    this.#opened = true;
    this.check();
  }

  /** Has `listener` called once, when the file is lost. */
  onLost(listener: (why: string) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Once lost, the file stays so until the process is started again: what came back to the path may be another state, and
   * the descriptor, which is kept open, is the last way to what was in the lost one.
   * @throws BidaError unavailable where the file is not the one that is open
   */
  check(): void {
    if (!this.#opened) return;
    if (this.#lost === null) for (const [file, known] of this.#files) this.#lost ??= this.#look(file, known);
    if (this.#lost === null) return;
    for (const tell of this.#listeners.splice(0)) tell(this.#lost);
    throw new BidaError("unavailable", `${this.#lost}; Bida must be started again`);
  }

  #look(file: string, known: Identity | null): string | null {
    let found: Identity | undefined;
    try {
      found = statSync(file, { throwIfNoEntry: false });
    } catch {
      // A folder that cannot be read just now says nothing about the file.
      return null;
    }
    if (known === null) {
      if (found) this.#files.set(file, { dev: found.dev, ino: found.ino });
      return null;
    }
    if (found?.ino === known.ino && found.dev === known.dev) return null;
    return `The database file ${file} was ${found ? "replaced" : "removed"}`;
  }
}
