// Many tasks at once: finding them, changing a batch of them, and the jobs that go on from batch to batch.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { seconds } from "../../../core/clock.ts";
import { laneOf, newTaskId, type TaskId, taskIdToBytes } from "../../../core/ids.ts";
import { cancel, retryByHand } from "../../../core/task.ts";
import { recordAudits } from "../../../store/audit.ts";
import { addJob, findJob, listJobs, type NewJob, stopJob } from "../../../store/bulk/jobs.ts";
import { JobLost, type StoredJob } from "../../../store/bulk/rows.ts";
import { advanceJob, holdJob, leaseJob, takeJob } from "../../../store/bulk/work.ts";
import {
  changeTasks,
  countMatching,
  countsOf,
  findCandidates,
  nextMatching,
  searchMatching,
} from "../../../store/change-many.ts";
import type { Database } from "../../../store/database.ts";
import { recordOutcomes } from "../../../store/record.ts";
import type { Position } from "../../../store/retention.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { json, refusal } from "../../core/helpers.ts";
import {
  assertCounted,
  clock,
  closeDatabase,
  freshDatabase,
  given,
  inMs,
  type Kind,
  outcome,
  taskIn,
} from "../fixtures.ts";

const ids = (tasks: { taskId: TaskId }[]) => tasks.map(({ taskId }) => taskId);
const nobody = async () => undefined;

