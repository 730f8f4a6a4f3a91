// Moving over from kkbida: a database made by its own schema, into SQLite and into MariaDB.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test as single } from "uvu";
import * as assert from "uvu/assert";
import { hours } from "../../core/clock.ts";
import { parseTaskId, type TaskId } from "../../core/ids.ts";
import { closeDatabase, type Database, openDatabase } from "../../store/database.ts";
import { holdExclusive, holdImport } from "../../store/exclusive.ts";
import { type ImportOptions, importKkbida } from "../../store/kkbida/import.ts";
import { Source, SourceError } from "../../store/kkbida/source.ts";
import { migrate } from "../../store/migrate.ts";
import { loadConfig } from "../../core/config.ts";
import { thrown } from "../core/helpers.ts";
import { until } from "../e2e/kit/until.ts";
import { temporaryFolder } from "../servers/server.ts";
import { attemptsIn, freshDatabase, given, KINDS, type Place, taskIn } from "../store/fixtures.ts";
import { contents, environment, figure, run, start } from "./command.ts";
import { emptyKkbida, fill, idOf, insert, type Kkbida, logRow, taskRow } from "./kkbida.ts";

const OPTIONS: ImportOptions = {
  batch: 7,
  zone: hours(8),
  endedOnly: false,
  oldBefore: null,
  webhooks: null,
  onPage: () => true,
  onRemark: () => undefined,
};

const id = (n: number): TaskId => parseTaskId(idOf(n)) as TaskId;

async function importAll(
  kkbida: Kkbida,
  db: Database | null,
  more: Partial<ImportOptions> = {},
  write = true,
) {
  const source = await Source.open(kkbida.url);
  try {
    return await importKkbida(source, db, write, { ...OPTIONS, ...more });
  } finally {
    await source.close();
  }
}

