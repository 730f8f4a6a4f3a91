/** Where a job over many tasks stands after a step. */
import type { EpochMs } from "../../core/clock.ts";
import type { StoredJob } from "../../store/bulk/rows.ts";
import { type Candidate, countsOf, type ManyChanged } from "../../store/change-many.ts";
import type { Position } from "../../store/retention.ts";
import { added } from "./bulk-apply.ts";

/** Ids that are kept of the tasks that were skipped for one reason, and reasons with such ids. */
const MAX_SAMPLES = 10;
const MAX_REASONS = 20;

function sampled(samples: StoredJob["samples"], refused: ManyChanged["refused"]): StoredJob["samples"] {
  const next = { ...samples };
  for (const [reason, tasks] of refused) {
    const known = next[reason] ?? [];
    if (known.length >= MAX_SAMPLES || (known.length === 0 && Object.keys(next).length >= MAX_REASONS))
      continue;
    next[reason] = [...known, ...tasks].slice(0, MAX_SAMPLES);
  }
  return next;
}

/**
 * @param upTo where all is done with these tasks: up to there; null: there is nothing more
 * @returns a job as it is after a step
 */
export function advanced(
  job: StoredJob,
  candidates: Candidate[],
  upTo: Position | null | undefined,
  { changes, refused }: ManyChanged,
  now: EpochMs,
): StoredJob {
  const last = upTo ?? candidates.at(-1);
  const ended = upTo === null;
  return {
    ...job,
    state: ended ? "finished" : "running",
    finishedAt: ended ? now : null,
    done: job.done + candidates.length,
    changed: job.changed + changes.length,
    skipped: added(job.skipped, countsOf(refused)),
    samples: sampled(job.samples, refused),
    position: last ? { createdAt: last.createdAt, taskId: last.taskId } : job.position,
  };
}
