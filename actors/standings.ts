/** What a thread remembers of targets whose destinations it has closed meanwhile, for {@link Slots}. */
import { healthOf } from "../core/outcome.ts";
import type { AttemptRecord } from "../core/outcome.ts";
import type { Standing } from "./slots.ts";

/** Origins that are remembered; the one heard of longest ago is forgotten first. */
const MAX = 20_000;
/** Calls in a row that ran into their deadline before a target that answered before counts as silent. */
const PATIENCE = 3;

interface Memory {
  standing: Standing;
  /** Calls in a row that ran into their deadline. */
  misses: number;
}

export class Standings {
  readonly #known = new Map<string, Memory>();

  of(origin: string): Standing {
    return this.#known.get(origin)?.standing ?? "new";
  }

  /** A call has ended. @param attempt null: none was made. @returns where its target stands now */
  learn(origin: string, attempt: AttemptRecord | null): Standing {
    const health = attempt && healthOf(attempt);
    const before = this.#known.get(origin) ?? { standing: "new", misses: 0 };
    if (!health) return before.standing;
    const misses = health === "slow" ? before.misses + 1 : 0;
    const patient = before.standing === "known" && misses < PATIENCE;
    const standing = misses === 0 || patient ? "known" : "silent";
    this.#known.delete(origin);
    this.#known.set(origin, { standing, misses });
    if (this.#known.size > MAX) this.#known.delete(this.#known.keys().next().value as string);
    return standing;
  }
}