for (const kind of KINDS) {
  const test = suite(`import into ${kind.name}`);
  let kkbida: Kkbida;
  let db: Database;

  test.before.each(async () => {
    kkbida = await emptyKkbida();
    db = await freshDatabase(kind);
  });
  test.after.each(async () => {
    await kkbida.close();
    await closeDatabase(db);
  });

  test("ids, states, history and due times are kept", async () => {
    await insert(kkbida, "callback_task", [
      taskRow({ taskId: idOf(1) }),
      taskRow({
        taskId: idOf(2),
        isSuccess: 1,
        callCount: 2,
        expireTimestamp: null,
        requestParamTxt: '{"a":"😀"}',
      }),
      taskRow({ taskId: idOf(3), callCount: 3, expireTimestamp: null }),
      taskRow({ taskId: idOf(4), callCount: 0, expireTimestamp: null }),
    ]);
    await insert(kkbida, "call_back_log", [
      logRow({ taskId: idOf(1), responseTxt: "失败 😀" }),
      logRow({ taskId: idOf(2) }),
      logRow({ taskId: idOf(2), createDate: "2026-01-31 08:01:01", responseTxt: "成功", isSuccess: 1 }),
      ...[1, 2, 3].map((n) => logRow({ taskId: idOf(3), responseTxt: `answer ${n}` })),
    ]);
    const { tally } = await importAll(kkbida, db);
    assert.equal([tally.tasks.pending, tally.tasks.succeeded, tally.tasks.exhausted], [2, 1, 1]);
    assert.is(tally.logs.imported, 6);

    const flying = await taskIn(db, id(1));
    assert.equal(
      [flying.state, flying.nextCallAt, flying.callCount],
      ["pending", Date.UTC(2026, 0, 31, 0, 1, 1), 1],
    );
    assert.equal(flying.requestParam, { city: "上海" });
    assert.equal(flying.retry, { strategy: "fixed", delayMs: 60_000 });
    assert.equal(
      (await attemptsIn(db, id(1))).map((one) => one.responseBody),
      ["失败 😀"],
    );
    const won = await taskIn(db, id(2));
    assert.equal(
      [won.state, won.finishedAt, won.requestParam],
      ["succeeded", Date.UTC(2026, 0, 31, 0, 1, 1), { a: "😀" }],
    );
    assert.equal(
      (await attemptsIn(db, id(2))).map(({ n, outcome }) => [n, outcome]),
      [
        [1, "failed"],
        [2, "succeeded"],
      ],
    );
    const lost = await taskIn(db, id(3));
    assert.equal([lost.state, lost.lastError?.code], ["exhausted", "unexpected_result"]);
    assert.equal(
      (await attemptsIn(db, id(3))).map((one) => one.responseBody),
      ["answer 1", "answer 2", "answer 3"],
    );
    assert.equal(await attemptsIn(db, id(4)), []);
  });

  test("a second run changes nothing, row for row, with pages of any size", async () => {
    const filled = await fill(kkbida, 60);
    const { tally: first } = await importAll(kkbida, db, { batch: 1 });
    const before = await db.knex("tasks").orderBy("task_id");
    const attempts = await db.knex("attempts").orderBy(["task_id", "n"]);
    assert.equal([before.length, attempts.length], [filled.tasks, filled.logs]);
    assert.equal(first.tasks.pending, filled.pending);
    const { tally } = await importAll(kkbida, db, { batch: 1000 });
    assert.equal([tally.tasks.known, tally.logs.known], [filled.tasks, filled.logs]);
    assert.equal(
      [tally.tasks.pending, tally.tasks.succeeded, tally.logs.imported, tally.logs.withoutTask],
      [0, 0, 0, 0],
    );
    assert.equal(await db.knex("tasks").orderBy("task_id"), before);
    assert.equal(await db.knex("attempts").orderBy(["task_id", "n"]), attempts);
  });

  test("stopped between pages and started again: as if it had not been stopped", async () => {
    await fill(kkbida, 60);
    let pages = 0;
    const { complete } = await importAll(kkbida, db, { onPage: () => ++pages < 3 });
    assert.is(complete, false);
    assert.is((await db.knex("tasks")).length, 21);
    assert.is((await importAll(kkbida, db)).complete, true);
    const other = await freshDatabase(kind);
    await importAll(kkbida, other);
    for (const [table, key] of [
      ["tasks", ["task_id"]],
      ["attempts", ["task_id", "n"]],
    ] as const) {
      assert.equal(await db.knex(table).orderBy([...key]), await other.knex(table).orderBy([...key]));
    }
    await closeDatabase(other);
  });

  test("a transaction that fails leaves no half task; the next run makes it whole", async () => {
    await insert(kkbida, "callback_task", [taskRow({ taskId: idOf(1) }), taskRow({ taskId: idOf(2) })]);
    await insert(kkbida, "call_back_log", [logRow({ taskId: idOf(1) }), logRow({ taskId: idOf(2) })]);
    await db.knex("attempts").insert({
      task_id: Buffer.from(idOf(2).replaceAll("-", ""), "hex"),
      n: 1,
      started_at: 0,
      duration_ms: 0,
      succeeded: 0,
      response_truncated: 0,
      node: "in the way",
    });
    await importAll(kkbida, db).then(
      () => assert.unreachable("it did not fail"),
      () => undefined,
    );
    assert.equal([(await db.knex("tasks")).length, (await db.knex("attempts")).length], [0, 1]);
    await db.knex("attempts").delete();
    await importAll(kkbida, db);
    assert.equal([(await db.knex("tasks")).length, (await db.knex("attempts")).length], [2, 2]);
  });

  test("a dry run counts the same, and changes nothing", async () => {
    const filled = await fill(kkbida, 30);
    const { tally } = await importAll(kkbida, db, {}, false);
    assert.equal((await db.knex("tasks")).length, 0);
    const { tally: real } = await importAll(kkbida, db);
    assert.equal(tally, real);
    const { tasks, logs } = (await importAll(kkbida, null, {}, false)).tally;
    assert.equal([tasks.pending, logs.imported], [filled.pending, filled.logs], "also into nothing");
  });

  test("tasks that are here already are left alone and counted", async () => {
    await insert(kkbida, "callback_task", [taskRow({ taskId: idOf(1) }), taskRow({ taskId: idOf(2) })]);
    await insert(kkbida, "call_back_log", [logRow({ taskId: idOf(1) }), logRow({ taskId: idOf(2) })]);
    const [mine] = await given(db, { taskId: id(1), url: "http://mine.example/" });
    const { tally } = await importAll(kkbida, db);
    assert.equal([tally.tasks.known, tally.tasks.pending, tally.logs.known], [1, 1, 1]);
    assert.equal(await taskIn(db, id(1)), mine);
    assert.equal(await attemptsIn(db, id(1)), []);
  });

  test("a task taken over in flight is not taken over twice, though it has been pruned since", async () => {
    await insert(kkbida, "callback_task", [
      taskRow({ taskId: idOf(1) }),
      taskRow({ taskId: idOf(2), isSuccess: 1 }),
    ]);
    await importAll(kkbida, db);
    await db.knex("tasks").delete();
    const { tally } = await importAll(kkbida, db);
    assert.equal([tally.tasks.known, tally.tasks.pending, tally.tasks.succeeded], [1, 0, 1]);
  });

  test("history first, what is in flight later", async () => {
    const filled = await fill(kkbida, 40);
    const { tally: early } = await importAll(kkbida, db, { endedOnly: true });
    assert.equal([early.tasks.pending, early.tasks.postponed], [0, filled.pending]);
    assert.is(early.logs.imported + early.logs.leftOut, filled.logs);
    const { tally: late } = await importAll(kkbida, db);
    assert.equal([late.tasks.pending, late.tasks.known], [filled.pending, filled.tasks - filled.pending]);
    assert.is(early.logs.imported + late.logs.imported, filled.logs);
  });

  test("odd rows: what can be kept is kept, the rest is named with its reason", async () => {
    await kkbida.connection.query("ALTER TABLE callback_task MODIFY url varchar(3000)");
    await kkbida.connection.query("ALTER TABLE call_back_log MODIFY responseTxt longtext");
    const nothing = { createDate: null, lastModifiedDate: null, expireTimestamp: null };
    const zero = "0000-00-00 00:00:00";
    await insert(kkbida, "callback_task", [
      taskRow({
        taskId: idOf(1),
        ...nothing,
        sourceAppName: null,
        targetAppName: null,
        sourceIp: null,
        isSuccess: null,
      }),
      taskRow({ taskId: idOf(2), createDate: zero, lastModifiedDate: zero, expireTimestamp: zero }),
      taskRow({ taskId: idOf(3), url: "not a url" }),
      taskRow({ taskId: idOf(4), url: null }),
      taskRow({ taskId: idOf(5), url: `http://target.example/${"x".repeat(2500)}` }),
      taskRow({ taskId: "not-a-uuid" }),
      taskRow({ taskId: idOf(6), requestParamTxt: "{broken" }),
      taskRow({ taskId: idOf(7), sourceAppName: "名".repeat(255), sourceIp: "1".repeat(255) }),
      taskRow({ taskId: idOf(8), callCount: 1 }),
    ]);
    await insert(kkbida, "call_back_log", [
      logRow({
        taskId: idOf(1),
        createDate: null,
        lastModifiedDate: null,
        responseTxt: null,
        isSuccess: null,
      }),
      logRow({ taskId: idOf(2), createDate: zero, lastModifiedDate: zero, responseTxt: "😀".repeat(30_000) }),
      logRow({ taskId: idOf(3) }),
      logRow({ taskId: idOf(8) }),
      logRow({ taskId: idOf(8) }),
      logRow({ taskId: idOf(999) }),
    ]);
    const remarks: string[] = [];
    const { tally } = await importAll(kkbida, db, {
      onRemark: ({ id, result, reason }) => remarks.push(`${id} ${result} ${reason}`),
    });
    assert.equal([tally.tasks.leftOut, tally.tasks.pending, tally.tasks.exhausted], [4, 4, 1]);
    assert.equal(
      [tally.logs.imported, tally.logs.leftOut, tally.logs.withoutTask, tally.logs.cut],
      [4, 1, 1, 1],
    );
    const url = "url is not a valid http or https URL of at most 2048 characters";
    assert.equal([...tally.leftOut].map(([reason, { count }]) => [reason, count]).sort(), [
      ["taskId is not a UUID", 1],
      [url, 3],
    ]);
    assert.equal(
      remarks.sort(),
      [
        `${idOf(3)} left out ${url}`,
        `${idOf(4)} left out ${url}`,
        `${idOf(5)} left out ${url}`,
        `${idOf(6)} exhausted requestParamTxt is not JSON`,
        "not-a-uuid left out taskId is not a UUID",
      ].sort(),
    );
    assert.equal([(await taskIn(db, id(1))).createdAt, (await taskIn(db, id(1))).sourceAppName], [0, null]);
    const [cut] = await attemptsIn(db, id(2));
    assert.equal([cut?.responseBody, cut?.responseTruncated], ["😀".repeat(16_383), true]);
    assert.is((await taskIn(db, id(7))).sourceAppName, "名".repeat(64));
    const twice = await taskIn(db, id(8));
    assert.equal([twice.callCount, twice.manualCalls, (await attemptsIn(db, id(8))).length], [2, 1, 2]);
    assert.is((await importAll(kkbida, db)).tally.tasks.leftOut, 4, "the same again");
  });

  test("without kkbida's index on the logs, and with answers that do not fit into one transaction", async () => {
    await kkbida.connection.query("ALTER TABLE call_back_log DROP KEY idx02_call_back_log_pid");
    await insert(
      kkbida,
      "callback_task",
      Array.from({ length: 40 }, (_, n) => taskRow({ taskId: idOf(n), callCount: 5, limitCallCount: 9 })),
    );
    const big = Array.from({ length: 200 }, (_, n) =>
      logRow({ taskId: idOf(n % 40), responseTxt: "b".repeat(60_000 + n) }),
    );
    await insert(kkbida, "call_back_log", big);
    const { tally } = await importAll(kkbida, db, { batch: 500 });
    assert.equal([tally.tasks.pending, tally.logs.imported, tally.logs.withoutTask], [40, 200, 0]);
    const sizes = (await attemptsIn(db, id(5))).map((one) => one.responseBody?.length);
    assert.equal(sizes, [60_005, 60_045, 60_085, 60_125, 60_165]);
    assert.is((await importAll(kkbida, db)).tally.logs.known, 200);
  });

  test("the command: dry run, import, killed on the way, again; the same rows as in one go", async () => {
    const filled = await fill(kkbida, 2_000);
    const [killed, whole]: [Place, Place] = [await kind.place(), await kind.place()];
    const dry = await run([kkbida.url, "--dry-run"], killed);
    assert.is(dry.how, "exit 0", dry.stderr);
    assert.is(figure(dry.stdout, "would be imported"), filled.tasks);
    if (killed.databaseUrl === null) assert.is(existsSync(join(killed.dataDir, "bida.sqlite")), false);

    const first = start([kkbida.url, "--batch", "20"], environment(killed));
    await untilTasks(killed, 200);
    first.kill("SIGKILL");
    assert.is(await first.ended, "SIGKILL");
    const done = await runAgain([kkbida.url], killed);
    assert.is(done.how, "exit 0", done.stderr);
    const known = figure(done.stdout, "here already");
    assert.ok(known >= 200 && known < filled.tasks, `killed after ${known}`);
    assert.is(figure(done.stdout, "imported") + known, filled.tasks);

    assert.is((await run([kkbida.url, "--batch", "5000"], whole)).how, "exit 0");
    const rows = await contents(killed);
    assert.equal([rows.tasks?.length, rows.attempts?.length], [filled.tasks, filled.logs]);
    assert.equal(rows, await contents(whole));
    const again = await run([kkbida.url], killed);
    assert.is(again.how, "exit 0", again.stderr);
    assert.is(figure(again.stdout, "here already"), filled.tasks);
    assert.equal(await contents(killed), rows);
  });

  test("refused with one line while a Bida process uses the database; nothing is changed", async () => {
    await fill(kkbida, 3);
    const place = await kind.place();
    const node = openDatabase(place);
    const release = await holdExclusive(node, { ...loadConfig({}), ...place }, () => undefined);
    await migrate(node);
    const refused = await run([kkbida.url], place);
    assert.is(refused.how, "exit 1");
    assert.match(refused.stderr, /^import: BIDA_DATA(BASE_URL|_DIR): another Bida process uses [^\n]+\n$/);
    assert.is((await run([kkbida.url, "--dry-run"], place)).how, "exit 0", "a dry run disturbs nobody");
    assert.is((await node.knex("tasks")).length, 0);
    await release();
    await closeDatabase(node);
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

const NOWHERE: Place = { databaseUrl: null, dataDir: join(temporaryFolder("import"), "data") };

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

single("columns that kkbida does not have are no obstacle", async () => {
  const kkbida = await emptyKkbida();
  await fill(kkbida, 3);
  await kkbida.connection.query("ALTER TABLE callback_task ADD COLUMN tenant varchar(10) FIRST");
  assert.is((await importAll(kkbida, null, {}, false)).tally.tasks.read, 3);
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
  const place: Place = { databaseUrl: null, dataDir: temporaryFolder("import") };
  const report = join(place.dataDir, "report.jsonl");
  const { how, stdout } = await run([kkbida.url, "--report", report], place, { BIDA_RETENTION_DAYS: "0" });
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
