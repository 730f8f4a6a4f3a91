/** How much memory all connections of a node take together. A single one cannot know that it is one of a thousand. */

/** Bodies of requests that are not answered yet, in bytes. */
const MAX_UNDER_WAY = 64 * 1024 * 1024;
/** Frames that are not whole yet, in bytes. */
const MAX_HELD = 64 * 1024 * 1024;

export class Load {
  #underWay = 0;
  #held = 0;

  /** A request comes. @returns whether there is room for it; only then it counts */
  begins(bytes: number): boolean {
    if (this.#underWay > 0 && this.#underWay + bytes > MAX_UNDER_WAY) return false;
    this.#underWay += bytes;
    return true;
  }

  ends(bytes: number): void {
    this.#underWay -= bytes;
  }

  /** A connection holds so much more, or less, of a frame. @returns whether that is not too much */
  holds(more: number): boolean {
    this.#held += more;
    return more <= 0 || this.#held <= MAX_HELD;
  }
}
