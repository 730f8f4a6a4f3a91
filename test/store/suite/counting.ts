import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hours, later, ManualClock, millis, minutes } from "../../../core/clock.ts";
import { loadConfig } from "../../../core/config.ts";
import { type Lane, laneOf } from "../../../core/ids.ts";
import {
  ALL_APPS,
  ALL_LANES,
  emptyCell,
  floorTo,
  mergeCell,
  OTHER_LANES,
  STEPS,
  type Totals,
} from "../../../core/stats.ts";
import { cancel, resolve, retryByHand, STORED_STATES } from "../../../core/task.ts";
import { MemoryDueSet } from "../../../due/memory.ts";
import { Statistics } from "../../../services/admin/statistics.ts";
import { acceptTasks } from "../../../store/accept.ts";
import { changeTask } from "../../../store/change.ts";
import type { Database } from "../../../store/database.ts";
import { up } from "../../../store/migrations/005_stats.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { type StoredTask, stateCode } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { countTransitions } from "../../../store/stats/count.ts";
import { foldStats, MAX_LANES, MAX_LANES_OF_APP, pruneStats } from "../../../store/stats/fold.ts";
import { readOverview } from "../../../store/stats/overview.ts";
import { readStats } from "../../../store/stats/read.ts";
import { seeded } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, given, type Kind, keyed, outcome } from "../fixtures.ts";

