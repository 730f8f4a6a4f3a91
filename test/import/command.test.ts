// @takes 75 s
// `npm run import:kkbida` as a process: killed on the way, refused, and what it says.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test as single, suite } from "uvu";
import * as assert from "uvu/assert";
import { closeDatabase, openDatabase } from "../../store/database.ts";
import { holdExclusive, holdImport } from "../../store/exclusive.ts";
import { Source, SourceError } from "../../store/kkbida/source.ts";
import { migrate } from "../../store/migrate.ts";
import { thrown } from "../core/helpers.ts";
import { until } from "../e2e/kit/until.ts";
import { dataFolder } from "../servers/server.ts";
import { KINDS, type Place } from "../store/fixtures.ts";
import { contents, environment, figure, run, start } from "./command.ts";
import { emptyKkbida, fill, idOf, insert, type Kkbida, taskRow } from "./kkbida.ts";

for (const kind of KINDS) {
  const test = suite(`the import as a process, into ${kind.name}`);
  let kkbida: Kkbida;

  test.before.each(async () => {
    kkbida = await emptyKkbida();
  });
  test.after.each(() => kkbida.close());

  test("dry run, import, stopped, killed, again; the same rows as in one go", async () => {
    const filled = await fill(kkbida, 1_000);
    const [killed, whole]: [Place, Place] = [await kind.place(), await kind.place()];
    const dry = await run([kkbida.url, "--dry-run"], killed);
    assert.is(dry.how, "exit 0", dry.stderr);
    assert.is(figure(dry.stdout, "would be imported"), filled.tasks);
    if (killed.databaseUrl === null) assert.is(existsSync(join(killed.dataDir, "bida.sqlite")), false);

    const stopped = start([kkbida.url, "--batch", "5"], environment(killed));
    await untilTasks(killed, 50);
    stopped.kill("SIGTERM");
    assert.is(await stopped.ended, "exit 130", stopped.stderr());
    assert.match(stopped.stdout(), /\nStopped\. Start it again to go on\.\n$/);

    const first = start([kkbida.url, "--batch", "5"], environment(killed));
    await untilTasks(killed, figure(stopped.stdout(), "imported") + 50);
    first.kill("SIGKILL");
    assert.is(await first.ended, "SIGKILL");
    const done = await runAgain([kkbida.url], killed);
    assert.is(done.how, "exit 0", done.stderr);
    const known = figure(done.stdout, "here already");
    assert.ok(known >= 100 && known < filled.tasks, `killed after ${known}`);
    assert.is(figure(done.stdout, "imported") + known, filled.tasks);

    assert.is((await run([kkbida.url, "--batch", "5000"], whole)).how, "exit 0");
    const rows = await contents(killed);
    assert.equal([rows.tasks?.length, rows.attempts?.length], [filled.tasks, filled.logs]);
    assert.equal(rows, await contents(whole));
  });

  test("beside a Bida of the same version; refused with one line beside one of another, and beside another import", async () => {
    await fill(kkbida, 3);
    const place = await kind.place();
    const node = openDatabase(place);
    const release = await holdExclusive(node, () => undefined);
    await migrate(node);
    await node.knex("bida_migrations").insert({ name: "999_later", batch: 99, migration_time: new Date() });
    const refused = await run([kkbida.url], place);
    assert.is(refused.how, "exit 1");
    assert.match(
      refused.stderr,
      /^import: BIDA_DATA(BASE_URL|_DIR): the Bida that uses [^\n]+ another version; stop it\n$/,
    );
    assert.is((await run([kkbida.url, "--dry-run"], place)).how, "exit 0", "a dry run disturbs nobody");
    await node.knex("bida_migrations").where({ name: "999_later" }).delete();
    const turn = await holdImport(node, () => undefined);
    const second = await run([kkbida.url], place);
    assert.is(second.how, "exit 1");
    assert.match(second.stderr, /^import: another import into [^\n]+ is running; wait for it, or stop it\n$/);
    assert.is((await node.knex("tasks")).length, 0);
    await turn();
    const beside = await runAgain([kkbida.url], place);
    assert.is(beside.how, "exit 0", beside.stderr);
    assert.ok((await node.knex("tasks")).length > 0);
    await release();
    await closeDatabase(node);
  });

  test("--follow: the history again and again while kkbida works, until nothing is in flight there", async () => {
    await insert(kkbida, "callback_task", [
      taskRow({ taskId: idOf(1), isSuccess: 1 }),
      taskRow({ taskId: idOf(2), expireTimestamp: null }),
    ]);
    const place = await kind.place();
    const follow = start([kkbida.url, "--ended-only", "--follow", "1"], environment(place));
    await follow.printed(/in flight, for a later import +1\n/);
    await untilTasks(place, 1);
    await kkbida.connection.query("UPDATE callback_task SET isSuccess = 1, callCount = 2 WHERE taskId = ?", [
      idOf(2),
    ]);
    assert.is(await follow.ended, "exit 0", follow.stderr());
    assert.is((await contents(place)).tasks?.length, 2);
    assert.not.match(follow.stdout(), /Stop it/);
  });

  test.run();

  async function untilTasks(place: Place, count: number): Promise<void> {
    const stored = async () => {
      if (place.databaseUrl === null && !existsSync(join(place.dataDir, "bida.sqlite"))) return false;
      const look = openDatabase(place);
      const rows = await look
        .knex("tasks")
        .count("* as n")
        .catch(() => []);
      await closeDatabase(look);
      return Number(rows[0]?.n ?? 0) >= count;
    };
    await until(`${count} tasks are stored`, stored, 60_000);
  }

  /** MariaDB notices a moment later that the process which held the lock is gone. */
  async function runAgain(args: string[], place: Place) {
    for (const deadline = Date.now() + 30_000; ; ) {
      const result = await run(args, place);
      if (!/another (Bida process|import)/.test(result.stderr) || Date.now() > deadline) return result;
    }
  }
}

