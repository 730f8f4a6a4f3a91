/**
 * Tasks that can neither be called nor recorded, because a column of their row cannot be read or the database takes no
 * outcome of theirs. They end, `exhausted` with `corrupt`, with an alarm, and the next of their line goes; whatever else
 * is in their row stays as it is, for an operator to look at and to repair.
 */
import type { Knex } from "knex";
import type { EpochMs } from "../core/clock.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import { afterCorruption, STORED_STATES } from "../core/task.ts";
import { recordAlarms } from "./alarms.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { type Change, transactionWithLines } from "./lines.ts";
import { lockTasks } from "./locking.ts";
import { type LockedTask, type Row, type StoredTask, stateCode, taskFromRow } from "./rows.ts";
import { countTransitions } from "./stats/count.ts";

export interface SetAside {
  changes: Change<StoredTask>[];
  /** What the ends let go, see `lines.ts`. */
  released: LockedTask[];
}

/**
 * Sets aside those of these tasks that are open and corrupt; judged anew, with the row locked.
 * @param why says of a task whose row can be read why it is corrupt all the same
 * @throws BidaError unavailable; then nothing was changed
 */
export function setAside(
  db: Database,
  ids: TaskId[],
  now: EpochMs,
  why: ReadonlyMap<TaskId, string> = new Map(),
): Promise<SetAside> {
  return transactionWithLines(db, async (trx, lines) => {
    await lockTasks(db, trx, ids);
    const wanted = (await wholeTasks({ ...db, knex: trx }, ids)).flatMap((before): Change<StoredTask>[] => {
      const reason = reasonOf(before) ?? why.get(before.taskId);
      if (reason === undefined || before.state !== "pending") return [];
      return [{ before, after: { ...before, ...afterCorruption(before, reason, now), updatedAt: now } }];
    });
    const changes = await lines.prepare(wanted);
    for (const { after } of changes) await write(trx, after);
    const byId = (side: keyof Change) =>
      new Map(changes.map((change) => [change[side].taskId, change[side]]));
    await recordAlarms(trx, byId("before"), byId("after"), [], now);
    const released = await lines.release(changes, now);
    const transitions = changes.map(({ before: { appId, lane, state }, after }) => ({
      ...{ appId, lane },
      ...{ from: state, to: after.state },
    }));
    await countTransitions(trx, now, transitions);
    return { changes, released: [...released.values()] };
  });
}

const reasonOf = ({ corrupt }: StoredTask): string | undefined =>
  corrupt && `its row cannot be read: ${corrupt.join(", ")}`;

/** With the payload, which a lock leaves out. */
async function wholeTasks({ knex, sealing }: Database, ids: TaskId[]): Promise<StoredTask[]> {
  const rows: Row[] = await knex("tasks").whereIn("task_id", ids.map(taskIdToBytes));
  return rows.map((row) => taskFromRow(row, sealing));
}

/** Nothing but the end: what stands in for an unreadable column must not get into the row. */
async function write(trx: Knex, task: StoredTask): Promise<void> {
  await trx("tasks")
    .where("task_id", taskIdToBytes(task.taskId))
    .update({
      state: stateCode(task.state),
      next_call_at: null,
      finished_at: task.finishedAt,
      updated_at: task.updatedAt,
      last_error_code: task.lastError?.code,
      last_error_message: task.lastError?.message,
    });
}

/** Up to `limit` tasks whose state is none: no list by state has them, and nobody would ever call them. */
export async function withoutState(db: Database, limit: number): Promise<TaskId[]> {
  const found: Row[] = [];
  // Two ends of an index: as one condition it would be a walk over all tasks.
  for (const [operator, bound] of [
    ["<", 0],
    [">", STORED_STATES.length - 1],
  ] as const) {
    const query = db.knex("tasks").select("task_id").where("state", operator, bound).limit(limit);
    found.push(...(await reading<Row[]>(query)));
  }
  return found.map((row) => taskIdFromBytes(row.task_id as Uint8Array));
}
