/** Which tasks a job has called again, and where they are now. */
import type { JobOutcome } from "../../core/bulk.ts";
import type { EpochMs } from "../../core/clock.ts";
import { type TaskId, taskIdToBytes } from "../../core/ids.ts";
import { STORED_STATES } from "../../core/task.ts";
import { type Database, forSearch } from "../database.ts";
import { reading, withRetries } from "../failures.ts";
import type { Step } from "../retention.ts";
import type { Row } from "../rows.ts";
import { insertMany } from "../sql.ts";
import { ENDED_STATES, key, TABLE } from "./rows.ts";

const TASKS = "bulk_job_tasks";

/** Part of the transaction of a batch. */
export function addActed(within: Database, jobId: string, tasks: TaskId[]): Promise<void> {
  const rows = tasks.map((taskId) => [key(jobId), taskIdToBytes(taskId)]);
  return insertMany(within.knex, TASKS, ["job_id", "task_id"], rows, within.driver.insertIgnore);
}

/** Tasks that one statement looks at. */
const PIECE = 10_000;
/** Another piece is not begun after so long, in ms. */
const PATIENCE = 400;

/** In the words of the contract; what is not here has its own name. */
const NAMES: Record<(typeof STORED_STATES)[number], keyof JobOutcome> = {
  pending: "open",
  succeeded: "succeeded",
  exhausted: "exhausted",
  canceled: "canceled",
  resolved: "resolved",
};

/** Looks at a job's tasks, a piece at a time, as many as there is time for. */
export async function outcomeOf(
  db: Database,
  jobId: string,
  { piece = PIECE, patience = PATIENCE } = {},
): Promise<JobOutcome> {
  const { knex } = forSearch(db);
  const sum = { counted: 0, succeeded: 0, exhausted: 0, open: 0, canceled: 0, resolved: 0, gone: 0 };
  const until = performance.now() + patience;
  for (let after: Buffer = Buffer.alloc(0); ; ) {
    const looked = knex(TASKS)
      .select("task_id")
      .where("job_id", key(jobId))
      .where("task_id", ">", after)
      .orderBy("task_id")
      .limit(piece);
    const rows: Row[] = await reading(
      knex(looked.as("looked"))
        .leftJoin("tasks", "tasks.task_id", "looked.task_id")
        .select("tasks.state")
        .count({ n: "*" })
        .max({ last: "looked.task_id" })
        .groupBy("tasks.state"),
    );
    let seen = 0;
    for (const { state, n, last } of rows) {
      const name = state === null ? "gone" : NAMES[STORED_STATES[Number(state)] ?? "pending"];
      sum[name] += Number(n);
      seen += Number(n);
      const end = Buffer.from(last as Uint8Array);
      if (Buffer.compare(end, after) > 0) after = end;
    }
    sum.counted += seen;
    if (seen < piece || performance.now() >= until) return sum;
  }
}

/** Deletes the oldest job that ended before `cutoff`, up to `limit` of its tasks at a time: it may have a million. */
export async function pruneJobs(db: Database, cutoff: EpochMs, limit: number): Promise<Step<true>> {
  return withRetries(async () => {
    const [id]: Buffer[] = await db
      .knex(TABLE)
      .whereIn("state", [...ENDED_STATES])
      .where("finished_at", "<", cutoff)
      .orderBy("job_id")
      .limit(1)
      .pluck("job_id");
    if (id === undefined) return { seen: 0, pruned: 0, next: null };
    const tasks = () => db.knex(TASKS).where("job_id", id);
    const keys: Buffer[] = await tasks().orderBy("task_id").limit(limit).pluck("task_id");
    if (keys.length > 0) await tasks().whereIn("task_id", keys).delete();
    if (keys.length === limit) return { seen: keys.length, pruned: 0, next: true };
    const pruned = await db.knex(TABLE).where("job_id", id).delete();
    return { seen: keys.length, pruned, next: true };
  });
}
