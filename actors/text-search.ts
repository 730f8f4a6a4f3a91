/** Searches texts in a body that comes in pieces, in memory that does not grow with it. */

/** Pieces are put together up to this many characters: a target that sends byte by byte must not be searched byte by byte. */
const MIN_STEP = 16 * 1024;

export class TextSearch {
  readonly #missing: Set<string>;
  readonly #decoder: InstanceType<typeof TextDecoder>;
  /** So many characters at the end of what was searched may be the beginning of a text. */
  readonly #overlap: number;
  readonly #step: number;
  #window = "";
  /** Characters of the window that were not searched yet. */
  #fresh = 0;

  /** @param charset one that `TextDecoder` knows */
  constructor(texts: string[], charset: string) {
    this.#missing = new Set(texts);
    this.#decoder = new TextDecoder(charset);
    this.#overlap = Math.max(0, ...texts.map(({ length }) => length - 1));
    this.#step = Math.max(MIN_STEP, this.#overlap);
  }

  /** @returns whether a text is still missing, as far as it is known */
  push(bytes: Uint8Array): boolean {
    this.#add(this.#decoder.decode(bytes, { stream: true }));
    if (this.#fresh >= this.#step) this.#search();
    return this.#missing.size > 0;
  }

  /** Whether it was found in what was pushed. */
  found(text: string): boolean {
    if (this.#fresh > 0) this.#search();
    return !this.#missing.has(text);
  }

  #add(text: string): void {
    this.#window += text;
    this.#fresh += text.length;
  }

  #search(): void {
    for (const text of this.#missing) if (this.#window.includes(text)) this.#missing.delete(text);
    this.#window = this.#overlap === 0 ? "" : this.#window.slice(-this.#overlap);
    this.#fresh = 0;
  }
}
