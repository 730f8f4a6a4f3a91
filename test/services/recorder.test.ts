/** Recording where the database fails in the middle: what is on record is told all the same. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { later, millis } from "../../core/clock.ts";
import { type TaskId, taskIdToBytes } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import type { Settlement } from "../../due/due-set.ts";
import { Recorder } from "../../services/scheduler/recorder.ts";
import type { Database } from "../../store/database.ts";
import type { Recorded } from "../../store/record.ts";
import type { StoredTask } from "../../store/rows.ts";
import { thrown } from "../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, given, KINDS, outcome, taskIn } from "../store/fixtures.ts";

const test = suite("recorder");

let db: Database;
test.before.each(async () => {
  db = await freshDatabase(KINDS[0]!);
});
test.after.each(() => closeDatabase(db));

/** A recorder, and what it told the due set and those who listen. */
function recorder() {
  const settled: TaskId[] = [];
  const added: TaskId[] = [];
  const told: TaskId[] = [];
  let change = Promise.withResolvers<void>();
  const changed = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const due = {
    async settle(_: string, some: Settlement[]) {
      settled.push(...some.map(({ entry }) => entry.taskId));
      return [];
    },
    async add(some: DueEntry[]) {
      added.push(...some.map(({ taskId }) => taskId));
      changed();
      return some.length;
    },
  };
  const teller = {
    wantsSuccesses: true,
    tell({ recorded = [] }: { recorded?: Recorded[] }) {
      told.push(...recorded.flatMap((one) => (one.written ? one.outcome.taskId : [])));
    },
  };
  const log = { warn: () => undefined, error: () => undefined } as never;
  const lanes = { ended: () => undefined, opened: () => undefined };
  const own = new Recorder({ db, due, clock, teller } as never, lanes, due, {} as never, log);
  const until = async (condition: () => boolean) => {
    while (!condition()) await change.promise;
  };
  return { own, settled, added, told, until };
}

test("what was recorded is settled and told, also where a task beside it cannot be set aside", async () => {
  const [head, next, bad] = await given(db, { orderKey: "k" }, { orderKey: "k" }, {});
  const id = taskIdToBytes(bad!.taskId).toString("hex");
  await db.knex.raw(`CREATE TRIGGER refuse BEFORE INSERT ON attempts WHEN NEW.task_id = x'${id}'
    BEGIN SELECT RAISE(ABORT, 'not this one'); END`);
  // It looks like a connection that breaks, in the moment in which the task is set aside.
  await db.knex.raw(`CREATE TRIGGER gone BEFORE UPDATE ON tasks WHEN NEW.task_id = x'${id}'
    BEGIN SELECT RAISE(ABORT, 'the connection was closed'); END`);
  const { own, settled, added, told, until } = recorder();
  const outcomes = [outcome(head!, 1, "succeeded"), outcome(bad!, 1, "succeeded")];
  const error = await thrown(() => own.report("h", outcomes));
  assert.is((error as { code?: string }).code, "unavailable", "the dispatcher keeps them");
  await until(() => added.length > 0);
  assert.equal(
    [settled, added, told],
    [[head!.taskId], [next!.taskId], [head!.taskId]],
    "the next of its line goes",
  );
  // Reported again, nothing of that is told twice.
  await db.knex.raw("DROP TRIGGER gone");
  await own.report("h", outcomes);
  assert.equal([added, told], [[next!.taskId], [head!.taskId]]);
  assert.ok(settled.includes(bad!.taskId));
  assert.is((await taskIn(db, bad!.taskId)).state, "exhausted");
});

test("what one commit recorded is settled and told, also where the next one fails", async () => {
  const tasks = await given(db, {}, {}, {}, {});
  const id = taskIdToBytes(tasks[3]!.taskId).toString("hex");
  // The batch is refused, and split; the last one, which is tried without its answer, meets a connection that breaks.
  await db.knex.raw(`CREATE TRIGGER refuse BEFORE INSERT ON attempts WHEN NEW.task_id = x'${id}' AND NEW.response_body IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'not this one'); END`);
  await db.knex.raw(`CREATE TRIGGER gone BEFORE INSERT ON attempts WHEN NEW.task_id = x'${id}' AND NEW.response_body IS NULL
    BEGIN SELECT RAISE(ABORT, 'the connection was closed'); END`);
  const { own, settled, told } = recorder();
  const outcomes = tasks.map((task) => outcome(task, 1, "succeeded"));
  for (const one of outcomes) if (one.attempt) one.attempt.responseBody = "an answer";
  const error = await thrown(() => own.report("h", outcomes));
  assert.is((error as { code?: string }).code, "unavailable", "the dispatcher keeps them");
  const first = tasks.slice(0, 3).map(({ taskId }) => taskId);
  assert.equal([settled, told], [first, first]);
  await db.knex.raw("DROP TRIGGER gone");
  await own.report("h", outcomes);
  assert.equal(told, [...first, tasks[3]!.taskId], "once each");
});

test("a pause counts from how long ago the call ended, whatever the dispatcher's idea of the cluster's time", async () => {
  const retry = { strategy: "fixed", delayMs: 30_000 } as const;
  const [behind, ahead, older] = await given(db, { retry }, { retry }, { retry });
  const { own } = recorder();
  // The cluster's clock was set by two minutes while no scheduler could be asked.
  const off = (task: StoredTask | undefined, ms: number) => ({
    ...outcome(task!, 1, "failed"),
    endedBy: later(clock.now(), millis(ms)),
  });
  await own.report("h", [
    { ...off(behind, -120_000), endedMsAgo: millis(700) },
    { ...off(ahead, 120_000), endedMsAgo: millis(700) },
    off(older, -700),
  ]);
  for (const task of [behind, ahead, older])
    assert.is((await taskIn(db, task!.taskId)).nextCallAt, clock.now() - 700 + retry.delayMs);
});

test.run();