const NOWHERE: Place = { databaseUrl: null, dataDir: join(dataFolder("import"), "data") };

single("a source that lacks tables or columns: which, and nothing is changed", async () => {
  const kkbida = await emptyKkbida();
  await fill(kkbida, 3);
  await kkbida.connection.query(
    "ALTER TABLE callback_task DROP COLUMN limitCallCount, DROP COLUMN createDate",
  );
  await kkbida.connection.query("DROP TABLE call_back_log");
  const { how, stderr } = await run([kkbida.url], NOWHERE);
  assert.is(how, "exit 1");
  assert.match(stderr, /^import: 127\.0\.0\.1:\d+\/bida_\w+ is not a whole kkbida database: [^\n]+\n$/);
  assert.match(stderr, /callback_task has no column limitCallCount, createDate; has no table call_back_log/);
  assert.is(existsSync(NOWHERE.dataDir), false);
  await kkbida.close();
});

single("a source that is not there, or lets nobody in: one line without the password", async () => {
  const kkbida = await emptyKkbida();
  const wrong = new URL(kkbida.url);
  [wrong.username, wrong.password] = ["nobody", "hunter2"];
  const missing = new URL("no_such_database", kkbida.url);
  for (const url of [missing.href, "mysql://root:hunter2@127.0.0.1:1/db"]) {
    const error = (await thrown(() => Source.open(url))) as Error;
    assert.instance(error, SourceError);
    assert.match(error.message, /^127\.0\.0\.1:\d+\/\w+ cannot be read: [^\n]+$/);
  }
  const { how, stdout, stderr } = await run([wrong.href], NOWHERE);
  assert.is(how, "exit 1");
  assert.match(stderr, /^import: 127\.0\.0\.1:\d+\/\w+ cannot be read: [^\n]+\n$/);
  assert.not.match(stdout + stderr, /hunter2/);
  assert.is(existsSync(NOWHERE.dataDir), false);
  await kkbida.close();
});

single("help; and one line for a wrong argument or setting", async () => {
  const help = await run(["--help"], NOWHERE);
  assert.is(help.how, "exit 0");
  assert.match(help.stdout, /npm run import:kkbida -- mysql:/);
  const usage = await run(["mysql://host/db", "--frobnicate"], NOWHERE);
  assert.is(usage.how, "exit 2");
  assert.match(usage.stderr, /^import: [^\n]+ \(--help shows how\)\n$/);
  const json = await run(["mysql://host/db", "--frobnicate", "--json"], NOWHERE);
  assert.equal([json.how, json.stdout], ["exit 2", ""]);
  assert.match(JSON.parse(json.stderr).error, /--frobnicate.* \(--help shows how\)$/);
  const setting = await run(["mysql://host/db"], NOWHERE, { BIDA_PORT: "eighty" });
  assert.equal([setting.how, /^import: BIDA_PORT[^\n]+\n$/.test(setting.stderr)], ["exit 1", true]);
});

single("left out rows: exit 3, and a line each in the report", async () => {
  const kkbida = await emptyKkbida();
  await insert(kkbida, "callback_task", [
    taskRow({ taskId: idOf(1), url: "nowhere" }),
    taskRow({ taskId: idOf(2), requestParamTxt: "[]" }),
    taskRow({ taskId: idOf(3) }),
  ]);
  const place: Place = { databaseUrl: null, dataDir: dataFolder("import") };
  const report = join(place.dataDir, "report.jsonl");
  const forever = { BIDA_RETENTION_DAYS: "0" };
  const json = await run([kkbida.url, "--json", "--dry-run"], place, forever);
  const { tasks, leftOut, ...rest } = JSON.parse(json.stdout);
  assert.equal([json.how, json.stdout.trimEnd().includes("\n")], ["exit 3", false]);
  assert.equal([tasks.total, tasks.leftOut, rest.dryRun, rest.stopped], [3, 1, true, false]);
  assert.match(leftOut[0].reason, /^url is not a valid/);
  assert.equal([leftOut[0].count, leftOut[0].examples], [1, [idOf(1)]]);
  assert.match(json.stderr, /^From .*\n\ntasks in kkbida +3\n/);
  const { how, stdout } = await run([kkbida.url, "--report", report], place, forever);
  assert.is(how, "exit 3");
  assert.match(stdout, /Left out:\n +1 {2}url is not a valid/);
  assert.match(stdout, /cannot be called; exhausted:\n +1 {2}requestParamTxt is not a JSON object/);
  const lines = readFileSync(report, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(
    lines.map(({ id, result }) => [id, result]).sort(),
    [
      [idOf(1), "left out"],
      [idOf(2), "exhausted"],
    ].sort(),
  );
  await kkbida.close();
});

single("two imports into one MariaDB at the same time: the second is refused", async () => {
  const kkbida = await emptyKkbida();
  const place = await (KINDS[1] as (typeof KINDS)[number]).place();
  const db = openDatabase(place);
  const release = await holdImport(db, () => undefined);
  const env = { BIDA_REDIS_URL: "redis://127.0.0.1:1" };
  const { how, stderr } = await run([kkbida.url], place, env);
  assert.is(how, "exit 1");
  assert.match(stderr, /^import: another import into [^\n]+ is running[^\n]+\n$/);
  await release();
  await closeDatabase(db);
  await kkbida.close();
});

single.run();
