/** The lanes of one app that wait for their turn, in the in-process due set. */
import type { Lane } from "../core/ids.ts";

export class Turns {
  readonly #usual = new Map<Lane, number>();
  /** Those that give way. */
  readonly #late = new Map<Lane, number>();

  get size(): number {
    return this.#usual.size + this.#late.size;
  }

  /**
   * Gives a lane its turn, unless it has one.
   * @param turn its number; each is above the one before
   */
  add(lane: Lane, turn: number, givesWay: boolean): void {
    if (this.#usual.has(lane) || this.#late.has(lane)) return;
    (givesWay ? this.#late : this.#usual).set(lane, turn);
  }

  /** Takes the next. @param lead so many turns are given before one that gives way is as the others */
  take(lead: number): Lane | undefined {
    const [usual] = this.#usual;
    const [late] = this.#late;
    const next = usual && (!late || usual[1] - lead <= late[1]) ? usual : late;
    if (!next) return undefined;
    (next === usual ? this.#usual : this.#late).delete(next[0]);
    return next[0];
  }
}
