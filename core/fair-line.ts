/** A line in which those who come under one name take turns with the others: who comes a hundred times waits for himself. */
export class FairLine<T> {
  readonly #most: number;
  /** In order of their turns. */
  readonly #lines = new Map<string, T[]>();
  #size = 0;

  /** @param most so many may wait together */
  constructor(most: number) {
    this.#most = most;
  }

  /** @returns who has to go, where the line is full: the last one of the name with the most; it may be `one` itself */
  push(name: string, one: T): T | null {
    const line = this.#lines.get(name) ?? [];
    line.push(one);
    this.#lines.set(name, line);
    this.#size += 1;
    return this.#size > this.#most ? this.#surplus(name) : null;
  }

  /** The next one; null where nobody waits. */
  shift(): T | null {
    const [first] = this.#lines;
    if (first === undefined) return null;
    const [name, line] = first;
    const one = line.shift() as T;
    // Its next turn is behind everybody else's.
    this.#lines.delete(name);
    if (line.length > 0) this.#lines.set(name, line);
    this.#size -= 1;
    return one;
  }

  /** @param newest whose last one goes, where no other name has more */
  #surplus(newest: string): T {
    let longest = newest;
    for (const [name, { length }] of this.#lines)
      if (length > (this.#lines.get(longest)?.length ?? 0)) longest = name;
    const line = this.#lines.get(longest) as T[];
    const one = line.pop() as T;
    if (line.length === 0) this.#lines.delete(longest);
    this.#size -= 1;
    return one;
  }
}
