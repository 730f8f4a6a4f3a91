/** A MySQL server that takes short statements only. @takes 10 s */
import { createConnection } from "mysql2/promise";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BidaError } from "../../core/errors.ts";
import { newTask } from "../../store/accept.ts";
import { acceptEach, type Refused } from "../../store/accept-each.ts";
import { closeDatabase, type Database, openDatabase, pingDatabase } from "../../store/database.ts";
import { migrate } from "../../store/migrate.ts";
import { recordEach } from "../../store/record-each.ts";
import { cutTo, textBytes } from "../../store/packet.ts";
import * as mariadb from "../servers/mariadb.ts";
import type { TestServer } from "../servers/server.ts";
import { attemptsIn, clock, outcome, storedTask, taskIn } from "./fixtures.ts";

const PACKET = 1024 * 1024;
const test = suite("max_allowed_packet");
let server: TestServer;
let db: Database;
test.before(async () => {
  server = await mariadb.start([`--max-allowed-packet=${PACKET}`]);
  db = openDatabase({ databaseUrl: await mariadb.createDatabase(server), dataDir: "unused" });
  await migrate(db);
});
test.after(async () => {
  await closeDatabase(db);
  await server.stop();
});

/** Of bytes as a statement has them. */
const BODIES = { plain: "x", quoted: '"', wide: "é", "of three bytes": "汉", escaped: "\n" };

for (const [what, character] of Object.entries(BODIES)) {
  test(`40 tasks of 60,000 characters, ${what}: all are committed, in several transactions`, async () => {
    const items = Array.from({ length: 40 }, () =>
      newTask(storedTask({ body: character.repeat(60_000) }), null),
    );
    const results = await acceptEach(db, items);
    assert.equal(
      results.map(({ kind }) => kind),
      Array(40).fill("created"),
    );
  });
}

test("a task that is too long alone is refused with the limit; the others of its batch are committed", async () => {
  const items = ["x", "x".repeat(PACKET), '"'.repeat(PACKET / 2), "y"].map((body) =>
    newTask(storedTask({ body }), null),
  );
  const results = await acceptEach(db, items);
  assert.equal(
    results.map(({ kind }) => kind),
    ["created", "refused", "refused", "created"],
  );
  const { code, status, message } = (results[1] as Refused).error as BidaError;
  assert.equal([code, status], ["body_too_large", 413]);
  assert.match(message, String(PACKET));
});

test("the longest that is taken is taken", async () => {
  const task = storedTask({ body: "" });
  const body = "x".repeat(PACKET - 4_096 - textBytes(newTask(task, null).row));
  const [result] = await acceptEach(db, [newTask({ ...task, body }, null)]);
  assert.is(result?.kind, "created");
});

test("outcomes with long answers are recorded in several transactions", async () => {
  const tasks = Array.from({ length: 40 }, () => storedTask());
  await acceptEach(
    db,
    tasks.map((task) => newTask(task, null)),
  );
  const responseBody = '"'.repeat(60_000);
  const outcomes = tasks.map((task) => outcome(task, 1, "succeeded", { responseBody }));
  const results = await recordEach(
    db,
    outcomes,
    clock,
    () => 0,
    ({ error }) => assert.unreachable(String(error)),
  );
  assert.ok(results.every((one) => one?.written));
  assert.is((await attemptsIn(db, tasks[39]!.taskId))[0]?.responseBody, responseBody);
});

test("a limit that is lowered while we run is noticed by the next look", async () => {
  const connection = await createConnection(server.url);
  await connection.query("SET GLOBAL max_allowed_packet = 65536");
  await connection.end();
  await pingDatabase(db);
  assert.is(db.server.packet, 65_536);
  const task = storedTask();
  await acceptEach(db, [newTask(task, null)]);
  const long = outcome(task, 1, "succeeded", { responseBody: "x".repeat(65_000) });
  let why = "";
  await recordEach(
    db,
    [long],
    clock,
    () => 0,
    ({ error, reduced }) => {
      why = `${reduced} ${(error as Error).message}`;
    },
  );
  assert.match(why, /^true .*65536 bytes/);
  assert.is((await taskIn(db, task.taskId)).state, "succeeded");
});

test("parts are as long as they may be, in order, and never empty", () => {
  const cut = cutTo(
    [5_000, 1, 2_000, 9_999, 3_000, 3_000],
    4_096 + 7_001,
    () => 9_999,
    (size) => size,
  );
  assert.equal(cut, {
    parts: [
      [5_000, 1, 2_000],
      [3_000, 3_000],
    ],
    oversize: [9_999],
  });
});

test.run();
