/** How quick something goes on that is looked at now and then. */

/** What was seen longer ago than this, in ms, says nothing of now. */
const WINDOW = 20_000;

export class Speed {
  #of = "";
  #seen: { at: number; done: number }[] = [];

  /** @returns per second over the last looks; null until there are two. @param id of what it is: another one begins anew */
  of(id: string, done: number, now = performance.now()): number | null {
    if (id !== this.#of) this.#seen = [];
    this.#of = id;
    this.#seen = [...this.#seen.filter(({ at }) => now - at < WINDOW), { at: now, done }];
    const first = this.#seen[0] as { at: number; done: number };
    const seconds = (now - first.at) / 1_000;
    return seconds < 1 ? null : Math.round((10 * (done - first.done)) / seconds) / 10;
  }
}
