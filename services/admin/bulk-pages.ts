/**
 * What a worker keeps of jobs that it has put aside, for another one's turn or for a gap of their own: the tasks that it has looked up
 * already, and when it wants to go on. Nothing depends on it: without it the tasks are looked up again.
 */
import type { StoredJob } from "../../store/bulk/rows.ts";
import type { Candidate } from "../../store/change-many.ts";
import type { TaskFilter } from "../../store/read.ts";
import type { Position } from "../../store/retention.ts";

/** Tasks that were looked up for a job. */
export interface JobPage {
  filter: TaskFilter;
  /** Those that its turn has not come to. */
  tasks: Candidate[];
  /** Up to where these are all; null: there is nothing behind them. */
  end: Position | null;
}

interface Kept {
  /** Null: all that were looked up are done. */
  page: JobPage | null;
  /** As the job was when it was put aside: where another node has gone on, what is kept is worth nothing. */
  fence: number;
  /** On the clock of `performance`; null: as soon as it is its turn. */
  dueAt: number | null;
}

/** Jobs that are remembered; each has up to a thousand tasks. */
const MAX_KEPT = 20;
/** A lease ends a moment later than it says, and another node may have the job: so long it is looked for, in ms. */
const LOOKED_FOR = 1_000;
const LOOK_AGAIN = 25;

export class BulkPages {
  readonly #kept = new Map<string, Kept>();

  keep({ id, fence }: StoredJob, page: JobPage | null, gap: number): void {
    this.#kept.delete(id);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(id, { page, fence, dueAt: gap > 0 ? performance.now() + gap : null });
  }

  has(id: string): boolean {
    return this.#kept.has(id);
  }

  /** Gives out what was kept of a job that was taken. */
  take({ id, fence }: StoredJob): JobPage | null {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    return kept?.fence === fence - 1 ? kept.page : null;
  }

  /** Whether the gap of a job is over. */
  get isDue(): boolean {
    return this.#nextDue() <= performance.now();
  }

  /** How long nobody needs to look for a job that was put aside, in ms, at most `most`. */
  untilDue(most: number): number {
    return Math.min(Math.max(this.#nextDue() - performance.now(), LOOK_AGAIN), most);
  }

  #nextDue(): number {
    const forgotten = performance.now() - LOOKED_FOR;
    let next = Number.POSITIVE_INFINITY;
    for (const kept of this.#kept.values()) {
      if (kept.dueAt !== null && kept.dueAt < forgotten) kept.dueAt = null;
      if (kept.dueAt !== null && kept.dueAt < next) next = kept.dueAt;
    }
    return next;
  }
}
