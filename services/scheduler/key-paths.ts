/**
 * Where apps have their business keys in what they send. Known beside the path of tasks, which never waits for it: tasks that are
 * accepted in the moments after a change may still go by what was set before.
 */
import { setTimeout as pause } from "node:timers/promises";
import { businessKeyPaths } from "../../store/apps.ts";
import type { Resources } from "../node/resources.ts";

/** After a failure of the database, in ms. */
const RETRY = 5_000;
/** Events get lost: what was set is read again after so long, in ms. */
const STALE = 30_000;

export class KeyPaths {
  readonly #resources: Pick<Resources, "db">;
  readonly #now: () => number;
  #paths: ReadonlyMap<number, string> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;
  /** Something changed while it was read. */
  #again = false;

  /** @param now monotonic ms */
  constructor(resources: Pick<Resources, "db">, now: () => number = () => performance.now()) {
    this.#resources = resources;
    this.#now = now;
  }

  /** The JSONPath of an app's business key; null: it has none, or that is not known yet. */
  of(appId: number): string | null {
    // Users' tasks have no app.
    if (appId === 0) return null;
    if (this.#now() - this.#readAt > STALE) this.look();
    return this.#paths.get(appId) ?? null;
  }

  /** Reads what is set. Resolves once it is known, which may take as long as the database is away. */
  look(): Promise<void> {
    if (this.#reading) this.#again = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    // Not again for every task while this one runs.
    this.#readAt = this.#now();
    do {
      this.#again = false;
      try {
        this.#paths = await businessKeyPaths(this.#resources.db);
        this.#readAt = this.#now();
      } catch {
        this.#again = true;
        await pause(RETRY, undefined, { ref: false });
      }
    } while (this.#again);
  }
}
