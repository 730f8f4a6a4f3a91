import { suite } from "uvu";
import * as assert from "uvu/assert";
import { millis } from "../../../core/clock.ts";
import { newTaskId } from "../../../core/ids.ts";
import type { Outcome } from "../../../core/job.ts";
import { cancel } from "../../../core/task.ts";
import { changeTask } from "../../../store/change.ts";
import type { Database } from "../../../store/database.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { json } from "../../core/helpers.ts";
import {
  attemptsIn,
  clock,
  closeDatabase,
  freshDatabase,
  given,
  inMs,
  type Kind,
  locked,
  outcome,
  taskIn,
} from "../fixtures.ts";

const FAILURE = { code: "bad_status", message: "status 500, expected 2xx" } as const;

export function recording(kind: Kind): void {
  const test = suite(`${kind.name}: record`);
  let db: Database;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.before.each(() => clock.advance(1000));
  test.after(() => closeDatabase(db));

  const record = (...outcomes: Outcome[]) => recordOutcomes(db, outcomes, clock, () => 0);
  const one = async (more: Parameters<typeof given>[1] = {}) => (await given(db, more))[0]!;

  test("success, retry, exhausted and expired in one batch", async () => {
    const [good, again, over, late] = await given(db, {}, {}, { limitCallCount: 1 }, { expiresAt: inMs(10) });
    clock.advance(50);
    const results = await record(
      outcome(good!, 1, "succeeded"),
      outcome(again!, 1, "failed"),
      outcome(over!, 1, "failed"),
      outcome(late!, 1, null),
    );
    const now = clock.now();
    const expired = { code: "expired", message: "no call may start any more" } as const;
    const ended = { nextCallAt: null, finishedAt: now, updatedAt: now };
    const wanted = [
      { ...good!, state: "succeeded", callCount: 1, ...ended },
      { ...again!, callCount: 1, nextCallAt: inMs(1000), lastError: FAILURE, updatedAt: now },
      { ...over!, state: "exhausted", callCount: 1, lastError: FAILURE, ...ended },
      { ...late!, state: "exhausted", callCount: 0, lastError: expired, ...ended },
    ] as const;
    for (const [i, task] of wanted.entries()) {
      assert.equal(await taskIn(db, task.taskId), task, task.state);
      assert.is(results[i]?.written, true);
      assert.equal(results[i]?.task, locked(task));
      assert.is((await attemptsIn(db, task.taskId)).length, i === 3 ? 0 : 1);
    }
  });

  test("what is recorded is judged without the task's payload, which is not read", async () => {
    const task = await one({ body: "x".repeat(1_000), expectResult: "ok" });
    const [result] = await record(outcome(task, 1, "failed"));
    // @ts-expect-error It was not read, so nobody can take null for what the caller sent.
    assert.is(result?.task?.body, undefined);
    assert.not.ok("expectResult" in (result?.task ?? {}));
    assert.is((await taskIn(db, task.taskId)).body, task.body);
  });

  test("an attempt comes back exactly", async () => {
    const task = await one();
    const made = outcome(task, 1, "failed", {
      durationMs: millis(120_003),
      statusCode: 599,
      error: { code: "unexpected_result", message: 'the body does not contain "成功😀\0\'"' },
      responseHeaders: { "x-a": ["1", "'2'"], "x-latin": "café" },
      responseBody: `\0<html>'"\\上海😀${"x".repeat(65_000)}`,
      responseTruncated: true,
      node: "host-1-abc",
    });
    await record(made);
    assert.equal(await attemptsIn(db, task.taskId), [made.attempt!]);
    const bare = outcome(task, 2, "failed", { statusCode: null, responseHeaders: null, responseBody: null });
    await record(bare);
    assert.equal((await attemptsIn(db, task.taskId))[1], bare.attempt!);
  });

  test("an answer that is no text comes back as base64, marked, also one of 65 535 bytes", async () => {
    const task = await one();
    const bytes = Buffer.alloc(65_535, Buffer.from([0, 0xff, 0x80, 0x0d, 0x0a]));
    const made = outcome(task, 1, "failed", {
      error: { code: "bad_encoding", message: "the content-encoding gzip ends before its data does" },
      responseBody: bytes.toString("base64"),
      responseEncoding: "base64",
    });
    await record(made);
    const [attempt] = await attemptsIn(db, task.taskId);
    assert.equal(attempt, made.attempt!);
    assert.ok(Buffer.from(attempt?.responseBody ?? "", "base64").equals(bytes));
  });

  test("a very long error message is cut, not refused", async () => {
    const task = await one();
    await record(outcome(task, 1, "failed", { error: { code: "reset", message: "😀".repeat(400) } }));
    assert.is((await taskIn(db, task.taskId)).lastError?.message, "😀".repeat(250));
  });

  test("the payload of a task survives its records", async () => {
    const task = await one({
      requestParam: json({ a: 1 }),
      headers: { b: "c" },
      body: null,
      expect: { contains: "x" },
    });
    await record(outcome(task, 1, "failed"));
    const { requestParam, headers, expect } = await taskIn(db, task.taskId);
    assert.equal(
      { requestParam, headers, expect },
      { requestParam: json({ a: 1 }), headers: { b: "c" }, expect: { contains: "x" } },
    );
  });

  test("call after call to the end, then a success by hand would be the next number", async () => {
    const task = await one();
    for (const n of [1, 2, 3]) await record(outcome(task, n, "failed"));
    const end = await taskIn(db, task.taskId);
    assert.equal([end.state, end.callCount], ["exhausted", 3]);
    assert.equal(
      (await attemptsIn(db, task.taskId)).map(({ n }) => n),
      [1, 2, 3],
    );
  });

  test("the fence: the same number twice in one batch is written once", async () => {
    const task = await one();
    const results = await record(
      outcome(task, 1, "failed", { node: "a" }),
      outcome(task, 1, "succeeded", { node: "b" }),
    );
    assert.equal(
      results.map(({ written }) => written),
      [true, false],
    );
    assert.equal(
      (await attemptsIn(db, task.taskId)).map(({ node }) => node),
      ["a"],
    );
    const { state, callCount } = await taskIn(db, task.taskId);
    assert.equal([state, callCount], ["pending", 1]);
    // Who comes too late learns what the row says.
    assert.equal(results[1]?.task, locked(await taskIn(db, task.taskId)));
  });

  test("the fence: 20 transactions at once with the same number, one is written", async () => {
    const tasks = await given(db, {}, {}, {}, {});
    const batch = (i: number) => {
      const order = i % 2 ? tasks : tasks.toReversed();
      return order.map((task) => outcome(task, 1, i % 3 ? "failed" : "succeeded", { node: `n${i}` }));
    };
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => record(...batch(i))));
    for (const task of tasks) {
      const written = results.flat().filter((it) => it.written && it.outcome.taskId === task.taskId);
      assert.is(written.length, 1);
      const attempts = await attemptsIn(db, task.taskId);
      assert.equal(attempts, [written[0]!.outcome.attempt!]);
      assert.is((await taskIn(db, task.taskId)).callCount, 1);
    }
  });

  test("the fence: numbers that are not the next one are dropped", async () => {
    const task = await one({ callCount: 2, limitCallCount: 9 });
    for (const n of [0, 1, 2, 4]) {
      const [result] = await record(outcome(task, n, "succeeded"));
      assert.equal([result?.written, result?.task], [false, locked(task)]);
    }
    assert.equal(await attemptsIn(db, task.taskId), []);
  });

  test("two numbers of one task in one batch", async () => {
    const task = await one({ limitCallCount: 5 });
    await record(outcome(task, 1, "failed"), outcome(task, 2, "failed"));
    assert.is((await taskIn(db, task.taskId)).callCount, 2);
  });

  test("two numbers of one task in one batch, the second a success: call_count grows by one only", async () => {
    const task = await one({ callCount: 2, limitCallCount: 5 });
    await record(outcome(task, 3, "failed"), outcome(task, 4, "succeeded"));
    const { state, callCount } = await taskIn(db, task.taskId);
    assert.equal([state, callCount], ["succeeded", 4]);
  });

  test("an expiry reported twice is written once", async () => {
    const task = await one({ expiresAt: inMs(1) });
    clock.advance(10);
    const [first] = await record(outcome(task, 1, null));
    const finished = (await taskIn(db, task.taskId)).finishedAt;
    clock.advance(10);
    const [second] = await record(outcome(task, 1, null));
    assert.equal([first?.written, second?.written], [true, false]);
    assert.is((await taskIn(db, task.taskId)).finishedAt, finished);
  });

  test("canceled during the call: the call is on record, the decision stands", async () => {
    for (const what of ["succeeded", "failed"] as const) {
      const task = await one();
      await changeTask(db, EVERYTHING, task.taskId, clock.now(), (it) => cancel(it, clock.now()));
      const canceled = await taskIn(db, task.taskId);
      clock.advance(100);
      const [result] = await record(outcome(task, 1, what));
      assert.is(result?.written, true);
      const wanted = { ...canceled, callCount: 1, updatedAt: clock.now() };
      assert.equal(await taskIn(db, task.taskId), wanted);
      assert.is((await attemptsIn(db, task.taskId)).length, 1);
    }
  });

  test("an unknown task beside a known one", async () => {
    const task = await one();
    const gone = { taskId: newTaskId(), lane: task.lane, appId: task.appId };
    const [first, second] = await record(outcome(gone, 1, "succeeded"), outcome(task, 1, "succeeded"));
    assert.equal([first?.written, first?.task, second?.written], [false, null, true]);
    assert.equal(
      await db.knex("attempts").where("task_id", Buffer.from(gone.taskId.replaceAll("-", ""), "hex")),
      [],
    );
  });

  test("400 outcomes in one batch", async () => {
    const tasks = await given(db, ...Array.from({ length: 400 }, () => ({})));
    const kinds = ["succeeded", "failed", null] as const;
    const results = await record(...tasks.map((task, i) => outcome(task, 1, kinds[i % 3]!)));
    const states = { succeeded: "succeeded", failed: "pending", null: "exhausted" };
    for (const [i, result] of results.entries()) {
      assert.is(result.outcome.taskId, tasks[i]!.taskId);
      assert.is(result.task?.state, states[`${kinds[i % 3]!}`]);
      assert.equal(result.task, locked(await taskIn(db, tasks[i]!.taskId)));
    }
  });

  test.run();
}
