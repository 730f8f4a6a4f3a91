import { rmSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { closeDatabase, type Database, forSearch, openDatabase, sqliteFile } from "../../store/database.ts";
import { listTasks } from "../../store/list-tasks.ts";
import { migrate } from "../../store/migrate.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { refusal, thrown } from "../core/helpers.ts";
import { temporaryFolder } from "../servers/server.ts";
import { given } from "./fixtures.ts";

const test = suite("searches of SQLite");

/** Reads for as long as a machine needs for so many steps: some tenths of a second at least. */
const LONG =
  "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000000) SELECT max(n) n FROM c";

let db: Database;
let dataDir: string;

test.before.each(async () => {
  dataDir = temporaryFolder("search");
  db = openDatabase({ databaseUrl: null, dataDir });
  await migrate(db);
});
test.after.each(() => closeDatabase(db));

test("tasks are accepted while a search goes on", async () => {
  let ended = false;
  const search = db.searches.raw(LONG).then((rows) => {
    ended = true;
    return rows;
  });
  await given(db, {});
  await given(db, {});
  assert.not(ended);
  assert.equal(await search, [{ n: 5_000_000 }]);
});

test("one that takes long holds up no other", async () => {
  const order: string[] = [];
  const long = db.searches.raw(LONG).then(() => order.push("long"));
  await db.searches.raw("SELECT 1").then(() => order.push("short"));
  await long;
  assert.equal(order, ["short", "long"]);
});

test("a search sees what was committed before it, byte for byte, and as people write it", async () => {
  const [first, second] = await given(db, { url: "http://a.test/ÄRGER" }, { url: "http://a.test/other" });
  const found = async (q: string) =>
    (await listTasks(db, EVERYTHING, { url: q }, 10, null)).items.map(({ taskId }) => taskId);
  assert.equal(await found("ärger"), [first?.taskId]);
  assert.equal((await found("a.test")).sort(), [first?.taskId, second?.taskId].sort());
  const [third] = await given(db, { url: "http://a.test/ärger" });
  assert.equal((await found("ärger")).sort(), [first?.taskId, third?.taskId].sort());
});

test("inside of a transaction it sees what the transaction wrote", async () => {
  await db.knex.transaction(async (trx) => {
    await trx("probes").insert({ id: 7, at: 1 });
    const rows = await forSearch({ ...db, knex: trx })
      .knex("probes")
      .where("id", 7);
    assert.is(rows.length, 1);
  });
});

test("a search cannot write, and its mistakes come out as SQLite says them", async () => {
  const written = (await thrown(() => db.searches.raw("DELETE FROM tasks RETURNING task_id"))) as {
    code?: string;
  };
  assert.is(written.code, "SQLITE_READONLY");
  const wrong = (await thrown(() => db.searches.raw("SELECT nowhere FROM tasks"))) as Error;
  assert.match(wrong.message, /no such column/, wrong.message);
  assert.equal(await db.searches.raw("SELECT 1 n"), [{ n: 1 }]);
});

test("closing waits for no search: those that are under way, or wait for a thread, fail", async () => {
  const endless = LONG.replace(" WHERE n < 5000000", "");
  const searches = Array.from({ length: 3 }, () => thrown(() => db.searches.raw(endless)));
  const { pool } = db.searches.client;
  while (pool.numUsed() < 2 || pool.numPendingAcquires() < 1) await nextTurn();
  await closeDatabase(db);
  for (const error of await Promise.all(searches)) assert.instance(error, Error);
});

test("a file that is gone is not searched", async () => {
  await given(db, {});
  await db.searches.raw("SELECT 1");
  rmSync(sqliteFile(dataDir));
  assert.is((await refusal(() => db.searches.raw("SELECT 1"))).code, "unavailable");
});

test.run();
