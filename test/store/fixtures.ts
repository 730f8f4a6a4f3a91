// Tasks and outcomes for the store's tests, and the databases they run over.
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import { later, ManualClock, millis } from "../../core/clock.ts";
import { laneOf, newTaskId, type TaskId } from "../../core/ids.ts";
import type { Outcome } from "../../core/job.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import { ALL_APPS } from "../../core/stats.ts";
import { STORED_STATES } from "../../core/task.ts";
import { acceptTasks, newTask } from "../../store/accept.ts";
import { closeDatabase, type Database, openDatabase } from "../../store/database.ts";
import type { Idempotency } from "../../store/idempotency.ts";
import { migrate } from "../../store/migrate.ts";
import { attemptPage } from "../../store/payloads.ts";
import { findTask } from "../../store/read.ts";
import { type LockedTask, type Row, type StoredTask, stateCode } from "../../store/rows.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { foldStats } from "../../store/stats/fold.ts";
import { readOverview } from "../../store/stats/overview.ts";
import { mysqlDatabase } from "../servers/env.ts";
import { dataFolder } from "../servers/server.ts";

/** One kind of database. */
export interface Kind {
  name: string;
  dialect: Database["driver"]["name"];
  /** Where a fresh, empty one is. */
  place(): Promise<Place>;
}
export type Place = Parameters<typeof openDatabase>[0];

export const KINDS: Kind[] = [
  {
    name: "SQLite",
    dialect: "sqlite",
    place: async () => ({ databaseUrl: null, dataDir: dataFolder("store") }),
  },
  {
    name: "MariaDB",
    dialect: "mysql",
    place: async () => ({ databaseUrl: await mysqlDatabase(), dataDir: "unused" }),
  },
];

/** A fresh database with the schema in it. */
export async function freshDatabase(kind: Kind): Promise<Database> {
  const db = openDatabase(await kind.place());
  await migrate(db);
  return db;
}

export { closeDatabase };

export const clock = new ManualClock();

export function storedTask(more: Partial<StoredTask> = {}): StoredTask {
  const now = clock.now();
  return {
    taskId: newTaskId(),
    appId: 0,
    lane: laneOf("http://target.example"),
    url: "http://target.example/cb",
    requestMethod: "POST",
    requestParam: null,
    body: null,
    bodyBase64: null,
    contentType: null,
    headers: null,
    expectResult: null,
    expect: null,
    limitCallCount: 3,
    retry: { strategy: "fixed", delayMs: 1000 },
    timeoutMs: millis(10_000),
    expiresAt: null,
    sourceAppName: null,
    targetAppName: null,
    orderKey: null,
    profile: null,
    orderSeq: null,
    handedUntil: null,
    unsigned: false,
    state: "pending",
    callCount: 0,
    manualCalls: 0,
    nextCallAt: now,
    finishedAt: null,
    lastError: null,
    sourceIp: null,
    createdAt: now,
    updatedAt: now,
    ...more,
  };
}

/** The task as recording gives it out. */
export function locked(task: StoredTask): LockedTask {
  const {
    requestParam: _1,
    body: _2,
    bodyBase64: _3,
    contentType: _4,
    headers: _5,
    expectResult: _6,
    profile: _7,
    ...rest
  } = task;
  return rest;
}

/** Stores tasks and gives them back. */
export async function given(db: Database, ...tasks: Partial<StoredTask>[]): Promise<StoredTask[]> {
  const stored = tasks.map(storedTask);
  await acceptTasks(
    db,
    stored.map((task) => newTask(task, null)),
  );
  return stored;
}

const sha = (text: string) => createHash("sha256").update(text).digest();

/** A new task under an idempotency key. */
export const keyed = (key: string, body = "same", more: Partial<StoredTask> = {}) =>
  newTask(storedTask(more), idempotency(key, body));

/** A key that stands for `body`; rows of before 0.2 had other hashes of both. */
export const idempotency = (key: string, body = "same", formerKey = key): Idempotency => ({
  keyHash: sha(key),
  bodyHash: sha(body),
  former: { keyHash: sha(formerKey), bodyHash: () => sha(`former ${body}`) },
});

/** What came of call `n` of a task: a success, a failure, or (null) that it had expired. */
export function outcome(
  task: Pick<StoredTask, "taskId" | "lane" | "appId">,
  n: number,
  kind: "succeeded" | "failed" | null,
  more: Partial<AttemptRecord> = {},
): Outcome {
  const attempt: AttemptRecord = {
    n,
    startedAt: clock.now(),
    durationMs: millis(12),
    outcome: kind ?? "failed",
    statusCode: kind === "succeeded" ? 200 : 500,
    error: kind === "succeeded" ? null : { code: "bad_status", message: "status 500, expected 2xx" },
    responseHeaders: { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] },
    responseBody: "answer",
    responseEncoding: "text",
    responseTruncated: false,
    node: "node-1",
    retryAfterMs: null,
    phases: { reused: true, dns: null, connect: null, tls: null, firstByte: 11.3, body: 0.2 },
    ...more,
  };
  const { taskId, lane, appId } = task;
  return {
    taskId,
    lane,
    app: appId,
    first: n === 1,
    dueAt: clock.now(),
    n,
    attempt: kind === null ? null : attempt,
    endedBy: clock.now(),
  };
}

/** Whatever was done to the tasks: the statistics say of each state how many the table holds, folded or not. */
export async function assertCounted(db: Database): Promise<void> {
  const rows: Row[] = await db.knex("tasks").select("state").count({ n: "*" }).groupBy("state");
  const states = STORED_STATES.map((state) => {
    const row = rows.find((one) => one.state === stateCode(state));
    return [state, Number(row?.n ?? 0)];
  });
  for (const folded of [false, true]) {
    if (folded) while (await foldStats(db, clock.now(), millis(0)));
    const { totals } = await readOverview(db, ALL_APPS, []);
    assert.equal(totals.states, Object.fromEntries(states), `folded: ${folded}`);
  }
}

export const taskIn = (db: Database, taskId: TaskId): Promise<StoredTask> => findTask(db, EVERYTHING, taskId);
export const attemptsIn = async (db: Database, taskId: TaskId) =>
  (await attemptPage(db, EVERYTHING, taskId, { order: "oldest", limit: 200, cursor: null })).items;
export const inMs = (ms: number) => later(clock.now(), millis(ms));
