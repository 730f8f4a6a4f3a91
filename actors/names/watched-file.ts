/** A file of the system that is read again when it changes. A look costs one `stat`, and there is one a second at most. */
import { readFileSync, statSync } from "node:fs";

/** Between two looks, in ms. */
const LOOK_MS = 1_000;

export class WatchedFile<T> {
  readonly #path: string;
  readonly #parse: (text: string | null) => T;
  #value: T;
  #version: string | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param parse gets null where there is no such file */
  constructor(path: string, parse: (text: string | null) => T) {
    this.#path = path;
    this.#parse = parse;
    this.#value = parse(null);
  }

  /**
   * What it says; the same object for as long as the file is the same. One that cannot be read just now says what it
   * said before.
   * @param now monotonic, in ms
   */
  read(now: number): T {
    if (now - this.#lookedAt < LOOK_MS) return this.#value;
    this.#lookedAt = now;
    try {
      const version = versionOf(this.#path);
      if (version === this.#version) return this.#value;
      this.#value = this.#parse(version === "" ? null : readFileSync(this.#path, "utf8"));
      this.#version = version;
    } catch {
      // Looked at again in a second.
    }
    return this.#value;
  }
}

/** Empty: there is no such file. */
function versionOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : "";
}
