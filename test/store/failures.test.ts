import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BidaError } from "../../core/errors.ts";
import { acceptTasks, newTask } from "../../store/accept.ts";
import { changeTask } from "../../store/change.ts";
import { closeDatabase, type Database, openDatabase, pingDatabase } from "../../store/database.ts";
import { translated, withRetries } from "../../store/failures.ts";
import { listTasks } from "../../store/list-tasks.ts";
import { migrate } from "../../store/migrate.ts";
import { recordOutcomes } from "../../store/record.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { scanWaiting } from "../../store/waiting.ts";
import { Link } from "../chaos/harness/link.ts";
import { refusal, thrown } from "../core/helpers.ts";
import * as mariadb from "../servers/mariadb.ts";
import {
  attemptsIn,
  clock,
  freshDatabase,
  given,
  inMs,
  KINDS,
  outcome,
  storedTask,
  taskIn,
} from "./fixtures.ts";

const test = suite("failures");
const coded = (code: string) => Object.assign(new Error(code), { code });

test("a lost lock race is run again, at most 6 times in all, then it is unavailable", async () => {
  let runs = 0;
  const result = await withRetries(async () => {
    runs += 1;
    if (runs < 3) throw coded("ER_LOCK_DEADLOCK");
    return "done";
  });
  assert.equal([result, runs], ["done", 3]);
  runs = 0;
  const error = await refusal(() =>
    withRetries(async () => {
      runs += 1;
      throw coded("SQLITE_BUSY");
    }),
  );
  assert.equal([error.code, runs], ["unavailable", 6]);
});

test("other errors are not run again, and come out as they are", async () => {
  for (const wanted of [coded("ER_DUP_ENTRY"), new TypeError("bug"), new BidaError("not_found")]) {
    let runs = 0;
    const error = await thrown(() =>
      withRetries(async () => {
        runs += 1;
        throw wanted;
      }),
    );
    assert.equal([error === wanted, runs], [true, 1]);
  }
});

for (const code of ["ECONNREFUSED", "PROTOCOL_CONNECTION_LOST", "ER_SERVER_SHUTDOWN", "SQLITE_FULL"]) {
  test(`${code} is unavailable, with its cause for the log`, () => {
    const error = translated(coded(code)) as BidaError;
    assert.equal([error.code, (error.cause as { code: string }).code], ["unavailable", code]);
    assert.not.match(error.message, code);
  });
}

test("MySQL: no text but that of a commit is more than one statement; values may hold anything", async () => {
  const db = await freshDatabase(KINDS[1]!);
  const evil = "x'; DROP TABLE tasks; -- \\'; DELETE FROM tasks; --";
  const sent = (text: string, ...values: string[]) =>
    db.knex.raw(text, values).then(
      () => "sent",
      (error: Error) => error.message,
    );
  try {
    assert.is(await sent("SELECT ?", evil), "sent");
    for (const text of ["SELECT 1; DROP TABLE tasks", `SELECT '${evil}'`, "SELECT 1; "])
      assert.match(await sent(text), /semicolon/);
    const inserts = [{ table: "tasks; DROP TABLE tasks", columns: ["task_id"], rows: [[Buffer.alloc(16)]] }];
    assert.match(((await thrown(() => db.driver.commitInserts(inserts))) as Error).message, /semicolon/);
    // Each connection of the pool is closed to it, and the commit goes on as before.
    await given(db, { body: evil, sourceAppName: evil.slice(0, 64), orderKey: evil });
    const { items } = await listTasks(db, EVERYTHING, { q: evil }, 9, null);
    assert.is(items.length, 1);
  } finally {
    await closeDatabase(db);
  }
});

test("a real deadlock is run again, and both transactions are done", async () => {
  const db = await freshDatabase(KINDS[1]!);
  const tasks = await given(db, {}, {});
  const key = (i: number) => Buffer.from(tasks[i]!.taskId.replaceAll("-", ""), "hex");
  const bothLocked = Promise.withResolvers<void>();
  let locked = 0;
  let runs = 0;
  const add = (order: number[]) =>
    withRetries(() =>
      db.knex.transaction(async (trx) => {
        runs += 1;
        for (const i of order) {
          await trx("tasks").where("task_id", key(i)).increment("manual_calls", 1);
          locked += 1;
          if (locked === 2) bothLocked.resolve();
          await bothLocked.promise;
        }
      }),
    );
  await Promise.all([add([0, 1]), add([1, 0])]);
  assert.is(runs, 3);
  for (const { taskId } of tasks) assert.is((await taskIn(db, taskId)).manualCalls, 2);
  await closeDatabase(db);
});

