/**
 * Destinations that want no connection kept open. They are few, so all are remembered: no job costs a read. A change
 * comes as an event, and once more with the reconciler's rounds, where events are lost.
 */
import type { Lane } from "../../core/ids.ts";

export class KeepAliveOff {
  readonly #lanes = new Set<Lane>();

  set(lane: Lane, keepAlive: boolean): void {
    if (keepAlive) this.#lanes.delete(lane);
    else this.#lanes.add(lane);
  }

  has(lane: Lane): boolean {
    return this.#lanes.has(lane);
  }
}