export function bulk(kind: Kind): void {
  const test = suite(`${kind.name}: bulk`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
  });
  test.after.each(() => closeDatabase(db));

  /** Tasks whose only call failed. */
  const exhausted = async (count: number, more: object = {}) => {
    const tasks = await given(db, ...Array.from({ length: count }, () => ({ limitCallCount: 1, ...more })));
    await recordOutcomes(
      db,
      tasks.map((task) => outcome(task, 1, "failed")),
      clock,
      () => 0.5,
    );
    return tasks;
  };
  const newJob = (more: Partial<NewJob> = {}): NewJob => ({
    kind: "retry",
    scope: EVERYTHING,
    filter: { state: ["exhausted"] },
    bound: clock.now(),
    matched: 3,
    expected: null,
    actor: { kind: "user", id: 1, name: "admin", role: "admin" },
    sourceIp: "127.0.0.1",
    requestPath: "POST /v1/tasks/retry",
    note: "why",
    createdAt: clock.now(),
    ...more,
  });

  test("a filter's tasks, oldest first and page after page, each once; those of the same millisecond too", async () => {
    const first = await exhausted(7, { appId: 1 });
    clock.advance(5);
    const second = await exhausted(4, { appId: 1 });
    await exhausted(2, { appId: 2 });
    await given(db, { appId: 1 });
    const filter = { states: ["exhausted" as const] };
    const scope = { appId: 1 };
    assert.is(await countMatching(db, scope, filter), 11);
    const seen: TaskId[] = [];
    for (let page = await nextMatching(db, scope, filter, null, 3); page.length > 0; ) {
      seen.push(...ids(page));
      page = await nextMatching(db, scope, filter, page.at(-1) ?? null, 3);
    }
    assert.equal(seen, [...ids(first).sort(), ...ids(second).sort()]);
  });

  test("looking through a few tasks at a time finds the same, in the same order, and comes to an end", async () => {
    const first = await exhausted(5);
    await given(db, {}, {}, {}, {}, {}, {}, {});
    clock.advance(3);
    const second = await exhausted(6);
    const filter = { states: ["exhausted" as const], asOf: clock.now() };
    clock.advance(1);
    await exhausted(4);
    for (const [limit, look] of [
      [3, 2],
      [2, 3],
      [100, 1],
      [1, 100],
    ] as const) {
      const seen: TaskId[] = [];
      let after: Position | null = null;
      do {
        const page = await searchMatching(db, EVERYTHING, filter, after, limit, look);
        seen.push(...ids(page.found));
        after = page.end;
      } while (after !== null);
      assert.equal(seen, [...ids(first).sort(), ...ids(second).sort()], `${limit} of ${look}`);
    }
  });

  test("a job whose filter cannot be read is stopped, and the next one taken", async () => {
    const [broken, sound] = [await addJob(db, newJob(), nobody), await addJob(db, newJob(), nobody)];
    await db
      .knex("bulk_jobs")
      .where("job_id", taskIdToBytes(broken.id as TaskId))
      .update({ filter: "{" });
    assert.is((await takeJob(db, inMs(1), seconds(1)))?.id, sound.id);
    assert.is((await findJob(db, EVERYTHING, broken.id)).state, "stopped");
  });

  test("what was created, or ended, after a moment is not found as of it; a lane narrows", async () => {
    const [before] = await exhausted(1);
    const [later] = await given(db, { limitCallCount: 1 });
    const [open] = await given(db, {});
    const asOf = clock.now();
    clock.advance(5);
    await recordOutcomes(db, [outcome(later!, 1, "failed")], clock, () => 0.5);
    await exhausted(1);
    const found = async (filter: object) => ids(await nextMatching(db, EVERYTHING, filter, null, 10)).sort();
    assert.equal(await found({ asOf }), ids([before!, open!]).sort());
    assert.is((await found({})).length, 4);
    assert.equal(await found({ asOf, lane: laneOf("http://other.example") }), []);
  });

  test("a batch: each as the rule says, reasons counted, expiry lifted, the rest untouched", async () => {
    const [lost] = await exhausted(1, { expiresAt: inMs(1) });
    const [pending, called, untouched] = await given(db, {}, {}, { requestParam: json({ keep: "me" }) });
    const gone = newTaskId();
    clock.advance(10);
    const chosen = [lost!.taskId, pending!.taskId, called!.taskId, gone];
    const result = await changeTasks(db, chosen, clock.now(), (task) =>
      retryByHand(task, task.taskId === called!.taskId, false, clock),
    );
    assert.equal(
      ids(result.changes.map(({ after }) => after)).sort(),
      [lost!.taskId, pending!.taskId].sort(),
    );
    assert.equal(countsOf(result.refused), { "it is being called just now": 1, "there is no such task": 1 });
    const after = await taskIn(db, lost!.taskId);
    assert.equal(
      [after.state, after.nextCallAt, after.finishedAt, after.expiresAt, after.manualCalls, after.callCount],
      ["pending", clock.now(), null, null, 1, 1],
    );
    assert.equal(await taskIn(db, untouched!.taskId), untouched!);
    await assertCounted(db);
  });

  test("lines: canceling head and held lets the one behind them go; an exhausted one that comes back is held", async () => {
    const [head, held, next] = await given(db, { orderKey: "k" }, { orderKey: "k" }, { orderKey: "k" });
    const result = await changeTasks(db, [held!.taskId, head!.taskId], clock.now(), (task) =>
      cancel(task, clock.now()),
    );
    assert.is(result.changes.length, 2);
    assert.equal(ids(result.released), [next!.taskId]);
    assert.ok((await taskIn(db, next!.taskId)).nextCallAt !== null);
    const back = await changeTasks(db, ids([head!, held!]), clock.now(), (task) =>
      retryByHand(task, false, false, clock),
    );
    assert.equal(
      back.changes.map(({ after }) => [after.state, after.nextCallAt]),
      [
        ["pending", null],
        ["pending", null],
      ],
    );
    await assertCounted(db);
  });

  test("a batch and what is told with it: both or neither", async () => {
    const [task] = await given(db, {});
    const run = () =>
      changeTasks(db, [task!.taskId], clock.now(), (it) => cancel(it, clock.now()), {
        after: async () => {
          throw new JobLost("no");
        },
      });
    await run().then(
      () => assert.unreachable(),
      (error) => assert.instance(error, JobLost),
    );
    assert.equal(await taskIn(db, task!.taskId), task!);
    await recordAudits(db, []);
  });

  test("a selection: those in scope, once", async () => {
    const [mine, other] = await given(db, { appId: 1 }, { appId: 2 });
    assert.equal(ids(await findCandidates(db, { appId: 1 }, ids([mine!, other!]))), [mine!.taskId]);
  });

  test("a job is worked on by one; when its lease has run out by another, and the first one's batch is refused", async () => {
    const made = await addJob(db, newJob(), nobody);
    assert.equal([made.state, made.done, made.position, made.note], ["waiting", 0, null, "why"]);
    const now = clock.now();
    const all = await Promise.all([1, 2, 3].map(() => takeJob(db, now, seconds(15))));
    const [first] = all.filter((job) => job !== null);
    assert.is(all.filter((job) => job !== null).length, 1);
    assert.equal([first!.state, first!.fence, first!.startedAt], ["running", 1, now]);

    const [task] = await exhausted(1);
    const position = { createdAt: task!.createdAt, taskId: task!.taskId };
    const batch = (job: StoredJob) =>
      changeTasks(db, [task!.taskId], clock.now(), (it) => retryByHand(it, false, false, clock), {
        before: async (within) => void (await holdJob(within, job)),
        after: (within, { refused }) =>
          advanceJob(within, {
            ...job,
            done: job.done + 1,
            changed: 1,
            skipped: countsOf(refused),
            position,
          }),
      });
    await batch(first!);
    clock.advance(15_001);
    const second = await takeJob(db, clock.now(), seconds(15));
    assert.equal([second!.fence, second!.done, second!.position], [2, 1, position]);
    assert.is(second!.startedAt, now);
    await leaseJob(db, first!, 0);
    assert.is(await takeJob(db, clock.now(), seconds(15)), null, "a stale lease gave nothing back");
    const manual = (await taskIn(db, task!.taskId)).manualCalls;
    await batch(first!).then(
      () => assert.unreachable(),
      (error) => assert.instance(error, JobLost),
    );
    assert.is((await taskIn(db, task!.taskId)).manualCalls, manual);
    await leaseJob(db, second!, 0);
    assert.is((await takeJob(db, clock.now(), seconds(15)))!.fence, 3);
  });

  test("a job that was stopped ends there: no batch, nobody takes it, no second stop", async () => {
    const { id } = await addJob(db, newJob({ scope: { appId: 7 } }), nobody);
    const taken = await takeJob(db, clock.now(), seconds(15));
    assert.is((await refusal(() => stopJob(db, { appId: 8 }, id, clock.now(), nobody))).code, "not_found");
    const stopped = await stopJob(db, { appId: 7 }, id, clock.now(), nobody);
    assert.equal([stopped.state, stopped.finishedAt], ["stopped", clock.now()]);
    await holdJob(db, taken!).then(
      () => assert.unreachable(),
      (error) => assert.instance(error, JobLost),
    );
    clock.advance(60_000);
    assert.is(await takeJob(db, clock.now(), seconds(15)), null);
    assert.is((await refusal(() => stopJob(db, EVERYTHING, id, clock.now(), nobody))).code, "conflict");
  });

  test("jobs are listed newest first, to each what is theirs", async () => {
    const made: string[] = [];
    for (const appId of [1, null, 1]) made.push((await addJob(db, newJob({ scope: { appId } }), nobody)).id);
    const page = await listJobs(db, EVERYTHING, 2, null);
    assert.equal(
      page.items.map(({ id }) => id),
      [made[2], made[1]],
    );
    const rest = await listJobs(db, EVERYTHING, 2, page.nextCursor);
    assert.equal([rest.items.map(({ id }) => id), rest.nextCursor], [[made[0]], null]);
    assert.is((await listJobs(db, { appId: 1 }, 9, null)).items.length, 2);
    assert.is((await refusal(() => findJob(db, { appId: 1 }, made[1]!))).code, "not_found");
    assert.is((await refusal(() => listJobs(db, EVERYTHING, 2, "nonsense"))).code, "invalid_query");
  });

  test.run();
}