test("a server that goes away: everything says unavailable, and works again when it is back", async () => {
  const server = await mariadb.start();
  const db = openDatabase({ databaseUrl: await mariadb.createDatabase(server), dataDir: "unused" });
  await migrate(db);
  const [task] = await given(db, {});
  await server.down();
  const WORK: Record<string, (on: Database) => Promise<unknown>> = {
    accept: (on) => acceptTasks(on, [newTask(storedTask(), null)]),
    record: (on) => recordOutcomes(on, [outcome(task!, 1, "succeeded")], clock, () => 0),
    change: (on) => changeTask(on, EVERYTHING, task!.taskId, clock.now(), (it) => it),
    find: (on) => taskIn(on, task!.taskId),
    list: (on) => listTasks(on, EVERYTHING, {}, 10, null),
    scan: (on) => scanWaiting(on, inMs(10), null, 10),
  };
  for (const round of [1, 2]) {
    for (const [name, work] of Object.entries(WORK)) {
      const error = await refusal(() => work(db));
      assert.equal(
        [error.code, error.message],
        ["unavailable", "The database does not answer"],
        `${name} ${round}`,
      );
    }
  }
  assert.is((translated(await thrown(() => pingDatabase(db))) as BidaError).code, "unavailable");
  await server.up();
  for (const work of Object.values(WORK)) await work(db);
  assert.is((await attemptsIn(db, task!.taskId)).length, 1);
  await closeDatabase(db);
  await server.stop();
});

test("a server that dies under transactions: each is either done or unavailable", async () => {
  const server = await mariadb.start();
  const db = openDatabase({ databaseUrl: await mariadb.createDatabase(server), dataDir: "unused" });
  await migrate(db);
  const batches = Array.from({ length: 40 }, () =>
    Array.from({ length: 20 }, () => newTask(storedTask(), null)),
  );
  const accepted = new Set<string>();
  let down: Promise<void> | undefined;
  await Promise.all(
    batches.map(async (batch) => {
      try {
        for (const result of await acceptTasks(db, batch))
          if (result.kind === "created") accepted.add(result.taskId);
        down ??= server.down();
      } catch (error) {
        assert.is((error as BidaError).code, "unavailable", String(error));
      }
    }),
  );
  await down;
  await server.up();
  const page = await db.knex("tasks").select("task_id");
  const stored = new Set(page.map((row) => row.task_id.toString("hex")));
  for (const id of accepted) assert.ok(stored.has(id.replaceAll("-", "")), `${id} was lost`);
  assert.ok(accepted.size > 0);
  await closeDatabase(db);
  await server.stop();
});

test("scenario 18: connections go silent: the statement under way is unavailable after the limit, the next ones work", async () => {
  const server = await mariadb.start();
  const link = await Link.start(server.port);
  const through = new URL(await mariadb.createDatabase(server));
  through.port = String(link.port);
  const db = openDatabase({ databaseUrl: through.href, dataDir: "unused" });
  await migrate(db);
  db.limit.limitMs = 500;
  const nap = () => db.knex.raw("SELECT SLEEP(0.05)");
  await Promise.all([nap(), nap(), nap()]);
  assert.is(link.open, 3);
  link.blackHole();
  link.heal();
  const startedAt = performance.now();
  const error = await refusal(() => scanWaiting(db, inMs(10), null, 10));
  assert.is(error.code, "unavailable");
  // The two others, which nobody has asked anything since, are not tried one after another.
  for (let i = 0; i < 5; i++) await scanWaiting(db, inMs(10), null, 10);
  const took = performance.now() - startedAt;
  assert.ok(took >= 499 && took < 3_000, `${took} ms`);
  // What takes its time for a reason is not cut off by a limit that was lifted for it.
  db.limit.limitMs = Number.POSITIVE_INFINITY;
  await db.knex.raw("SELECT SLEEP(0.7)");
  await closeDatabase(db);
  await link.stop();
  await server.stop();
});

test("a row that a frozen node has locked: waited for a few seconds, not for MySQL's 50", async () => {
  const db = await freshDatabase(KINDS[1]!);
  const [[session]] = (await db.knex.raw(
    "SELECT @@innodb_lock_wait_timeout AS lockWait, @@wait_timeout AS silence, @@tx_isolation AS isolation",
  )) as [Record<string, unknown>[]];
  assert.equal({ ...session }, { lockWait: 3, silence: 20, isolation: "READ-COMMITTED" });
  await closeDatabase(db);
});

test.run();
