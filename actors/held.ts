/** What is held, by task id, and how many of it are retries: that is asked at every claim, and counting it each time is slow. */
export class Held<T extends { first: boolean }> {
  readonly #items = new Map<string, T>();
  #retries = 0;

  get size(): number {
    return this.#items.size;
  }

  /** Those that are not of first calls. */
  get retries(): number {
    return this.#retries;
  }

  get(taskId: string): T | undefined {
    return this.#items.get(taskId);
  }

  /** Takes the place of what was held of that task. */
  set(taskId: string, item: T): void {
    this.take(taskId);
    this.#items.set(taskId, item);
    if (!item.first) this.#retries += 1;
  }

  /** Holds it no more. @returns what it was; undefined where it was not held */
  take(taskId: string): T | undefined {
    const item = this.#items.get(taskId);
    if (!item) return undefined;
    this.#items.delete(taskId);
    if (!item.first) this.#retries -= 1;
    return item;
  }

  keys(): MapIterator<string> {
    return this.#items.keys();
  }

  /** In the order in which they came. */
  values(): MapIterator<T> {
    return this.#items.values();
  }
}
