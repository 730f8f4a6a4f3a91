/** What is known for a while. Bounded: for a new name the one that was kept first makes room. */
export class TtlCache<T> {
  readonly #max: number;
  readonly #kept = new Map<string, { value: T; until: number }>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(key: string, now: number): T | undefined {
    const known = this.#kept.get(key);
    if (!known || now < known.until) return known?.value;
    this.#kept.delete(key);
    return undefined;
  }

  /** @param forMs 0: not kept */
  set(key: string, value: T, now: number, forMs: number): void {
    this.#kept.delete(key);
    if (forMs <= 0) return;
    this.#kept.set(key, { value, until: now + forMs });
    if (this.#kept.size <= this.#max) return;
    const [oldest] = this.#kept.keys();
    this.#kept.delete(oldest as string);
  }

  clear(): void {
    this.#kept.clear();
  }
}
