/** Sessions: whatever a MySQL server is set to, our statements are read as they are meant. @takes 15 s */
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { acceptTasks, newTask } from "../../store/accept.ts";
import { closeDatabase, type Database, openDatabase } from "../../store/database.ts";
import { runAlone } from "../../store/exclusive.ts";
import { listTasks } from "../../store/list-tasks.ts";
import { migrate } from "../../store/migrate.ts";
import { recordOutcomes } from "../../store/record.ts";
import { EVERYTHING } from "../../store/scope.ts";
import * as mariadb from "../servers/mariadb.ts";
import type { TestServer } from "../servers/server.ts";
import { attemptsIn, clock, given, outcome, storedTask, taskIn } from "./fixtures.ts";

const test = suite("sessions");
let server: TestServer;
test.before(async () => {
  server = await mariadb.start();
});
test.after(() => server.stop());

/** Sets the server, as an operator would; sessions that begin afterwards have it. */
async function setGlobal(assignment: string): Promise<void> {
  const connection = await createConnection(server.url);
  await connection.query(`SET GLOBAL ${assignment}`);
  await connection.end();
}

async function sessionOf(db: Database): Promise<Record<string, unknown>> {
  const [[row]] = await db.knex.raw(
    `SELECT @@sql_mode AS mode, @@autocommit AS autocommit, @@completion_type AS completion, @@time_zone AS zone,
     @@innodb_lock_wait_timeout AS lockWait, @@wait_timeout AS silence, @@tx_isolation AS isolation,
     @@tx_read_only AS readOnly, @@sql_safe_updates AS safe, @@sql_select_limit AS most, @@character_set_client AS charset`,
  );
  return { ...row };
}

/** Ends a text under NO_BACKSLASH_ESCAPES, where mysql2's `\'` is a backslash and the end. */
const BODY = `\\'), (1); CREATE TABLE stolen (id INT); -- \\" \\\\ \n '' "" \0 é`;

const MODES = [
  "",
  "NO_BACKSLASH_ESCAPES",
  "ORACLE",
  "ANSI_QUOTES",
  "PAD_CHAR_TO_FULL_LENGTH",
  "ANSI,PIPES_AS_CONCAT,IGNORE_SPACE,HIGH_NOT_PRECEDENCE,NO_AUTO_VALUE_ON_ZERO,ONLY_FULL_GROUP_BY",
  "EMPTY_STRING_IS_NULL,SIMULTANEOUS_ASSIGNMENT,NO_UNSIGNED_SUBTRACTION",
];

for (const mode of MODES) {
  test(`sql_mode '${mode}': bodies are stored byte for byte, and nothing of them is run`, async () => {
    await setGlobal(`sql_mode = '${mode}'`);
    const db = openDatabase({ databaseUrl: await mariadb.createDatabase(server), dataDir: "unused" });
    await migrate(db);
    const [task] = await given(db, { body: BODY, expectResult: "", sourceAppName: "a " });
    await acceptTasks(db, [newTask(storedTask({ orderKey: BODY.slice(0, 64) }), null)]);
    await recordOutcomes(db, [outcome(task!, 1, "succeeded", { responseBody: BODY })], clock, () => 0);
    const stored = await taskIn(db, task!.taskId);
    assert.equal([stored.body, stored.expectResult, stored.sourceAppName], [BODY, "", "a "]);
    assert.is((await attemptsIn(db, task!.taskId))[0]?.responseBody, BODY);
    const found = await listTasks(db, EVERYTHING, { q: "\\'), (1); create" }, 10, null);
    assert.is(found.items.length, 1);
    const [tables] = (await db.knex.raw("SHOW TABLES LIKE 'stolen'")) as [RowDataPacket[]];
    assert.is(tables.length, 0);
    await closeDatabase(db);
  });
}

test("every variable that matters is the session's own", async () => {
  const SET = [
    "sql_mode = 'NO_BACKSLASH_ESCAPES,ORACLE'",
    "autocommit = 0",
    "completion_type = 1",
    "time_zone = '+09:00'",
    "innodb_lock_wait_timeout = 50",
    "wait_timeout = 28800",
    "tx_isolation = 'SERIALIZABLE'",
    "tx_read_only = 1",
    "sql_select_limit = 1",
    "character_set_client = latin1",
  ];
  const databaseUrl = await mariadb.createDatabase(server);
  for (const assignment of SET) await setGlobal(assignment);
  const db = openDatabase({ databaseUrl, dataDir: "unused" });
  assert.equal(await sessionOf(db), {
    mode: "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
    ...{ autocommit: 1, completion: "NO_CHAIN", zone: "+00:00", lockWait: 3, silence: 20 },
    ...{ isolation: "READ-COMMITTED", readOnly: 0, safe: 0, most: 18446744073709552000, charset: "utf8mb4" },
  });
  await migrate(db);
  await given(db, {}, {});
  assert.is((await listTasks(db, EVERYTHING, {}, 10, null)).items.length, 2);
  await closeDatabase(db);
  await setGlobal("tx_read_only = 0");
});

test("a connection that was lent for a lock is not lent again with its patience", async () => {
  const db = openDatabase({ databaseUrl: await mariadb.createDatabase(server), dataDir: "unused" });
  assert.is(await runAlone(db, "test", async () => "done"), "done");
  for (let i = 0; i < 3; i++) assert.is((await sessionOf(db)).silence, 20);
  await closeDatabase(db);
});

test.run();
