import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, hours } from "../../../core/clock.ts";
import { newTaskId, type TaskId, taskIdToBytes } from "../../../core/ids.ts";
import { endOldIncidents } from "../../../store/alarm-checks.ts";
import { routeAlarms } from "../../../store/alarm-desk.ts";
import { insertAlarms } from "../../../store/alarms.ts";
import { countMatching } from "../../../store/change-many.ts";
import type { Database } from "../../../store/database.ts";
import {
  acknowledgeIncident,
  findIncident,
  listIncidents,
  outcomeOf,
  pruneIncidents,
} from "../../../store/incidents.ts";
import { listTasks } from "../../../store/list-tasks.ts";
import { addMute, endMutes } from "../../../store/mutes.ts";
import { endIncidents, lookForEnds } from "../../../store/outages.ts";
import { failedAttempt } from "../../../store/payloads.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { type StoredTask, stateCode } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { clock, closeDatabase, freshDatabase, given, type Kind, outcome } from "../fixtures.ts";

export function incidents(kind: Kind): void {
  const test = suite(`${kind.name}: incidents`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
    clock.advance(1000);
  });
  test.after.each(() => closeDatabase(db));

  /** Exhausted tasks. */
  async function exhausted(url: string, n: number): Promise<StoredTask[]> {
    const tasks = await given(db, ...Array.from({ length: n }, () => ({ url, limitCallCount: 1 })));
    await recordOutcomes(
      db,
      tasks.map((task) => outcome(task, 1, "failed")),
      clock,
      () => 0,
    );
    return tasks;
  }
  const route = (to: number[] = [7]) => routeAlarms(db, () => () => to);
  const open = async () => (await listIncidents(db, { state: "open" }, 50, null)).items;
  const ids = (tasks: { taskId: TaskId }[]) => tasks.map(({ taskId }) => taskId).sort();
  const quietly = async () => undefined;
  const muted = {
    destination: null,
    sourceAppName: null,
    errorCode: null,
    until: null,
    note: null,
    by: "wang",
  };

  test("what fails alike is one incident: how often, since when, first and last; its tasks are found", async () => {
    const [a, b] = ["https://a.example/1", "https://b.example/1"];
    const first = await exhausted(a, 3);
    await exhausted(b, 1);
    await route();
    clock.advance(5_000);
    const later = await exhausted(a, 2);
    await route();
    const items = await open();
    assert.equal(
      items.map(({ destination, tasks }) => [destination, tasks]),
      [
        ["https://a.example", 5],
        ["https://b.example", 1],
      ],
    );
    const [one] = items as [NonNullable<(typeof items)[0]>];
    assert.is(one.lastAt - one.firstAt, 5_000);
    assert.ok(ids(first).includes(one.firstTask as TaskId) && ids(later).includes(one.lastTask as TaskId));
    assert.ok(one.errorCode.length > 0 && one.firstError.length > 0);
    const found = await listTasks(db, EVERYTHING, { incident: one.id }, 50, null);
    assert.equal(ids(found.items), ids([...first, ...later]));
    const outcome = await outcomeOf(db, one.id);
    assert.equal([outcome.states.exhausted, outcome.counted], [5, 5]);
    // Page by page.
    const page = await listIncidents(db, { state: "open" }, 1, null);
    const next = await listIncidents(db, { state: "open" }, 1, page.nextCursor);
    assert.equal([page.items[0]?.id, next.items[0]?.id, next.nextCursor], [one.id, items[1]?.id, null]);
  });

  test("one that is exhausted again is counted once", async () => {
    await exhausted("https://a.example/1", 1);
    await route([]);
    await db.knex("alarms").update({ routed: 0 });
    await route([]);
    assert.equal(
      (await open()).map(({ tasks }) => tasks),
      [1],
    );
  });

  test("of one with more tasks than are looked at, it is said of how many the outcome is: the oldest", async () => {
    const tasks = await exhausted("https://a.example/1", 5);
    await route();
    const [one] = (await open()) as [NonNullable<Awaited<ReturnType<typeof open>>[0]>];
    const [pruned, ...repaired] = ids(tasks).slice(0, 3).map(taskIdToBytes);
    await db
      .knex("tasks")
      .whereIn("task_id", repaired)
      .update({ state: stateCode("resolved") });
    await db
      .knex("tasks")
      .where("task_id", pruned as Buffer)
      .delete();
    const outcome = await outcomeOf(db, one.id, 3);
    assert.equal([outcome.counted, outcome.states.resolved, outcome.states.exhausted], [3, 2, 0]);
    // What is done to its tasks reaches those that were not looked at.
    const rest = await countMatching(db, EVERYTHING, { incident: one.id, states: ["exhausted"] });
    assert.equal([one.tasks, rest], [5, 2]);
  });

  test("the call with which a task was exhausted is found, not an earlier or a later one", async () => {
    const [task] = (await given(db, { limitCallCount: 2 })) as [StoredTask];
    const record = async (n: number, status: number) => {
      await recordOutcomes(db, [outcome(task, n, "failed", { statusCode: status })], clock, () => 0);
      clock.advance(1_000);
    };
    await record(1, 500);
    await record(2, 503);
    const at = clock.now();
    clock.advance(1_000);
    await db.knex("tasks").update({ state: 0, next_call_at: clock.now(), finished_at: null });
    await record(3, 404);
    const found = async (moment: typeof at) => (await failedAttempt(db, task.taskId, moment))?.statusCode;
    assert.equal([await found(at), await found(clock.now()), await found(epochMs(1))], [503, 404, 404]);
    assert.is(await failedAttempt(db, newTaskId(), at), null);
  });

  test("alarms of one that is muted go to no channel; those of others do", async () => {
    await exhausted("https://a.example/1", 1);
    await route([]);
    const [one] = await open();
    const id = one?.id as number;
    await addMute(db, { ...muted, incident: id, createdAt: clock.now() }, quietly);
    await exhausted("https://a.example/1", 2);
    await exhausted("https://b.example/1", 1);
    await route([7]);
    assert.is((await db.knex("alarm_deliveries")).length, 1);
    assert.is((await findIncident(db, id)).tasks, 3);
    const acknowledged = { by: "wang", at: clock.now(), note: "told them" };
    await acknowledgeIncident(db, id, acknowledged, quietly);
    await endMutes(db, { raised: await findIncident(db, id), at: clock.now() }, quietly);
    assert.equal((await findIncident(db, id)).acknowledged, acknowledged);
    let former: unknown;
    const released = await acknowledgeIncident(db, id, null, async (_, before) => {
      former = before.acknowledged;
    });
    assert.equal(
      [former, released.acknowledged, (await findIncident(db, id)).acknowledged],
      [acknowledged, null, null],
    );
    await exhausted("https://a.example/1", 1);
    await route([7]);
    assert.is((await db.knex("alarm_deliveries")).length, 2);
  });

  test("it ends when none of its tasks is exhausted or called again any more; what fails later is another", async () => {
    const tasks = await exhausted("https://a.example/1", 2);
    await route();
    await endOldIncidents(db, clock.now());
    assert.is((await open()).length, 1);
    await db.knex("tasks").update({ state: 1 });
    await endOldIncidents(db, clock.now());
    assert.is((await open()).length, 0);
    const [ended] = (await listIncidents(db, { state: "ended" }, 50, null)).items;
    assert.is(ended?.endedAt, clock.now());
    assert.is((await outcomeOf(db, ended?.id as number)).states.succeeded, tasks.length);
    await exhausted("https://a.example/1", 1);
    await route();
    assert.is.not((await open())[0]?.id, ended?.id);
  });

  test("those that stay open keep no later one from its end; one that fails again meanwhile does not end", async () => {
    const urls = ["https://a.example/1", "https://b.example/1", "https://c.example/1"];
    for (const url of urls) await exhausted(url, 1);
    await route();
    await db
      .knex("tasks")
      .whereNot("url", urls[0] as string)
      .update({ state: 1 });
    const { over } = await lookForEnds(db, clock.now(), 0);
    assert.is(over.length, 2);
    clock.advance(1);
    await exhausted(urls[1] as string, 1);
    await route();
    await endIncidents(db.knex, over, clock.now());
    const left = async () => (await open()).map(({ destination }) => destination).sort();
    assert.equal(await left(), ["https://a.example", "https://b.example"]);
    await db
      .knex("tasks")
      .whereNot("url", urls[0] as string)
      .update({ state: 1 });
    const next = await endOldIncidents(db, clock.now(), 0, 1);
    assert.is((await left()).length, 2);
    assert.is(await endOldIncidents(db, clock.now(), next), 0);
    assert.equal(await left(), ["https://a.example"]);
  });

  test("old ones are pruned with their tasks' names; the list of a task that has no origin is one too", async () => {
    const facts = { url: "http://{host}/", lastError: "bad_request: no host", callCount: 1 };
    const [task] = await exhausted("https://a.example/1", 1);
    const alarm = { kind: "exhausted" as const, sourceAppName: null, destination: null, errorCode: null };
    await insertAlarms(db.knex, [
      { ...alarm, taskId: task?.taskId as TaskId, facts: facts as never, createdAt: clock.now() },
    ]);
    await route();
    assert.equal(
      new Set((await open()).map(({ destination }) => destination)),
      new Set([null, "https://a.example"]),
    );
    await exhausted("https://a.example/1", 2);
    await route();
    const all = epochMs(clock.now() + hours(1));
    const names = async () => (await db.knex("incident_tasks")).length;
    assert.is(await names(), 4);
    assert.is(await pruneIncidents(db, all, 1), false, "open ones stay, however old");
    await db.knex("incidents").update({ ended: true, ended_at: all });
    assert.is(await pruneIncidents(db, all, 1), false, "they have just ended");
    await db.knex("incidents").update({ ended_at: clock.now() });
    for (let left = 3; left >= 0; left--) {
      while ((await names()) > left) assert.ok(await pruneIncidents(db, all, 1));
      assert.is(await names(), left);
    }
    while (await pruneIncidents(db, all));
    assert.equal([(await db.knex("incidents")).length, (await db.knex("incident_tasks")).length], [0, 0]);
  });

  test("a prune that is cut off leaves an incident whole, with who was told and its mutes", async () => {
    await exhausted("https://a.example/1", 1);
    await route();
    const [one] = await open();
    await addMute(db, { ...muted, incident: one?.id as number, createdAt: clock.now() }, quietly);
    await db.knex("incidents").update({ ended: true, ended_at: clock.now() });
    const before = epochMs(clock.now() + 1);
    await db.knex.schema.renameTable("alarm_mutes", "away");
    assert.match(await pruneIncidents(db, before).then(String, String), /./);
    await db.knex.schema.renameTable("away", "alarm_mutes");
    const rows = () =>
      Promise.all(
        ["incidents", "incident_channels", "alarm_mutes"].map(async (table) => (await db.knex(table)).length),
      );
    assert.equal(await rows(), [1, 1, 1]);
    while (await pruneIncidents(db, before));
    assert.equal(await rows(), [0, 0, 0]);
  });

  test.run();
}