export function counting(kind: Kind): void {
  const test = suite(`${kind.name}: statistics`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
  });
  test.after.each(() => closeDatabase(db));

  const fold = async (now = clock.now()) => {
    while (await foldStats(db, now, millis(0)));
  };
  const totals = async (appId = ALL_APPS) => (await readOverview(db, appId, [])).totals;
  const record = (...outcomes: ReturnType<typeof outcome>[]) =>
    recordOutcomes(db, outcomes, clock, () => 0.5);
  const pendingRows = async () => Number((await db.knex("stats_deltas").count({ n: "*" }))[0]?.n);

  /** What the tables themselves hold. */
  async function counted(appId: number | null = null): Promise<Totals> {
    const tasks = db.knex("tasks").select("task_id", "state");
    const rows = await (appId === null ? tasks : tasks.where("app_id", appId));
    const calls = await db
      .knex("attempts")
      .select("succeeded")
      .whereIn(
        "task_id",
        rows.map(({ task_id }) => task_id),
      );
    return {
      states: Object.fromEntries(
        STORED_STATES.map((state) => [state, rows.filter((row) => row.state === stateCode(state)).length]),
      ) as Totals["states"],
      accepted: rows.length,
      callsSucceeded: calls.filter(({ succeeded }) => succeeded).length,
      callsFailed: calls.filter(({ succeeded }) => !succeeded).length,
    };
  }

  test("totals equal the tables, folded or not, whatever was done", async () => {
    const random = seeded(7);
    const all = await given(
      db,
      ...Array.from({ length: 60 }, (_, i) => ({ appId: i % 3, lane: laneOf(`http://h${i % 5}`) })),
    );
    for (let round = 1; round <= 3; round++) {
      await record(
        ...all
          .filter(() => random() < 0.7)
          .map((task) =>
            outcome(task, round, (["succeeded", "failed", null] as const)[Math.floor(random() * 3)]!),
          ),
      );
      for (const task of all.filter(() => random() < 0.2)) {
        const by = [
          () => changeTask(db, EVERYTHING, task.taskId, clock.now(), (it) => cancel(it, clock.now())),
          () => changeTask(db, EVERYTHING, task.taskId, clock.now(), (it) => resolve(it, clock.now())),
          () =>
            changeTask(db, EVERYTHING, task.taskId, clock.now(), (it) => retryByHand(it, false, true, clock)),
        ];
        await by[Math.floor(random() * 3)]!().catch(() => undefined);
      }
      assert.equal(await totals(), await counted());
      if (round === 2) {
        await fold();
        assert.is(await pendingRows(), 0);
        assert.equal(await totals(), await counted());
      }
      for (const app of [0, 1, 2]) assert.equal(await totals(app), await counted(app));
    }
  });

  test("idempotency keys: repetitions and conflicts are not accepted twice", async () => {
    await acceptTasks(db, [keyed("k"), keyed("k"), keyed("k", "other"), keyed("l")]);
    await acceptTasks(db, [keyed("k"), keyed("l", "other")]);
    assert.equal(await totals(), await counted());
    assert.is((await totals()).accepted, 2);
  });

  test("a transaction that fails counts nothing", async () => {
    const [task] = await given(db, {});
    const failing = db.knex.transaction(async (trx) => {
      await countTransitions(trx, clock.now(), [
        { appId: 0, lane: task!.lane, from: "pending", to: "succeeded" },
      ]);
      throw new Error("no");
    });
    await failing.catch(() => undefined);
    assert.equal(await totals(), await counted());
  });

  test("an outcome that is dropped counts nothing", async () => {
    const [task] = await given(db, {});
    const both = [outcome(task!, 1, "failed"), outcome(task!, 1, "succeeded")];
    await record(...both);
    await record(...both);
    assert.equal([(await totals()).callsFailed, (await totals()).callsSucceeded], [1, 0]);
  });

  test("many at once and folding all the while: nothing is lost, nothing counts twice", async () => {
    const tasks = await given(
      db,
      ...Array.from({ length: 400 }, (_, i) => ({ appId: i % 4, lane: laneOf(`http://h${i % 9}`) })),
    );
    let open = true;
    const folding = [1, 2].map(async () => {
      while (open) await foldStats(db, clock.now(), millis(0));
    });
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        record(
          ...tasks
            .slice(i * 10, i * 10 + 10)
            .map((task, k) => outcome(task, 1, k % 3 ? "succeeded" : "failed")),
        ),
      ),
    );
    // What a reader sees in the middle is neither more nor less.
    const seen = [await totals(), await totals()];
    open = false;
    await Promise.all(folding);
    for (const one of seen) assert.equal(one, await counted());
    await fold();
    assert.equal(await totals(), await counted());
  });

  test("series: the same by minute, hour and day; by app, by lane, by both; folded or not", async () => {
    const start = Math.ceil(clock.now() / STEPS.day) * STEPS.day;
    const turned = new ManualClock(start + 30 * STEPS.minute);
    const [a, b] = [laneOf("http://a"), laneOf("http://b")];
    const tasks = await given(
      db,
      ...[0, 1, 2, 3].map((i) => ({ appId: i % 2, lane: i < 2 ? a : b, createdAt: turned.now() })),
    );
    const send = (n: number) =>
      recordOutcomes(
        db,
        tasks.map((task) => outcome(task, n, "failed", { durationMs: millis(100 * n) })),
        turned,
        () => 0.5,
      );
    await send(1);
    await fold();
    turned.advance(minutes(1));
    await send(2);
    turned.advance(hours(2));
    await send(3);
    const range = (step: "minute" | "hour" | "day") => ({ step, from: start, to: start + STEPS.day });
    const failed = async (step: "minute" | "hour" | "day", appId: number, lane: string) => {
      const cells = await readStats(db, (reader) => reader.series({ appId, lane }, range(step)));
      return [...cells]
        .sort(([x], [y]) => x - y)
        .map(([at, { counts }]) => [(at - start) / STEPS.minute, counts.callsFailed]);
    };
    for (const folded of [false, true]) {
      if (folded) await fold(turned.now());
      const why = `folded: ${folded}`;
      assert.equal(
        await failed("minute", ALL_APPS, ALL_LANES),
        [
          [30, 4],
          [31, 4],
          [151, 4],
        ],
        why,
      );
      assert.equal(
        await failed("hour", ALL_APPS, ALL_LANES),
        [
          [0, 8],
          [120, 4],
        ],
        why,
      );
      assert.equal(await failed("day", ALL_APPS, ALL_LANES), [[0, 12]], why);
      assert.equal(await failed("day", 1, ALL_LANES), [[0, 6]], why);
      assert.equal(await failed("day", ALL_APPS, a), [[0, 6]], why);
      assert.equal(await failed("day", 1, b), [[0, 3]], why);
      assert.equal(await failed("day", 7, ALL_LANES), [], why);
      const lanes = await readStats(db, (reader) => reader.lanes(0, range("hour")));
      assert.equal([...lanes.keys()].sort(), [a, b].sort(), why);
      assert.is(lanes.get(a)?.get(start)?.counts.callsFailed, 2, why);
      const day = await readStats(db, (reader) => reader.series({ appId: 0, lane: a }, range("day")));
      assert.equal(day.get(start)?.errors, { bad_status: 3 }, why);
      assert.is(day.get(start)?.counts.exhausted, 1, why);
    }
    const worst = await readStats(db, (reader) => reader.failing(ALL_APPS, range("hour"), 1));
    assert.equal(worst, [{ lane: [a, b].sort()[0], calls: 6, failed: 6 }]);
  });

  test("the overview: what totals and series say, of all and of an app, folded or not, from older nodes too", async () => {
    const start = Math.ceil(clock.now() / STEPS.day) * STEPS.day;
    const turned = new ManualClock(start + 50 * STEPS.minute);
    const tasks = await given(
      db,
      ...Array.from({ length: 12 }, (_, i) => ({
        ...{ appId: i % 3, lane: laneOf(`http://h${i % 4}`), createdAt: turned.now() },
      })),
    );
    const send = (n: number, ...more: StoredTask[]) =>
      recordOutcomes(
        db,
        more.map((task, i) => outcome(task, n, i % 3 ? "failed" : "succeeded")),
        turned,
        () => 0.5,
      );
    const range = (step: "minute" | "hour", from: number, to: number) => ({
      step,
      from: start + from * STEPS.minute,
      to: start + to * STEPS.minute,
    });
    const periods = [
      [range("minute", 0, 120)],
      [range("minute", 51, 60), range("hour", 60, 180)],
      [range("minute", 300, 301)],
    ];
    const check = async (what: string) => {
      for (const appId of [ALL_APPS, 0, 1, 2, 9]) {
        const cells = await readStats(db, (reader) =>
          Promise.all(
            periods.map(async (ranges) => {
              const sum = emptyCell();
              for (const one of ranges)
                for (const cell of (await reader.series({ appId, lane: ALL_LANES }, one)).values())
                  mergeCell(sum, cell);
              return sum;
            }),
          ),
        );
        const expected = { totals: await counted(appId === ALL_APPS ? null : appId), periods: cells };
        assert.equal(await readOverview(db, appId, periods), expected, `${what}, app ${appId}`);
      }
      const { periods: cells } = await readOverview(db, ALL_APPS, periods);
      return cells.map(({ counts: { callsSucceeded, callsFailed } }) => callsSucceeded + callsFailed);
    };
    await send(1, ...tasks);
    assert.equal(await check("one delta"), [12, 0, 0]);
    // A node of the version before writes no sums by app.
    await db.knex("stats_deltas").update({ by_app: null });
    assert.equal(await check("an older node's"), [12, 0, 0]);
    await fold(turned.now());
    turned.advance(minutes(1));
    await send(2, ...tasks.filter((_, i) => i % 3));
    turned.advance(hours(1));
    await send(3, ...tasks.filter((_, i) => i % 3 === 1));
    assert.equal(await check("partly folded"), [24, 12, 0]);
    await fold(turned.now());
    assert.is(await pendingRows(), 0);
    assert.equal(await check("folded"), [24, 12, 0]);
  });

  if (kind.dialect === "sqlite") {
    test("the summary reads indexes, in their order: no statement walks a table or sorts tasks", async () => {
      const made: { sql: string; bindings: string[] }[] = [];
      db.knex.on("query", (query) => made.push(query));
      const due = new MemoryDueSet(clock, { leaseMs: millis(10_000), window: 256 });
      for (const scope of [EVERYTHING, { appId: 1 }])
        await new Statistics({ db, due, clock, config: loadConfig({}) }).summary(scope);
      await due.close();
      const plans: string[] = [];
      for (const { sql, bindings } of made.filter((one) => /^select/i.test(one.sql))) {
        const steps: { detail: string }[] = await db.knex.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings);
        plans.push(...steps.map(({ detail }) => detail));
        if (sql.includes("`tasks`"))
          assert.not.match(steps.map(({ detail }) => detail).join(), /ORDER BY/, sql);
      }
      assert.ok(plans.some((plan) => plan.includes("COVERING INDEX stats_cells_calls")));
      assert.ok(plans.some((plan) => plan.includes("INDEX tasks_waiting")));
      assert.not.match(plans.join("\n"), /SCAN (tasks|attempts|stats_cells)/);
    });
  }

  test("more lanes than are kept apart: the rest is summed up as other", async () => {
    const lanes = Array.from({ length: MAX_LANES + 20 }, (_, i) => laneOf(`http://h${i}`));
    const at = floorTo(clock.now(), "minute");
    const count = (list: Lane[]) =>
      countTransitions(
        db.knex,
        at,
        list.map((lane) => ({ appId: 5, lane, from: null, to: "pending" as const })),
      );
    await count(lanes.slice(0, 90));
    await fold();
    await count(lanes.slice(0, 95));
    await count(lanes);
    await fold();
    for (const [appId, most] of [
      [ALL_APPS, MAX_LANES],
      [5, MAX_LANES_OF_APP],
    ] as const) {
      for (const step of ["minute", "hour", "day"] as const) {
        const from = floorTo(at, step);
        const found = await readStats(db, (reader) =>
          reader.lanes(appId, { step, from, to: from + STEPS[step] }),
        );
        assert.is(found.size, most + 1, `${appId} ${step}`);
        const sum = [...found.values()].reduce((n, cells) => n + cells.get(from)!.counts.accepted, 0);
        assert.is(sum, 90 + 95 + lanes.length);
        if (appId === ALL_APPS) assert.is(found.get(OTHER_LANES)?.get(from)?.counts.accepted, 20);
      }
    }
  });

  test("one node folds per interval", async () => {
    await given(db, {});
    const now = clock.now();
    await foldStats(db, now, millis(1_000));
    await given(db, {});
    await foldStats(db, later(now, millis(500)), millis(1_000));
    assert.is(await pendingRows(), 1);
    await foldStats(db, later(now, millis(1_000)), millis(1_000));
    assert.is(await pendingRows(), 0);
  });

  test("pruning: minutes go after 48 hours, hours after 60 days, days stay", async () => {
    const lane = laneOf("http://a");
    const now = clock.now();
    const ages = [0, 47, 80, 59 * 24, 62 * 24, 400 * 24];
    for (const age of ages)
      await countTransitions(db.knex, later(now, hours(-age)), [
        { appId: 1, lane, from: null, to: "pending" },
      ]);
    await fold();
    while (await pruneStats(db, now, 7));
    const left = async (step: number) =>
      Number(
        (await db.knex("stats_cells").where({ step, app_id: ALL_APPS, lane: "" }).count({ n: "*" }))[0]?.n,
      );
    assert.equal([await left(0), await left(1), await left(2)], [2, 4, 6]);
    assert.is((await totals()).accepted, 6);
  });

  test("migrating counts what the tables hold already, also after it was cut off", async () => {
    const tasks = await given(
      db,
      { appId: 1 },
      { appId: 1 },
      { appId: 2, state: "canceled", nextCallAt: null },
    );
    await record(outcome(tasks[0]!, 1, "succeeded"), outcome(tasks[1]!, 1, "failed"));
    for (const table of ["stats_folds", "stats_cells"]) await db.knex.schema.dropTable(table);
    await up(db.knex);
    await up(db.knex);
    assert.is(await pendingRows(), 0);
    assert.equal(await totals(), await counted());
    for (const app of [1, 2]) assert.equal(await totals(app), await counted(app));
  });

  test.run();
}
