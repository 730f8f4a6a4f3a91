// @takes 10 s
import { test as single, suite } from "uvu";
import * as assert from "uvu/assert";
import { hours } from "../../core/clock.ts";
import { parseTaskId, type TaskId } from "../../core/ids.ts";
import { LEGACY_SETTINGS } from "../../core/profile.ts";
import { closeDatabase, type Database } from "../../store/database.ts";
import { importKkbida } from "../../store/kkbida/import.ts";
import type { ImportOptions } from "../../store/kkbida/options.ts";
import { Source } from "../../store/kkbida/source.ts";
import { assertCounted, attemptsIn, freshDatabase, given, KINDS, taskIn } from "../store/fixtures.ts";
import { emptyKkbida, fill, idOf, insert, type Kkbida, logRow, taskRow } from "./kkbida.ts";

const OPTIONS: ImportOptions = {
  batch: 7,
  zone: hours(8),
  legacy: LEGACY_SETTINGS,
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
    await assertCounted(db);

    const flying = await taskIn(db, id(1));
    assert.equal(
      [flying.state, flying.nextCallAt, flying.callCount],
      ["pending", Date.UTC(2026, 0, 31, 0, 1, 1), 1],
    );
    assert.is(flying.requestParam, '{"city":"上海"}');
    assert.equal(flying.retry, { strategy: "fixed", delayMs: 60_000 });
    assert.equal(
      (await attemptsIn(db, id(1))).map((one) => one.responseBody),
      ["失败 😀"],
    );
    const won = await taskIn(db, id(2));
    assert.equal(
      [won.state, won.finishedAt, won.requestParam],
      ["succeeded", Date.UTC(2026, 0, 31, 0, 1, 1), '{"a":"😀"}'],
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
    assert.equal(await db.knex("destinations").pluck("origin"), ["http://target.example"]);
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
    await assertCounted(db);
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

  test.run();
}

single("columns that kkbida does not have are no obstacle", async () => {
  const kkbida = await emptyKkbida();
  await fill(kkbida, 3);
  await kkbida.connection.query("ALTER TABLE callback_task ADD COLUMN tenant varchar(10) FIRST");
  assert.is((await importAll(kkbida, null, {}, false)).tally.tasks.read, 3);
  await kkbida.close();
});

single.run();
