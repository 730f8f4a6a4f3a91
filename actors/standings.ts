/** What is remembered of targets, also while nothing is called there: whether they answer. For `slots.ts` and `room.ts`. */
import { type AttemptRecord, healthOf } from "../core/outcome.ts";
import type { Standing } from "./slots.ts";

/** Targets that are remembered; the one heard of longest ago is forgotten first. */
const MAX = 20_000;
/** Calls in a row that ran into their deadline unanswered before a target that answered before counts as silent. */
const PATIENCE = 3;
/** Threads differ by less, in their clocks and in when they report, in ms. */
const SKEW = 1_000;

interface Memory {
  standing: Exclude<Standing, "answering">;
  /** Calls in a row that ran into their deadline while no other one was answered. */
  misses: number;
  /** The end of the last call that was answered, on the cluster's clock. */
  answeredAt: number;
}

/** @typeParam K what names a target */
export class Standings<K extends string = string> {
  readonly #known = new Map<K, Memory>();

  /** Whether it answers just now is not remembered: it may not, by the next call. */
  of(target: K): Memory["standing"] {
    return this.#known.get(target)?.standing ?? "new";
  }

  /**
   * A call has ended. One that ran into its deadline says nothing where the target answered another one meanwhile: a target
   * that answers others is not silent.
   * @param attempt null: none was made
   * @returns where its target stands now
   */
  learn(target: K, attempt: AttemptRecord | null): Standing {
    const health = attempt && healthOf(attempt);
    const memory = this.#known.get(target) ?? nothing();
    if (!health) return memory.standing;
    const endedAt = attempt.startedAt + attempt.durationMs;
    if (health !== "slow") {
      memory.standing = "known";
      memory.misses = 0;
      memory.answeredAt = endedAt;
      this.#remember(target, memory);
      return "answering";
    }
    if (!hasAnswered(memory, attempt.startedAt, endedAt)) {
      memory.misses += 1;
      if (memory.standing !== "known" || memory.misses >= PATIENCE) memory.standing = "silent";
    }
    this.#remember(target, memory);
    return memory.standing;
  }

  /** The target answered somebody else lately, who says so. That counts where nothing is known here. @returns where it stands now */
  vouch(target: K): Standing {
    const standing = this.of(target);
    if (standing !== "new") return standing;
    this.#remember(target, { ...nothing(), standing: "known" });
    return "known";
  }

  #remember(target: K, memory: Memory): void {
    this.#known.delete(target);
    this.#known.set(target, memory);
    if (this.#known.size > MAX) this.#known.delete(this.#known.keys().next().value as K);
  }
}

/** Whether the target answered another call between those times. An answer behind them is of a clock that was set back since. */
const hasAnswered = ({ answeredAt }: Memory, from: number, to: number): boolean =>
  answeredAt > from && answeredAt <= to + SKEW;

const nothing = (): Memory => ({ standing: "new", misses: 0, answeredAt: Number.NEGATIVE_INFINITY });
