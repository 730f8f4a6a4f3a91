/** What is remembered of targets, also while nothing is called there: whether they answer. For `slots.ts` and `room.ts`. */
import { type AttemptRecord, healthOf } from "../core/outcome.ts";
import type { Standing } from "./slots.ts";

/** Targets that are remembered; the one heard of longest ago is forgotten first. */
const MAX = 20_000;
/** Calls in a row that ran into their deadline before a target that answered before counts as silent. */
const PATIENCE = 3;

interface Memory {
  standing: Standing;
  /** Calls in a row that ran into their deadline. */
  misses: number;
}

/** @typeParam K what names a target */
export class Standings<K extends string = string> {
  readonly #known = new Map<K, Memory>();

  of(target: K): Standing {
    return this.#known.get(target)?.standing ?? "new";
  }

  /** A call has ended. @param attempt null: none was made. @returns where its target stands now */
  learn(target: K, attempt: AttemptRecord | null): Standing {
    const health = attempt && healthOf(attempt);
    const before = this.#known.get(target) ?? { standing: "new", misses: 0 };
    if (!health) return before.standing;
    const misses = health === "slow" ? before.misses + 1 : 0;
    const patient = before.standing === "known" && misses < PATIENCE;
    const standing = misses === 0 || patient ? "known" : "silent";
    this.#known.delete(target);
    this.#known.set(target, { standing, misses });
    if (this.#known.size > MAX) this.#known.delete(this.#known.keys().next().value as K);
    return standing;
  }
}
