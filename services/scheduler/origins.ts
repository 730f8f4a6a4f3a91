/** Remembers which origins are called, for the list of destinations. Beside the path of tasks, which never waits for it. */
import { setTimeout as pause } from "node:timers/promises";
import { addOrigins } from "../../store/destinations.ts";
import type { Resources } from "../node/resources.ts";

/** Origins that are known to be in the table; beyond this many they are asked for anew. */
const MAX_KNOWN = 100_000;
const CHUNK = 500;
/** After a failure of the database, in ms. */
const RETRY = 5_000;

export class Origins {
  readonly #resources: Pick<Resources, "db" | "clock">;
  readonly #known = new Set<string>();
  #fresh = new Set<string>();
  #writing = false;

  constructor(resources: Pick<Resources, "db" | "clock">) {
    this.#resources = resources;
  }

  saw(origin: string): void {
    if (this.#known.has(origin)) return;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(origin);
    this.#fresh.add(origin);
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#fresh.size > 0) {
      const some = Array.from(this.#fresh).slice(0, CHUNK);
      try {
        await addOrigins(this.#resources.db, some, this.#resources.clock.now());
        for (const origin of some) this.#fresh.delete(origin);
      } catch {
        // Whoever waits for the database elsewhere has said so.
        await pause(RETRY, undefined, { ref: false });
        if (this.#fresh.size > MAX_KNOWN) this.#fresh = new Set();
      }
    }
    this.#writing = false;
  }
}
