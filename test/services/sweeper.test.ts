// The sweeper over real databases: what it prunes, what it says, and that it can be stopped.
import type { Logger } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hours } from "../../core/clock.ts";
import { loadConfig } from "../../core/config.ts";
import { Sweeper } from "../../services/scheduler/sweeper.ts";
import { acceptTasks } from "../../store/accept.ts";
import { addJob, stopJob } from "../../store/bulk/jobs.ts";
import { closeDatabase, type Database, openDatabase } from "../../store/database.ts";
import { runAlone } from "../../store/exclusive.ts";
import { advancePruning, pruningTime } from "../../store/installation.ts";
import { migrate } from "../../store/migrate.ts";
import { recordOutcomes } from "../../store/record.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { clock, given, KINDS, keyed, outcome, type Place } from "../store/fixtures.ts";

const LONG_AGO = 1_700_000_000_000;

for (const kind of KINDS) {
  const test = suite(`${kind.name}: sweeper`);
  let place: Place;
  let db: Database;
  let said: unknown[];
  test.before.each(async () => {
    place = await kind.place();
    db = openDatabase(place);
    await migrate(db);
    said = [];
    // The machine's own clock counts as well: what a test lets pass is in the past.
    clock.advance(LONG_AGO - clock.now());
  });
  test.after.each(() => closeDatabase(db));

  const log = {
    info: (...line: unknown[]) => said.push(line),
    warn: (...line: unknown[]) => said.push(line),
  };
  const sweeper = (days: number) => {
    const config = loadConfig({ BIDA_RETENTION_DAYS: String(days) });
    return new Sweeper({ db, clock, config }, log as unknown as Logger);
  };
  const count = async (table: string) => Number((await db.knex(table).count({ n: "*" }))[0]?.n);
  const counts = async () =>
    Promise.all(["tasks", "attempts", "idempotency_keys", "order_lines"].map((table) => count(table)));
  /** Finished tasks, keyed ones and an ordered one, and an open one. */
  async function someTasks(): Promise<void> {
    const tasks = await given(db, ...Array.from({ length: 130 }, () => ({})), { orderKey: "k" });
    const withKeys = [keyed("a"), keyed("b")];
    await acceptTasks(db, withKeys);
    await given(db, {});
    await recordOutcomes(
      db,
      [...tasks, ...withKeys.map(({ task }) => task)].map((task) => outcome(task, 1, "succeeded")),
      clock,
      () => 0,
    );
  }
  /** A job over many tasks that was stopped. */
  async function endedJob(): Promise<void> {
    const nobody = async () => undefined;
    const actor = { kind: "user", id: 1, name: "admin", role: "admin" } as const;
    const asked = {
      kind: "retry",
      scope: EVERYTHING,
      filter: { q: "x" },
      matched: 1,
      expected: null,
    } as const;
    const now = { bound: clock.now(), createdAt: clock.now() };
    const job = { ...asked, ...now, actor, sourceIp: null, requestPath: null, note: null };
    const { id } = await addJob(db, job, nobody);
    await stopJob(db, EVERYTHING, id, clock.now(), nobody);
  }
  /** While Bida is at work. */
  const daysPass = async (days: number) => {
    clock.advance(hours(24 * days) + 1);
    await db.knex("installation").update({ pruned_at: clock.now() });
  };

  test("after the days are over everything that is finished goes; one line says so", async () => {
    await someTasks();
    assert.equal(await sweeper(2).sweep(), {
      tasks: 0,
      idempotencyKeys: 0,
      orderLines: 0,
      destinations: 0,
      jobs: 0,
    });
    assert.equal(said, []);
    await endedJob();
    await daysPass(2);
    assert.equal(await sweeper(2).sweep(), {
      tasks: 133,
      idempotencyKeys: 2,
      orderLines: 1,
      destinations: 0,
      jobs: 1,
    });
    assert.equal(await counts(), [1, 0, 0, 0]);
    assert.is(said.length, 1);
    const [fields, text] = said[0] as [Record<string, unknown>, string];
    assert.equal([fields.tasks, fields.idempotencyKeys, fields.orderLines, text], [133, 2, 1, "pruned"]);
    assert.is(typeof fields.tookMs, "number");
  });

  test("0 days keep all, but for idle lines, which nobody sees", async () => {
    await someTasks();
    await daysPass(5000);
    assert.equal(await sweeper(0).sweep(), {
      tasks: 0,
      idempotencyKeys: 0,
      orderLines: 1,
      destinations: 0,
      jobs: 0,
    });
    assert.equal(await counts(), [134, 133, 2, 0]);
  });

  test("stopped in the middle it ends soon; another one goes on from there", async () => {
    await someTasks();
    await daysPass(1);
    const first = sweeper(1);
    const swept = first.sweep();
    await first.stop();
    const { tasks } = (await swept) as { tasks: number };
    assert.ok(tasks < 133, String(tasks));
    assert.is((await sweeper(1).sweep())?.tasks, 133 - tasks);
    assert.equal(await counts(), [1, 0, 0, 0]);
  });

  test("a clock that jumps ahead deletes next to nothing, and one line says so; time that passes is followed", async () => {
    await someTasks();
    await daysPass(0);
    clock.advance(hours(24 * 40));
    const ahead = sweeper(30);
    for (let i = 0; i < 3; i++)
      assert.equal(await ahead.sweep(), {
        tasks: 0,
        idempotencyKeys: 0,
        orderLines: 0,
        destinations: 0,
        jobs: 0,
      });
    assert.is(said.length, 1);
    const [fields, text] = said[0] as [Record<string, unknown>, string];
    assert.is(fields.days, 40);
    assert.match(text, "the clock is days ahead");
    // It was not wrong, the machine had been switched off: in the end all goes that is old.
    let sweeps = 0;
    for (let tasks = 0; tasks === 0; sweeps++) tasks = (await ahead.sweep())?.tasks ?? 0;
    assert.ok(sweeps > 100, `${sweeps} sweeps`);
    assert.equal((await counts()).slice(0, 2), [1, 0]);
  });

  test("a clock that is set right again is followed at once", async () => {
    await daysPass(0);
    const truth = clock.now();
    clock.advance(hours(24 * 40));
    await sweeper(30).sweep();
    clock.advance(-hours(24 * 40));
    await sweeper(30).sweep();
    assert.is(await pruningTime(db, clock.now()), truth);
  });

  if (kind.dialect === "mysql") {
    test("a node whose clock is ahead goes by the database server's", async () => {
      const now = Date.now();
      clock.advance(now - clock.now());
      await db.knex("installation").update({ pruned_at: now });
      clock.advance(hours(3));
      const { now: told } = await advancePruning(db, clock.now());
      assert.ok(told <= Date.now() && told >= now - 1_000, String(told - now));
    });

    test("one at a time in a cluster", async () => {
      const other = openDatabase(place);
      const mine = await runAlone(db, "retention", async () => {
        assert.is(await runAlone(other, "something else", async () => "ran"), "ran");
        return runAlone(other, "retention", async () => "ran too");
      });
      assert.is(mine, null);
      assert.is(await runAlone(other, "retention", async () => "ran"), "ran");
      await closeDatabase(other);
    });
  }

  test("a database that is gone is a warning, not a crash", async () => {
    const broken = sweeper(1);
    await db.knex.schema.dropTable("order_lines");
    await broken.sweep().then(
      () => assert.unreachable(),
      () => undefined,
    );
  });

  test.run();
}
