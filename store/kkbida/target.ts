/** Writes what is imported. One transaction per group of whole tasks, so an import can end anywhere. */
import { type EpochMs, systemClock } from "../../core/clock.ts";
import { type TaskId, taskIdToBytes } from "../../core/ids.ts";
import { floorTo, Tally } from "../../core/stats.ts";
import { ATTEMPT_COLUMNS, attemptToRow } from "../attempt-rows.ts";
import type { Database } from "../database.ts";
import { addOrigins } from "../destinations.ts";
import { withRetries } from "../failures.ts";
import { TASK_COLUMNS, taskToRow } from "../rows.ts";
import { insertMany, placeholders } from "../sql.ts";
import { countTally } from "../stats/count.ts";
import type { MappedTask } from "./task.ts";

/** Columns that new tasks leave empty. */
const ENDED_COLUMNS = ["finished_at", "last_error_code", "last_error_message"] as const;

const IN_FLIGHT = 1;
const WEBHOOK = 2;

/** SQLite takes 32 766 values per statement; MySQL, in its smallest setting, 4 MiB. */
const MAX_VALUES = 30_000;
const MAX_BYTES = 2 * 1024 * 1024;

/** Which of these are here already, or were once: they are left alone. */
export async function knownTasks(db: Database, ids: TaskId[]): Promise<Set<TaskId>> {
  if (ids.length === 0) return new Set();
  const keys = ids.map(taskIdToBytes);
  const marks = placeholders(keys.length);
  const rows = await select(
    db,
    `SELECT task_id AS id FROM tasks WHERE task_id IN ${marks}
     UNION ALL SELECT id FROM kkbida_imports WHERE kind = ${IN_FLIGHT} AND id IN ${marks}`,
    [...keys, ...keys],
  );
  const found = new Set(rows.map(({ id }) => Buffer.from(id as Uint8Array).toString("hex")));
  return new Set(ids.filter((_, i) => found.has((keys[i] as Buffer).toString("hex"))));
}

/** @throws BidaError unavailable where the database is gone (then none of them was stored) */
export async function writeTasks(db: Database, mapped: MappedTask[]): Promise<void> {
  const tasks = mapped.map(({ task }) => [
    ...taskToRow(task, db.sealing),
    task.finishedAt,
    task.lastError?.code ?? null,
    task.lastError?.message ?? null,
  ]);
  const attempts = mapped.flatMap(({ task, attempts }) =>
    attempts.map((attempt) => attemptToRow(task.taskId, attempt, db.sealing)),
  );
  const inFlight = mapped
    .filter(({ task }) => task.state === "pending")
    .map(({ task }) => [IN_FLIGHT, taskIdToBytes(task.taskId)]);
  const origins = new Set(mapped.map(({ origin }) => origin));
  await addOrigins(db, Array.from(origins), systemClock.now());
  await withRetries(() =>
    db.knex.transaction(async (trx) => {
      const insert = async (table: string, columns: readonly string[], rows: unknown[][]) => {
        for (const slice of slices(rows)) await insertMany(trx, table, columns, slice);
      };
      await insert("tasks", [...TASK_COLUMNS, ...ENDED_COLUMNS], tasks);
      await insert("attempts", ATTEMPT_COLUMNS, attempts);
      await insert("kkbida_imports", ["kind", "id"], inFlight);
      for (const [day, tally] of talliesOf(mapped)) await countTally(trx, day, tally);
    }),
  );
}

/** What the statistics count of them, by the day it happened. */
function talliesOf(mapped: MappedTask[]): Map<EpochMs, Tally> {
  const tallies = new Map<EpochMs, Tally>();
  const on = (time: EpochMs): Tally => {
    const day = floorTo(time, "day");
    const tally = tallies.get(day) ?? new Tally();
    tallies.set(day, tally);
    return tally;
  };
  for (const { task, attempts } of mapped) {
    const { appId, lane, state, createdAt } = task;
    on(createdAt).transition({ appId, lane, from: null, to: state });
    for (const attempt of attempts) on(attempt.startedAt).attempt(appId, lane, attempt);
  }
  return tallies;
}

/** Which of these webhooks, by the hashes of their rows, were imported before. */
export async function knownWebhooks(db: Database, hashes: Buffer[]): Promise<Set<string>> {
  if (hashes.length === 0) return new Set();
  const rows = await select(
    db,
    `SELECT id FROM kkbida_imports WHERE kind = ${WEBHOOK} AND id IN ${placeholders(hashes.length)}`,
    hashes,
  );
  return new Set(rows.map(({ id }) => Buffer.from(id as Uint8Array).toString("hex")));
}

/** Has `create` store a webhook, in the transaction that remembers it. */
export async function writeWebhook(
  db: Database,
  hash: Buffer,
  create: (within: Database) => Promise<unknown>,
): Promise<void> {
  await db.knex.transaction(async (trx) => {
    await create({ ...db, knex: trx });
    await insertMany(trx, "kkbida_imports", ["kind", "id"], [[WEBHOOK, hash]]);
  });
}

function* slices(rows: unknown[][]): Generator<unknown[][]> {
  let slice: unknown[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = row.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 8), 0);
    if (slice.length > 0 && (bytes + size > MAX_BYTES || (slice.length + 1) * row.length > MAX_VALUES)) {
      yield slice;
      slice = [];
      bytes = 0;
    }
    slice.push(row);
    bytes += size;
  }
  if (slice.length > 0) yield slice;
}

async function select(db: Database, sql: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  const answer = await db.knex.raw(sql, values as never[]);
  return db.driver.rowsOf(answer);
}
