/** Answers that end a task: one call, one alarm, `stopped`. */
import * as assert from "uvu/assert";
import { until } from "../kit/until.ts";
import type { Suite } from "./suite.ts";

/** Enough calls, and soon, for a task that is not stopped. */
const patient = { limitCallCount: 4, retry: { strategy: "fixed", delayMs: 20 } };

export function stoppingSuite({ test, world }: Suite): void {
  const told = (taskId: string) => until("the alarm", () => world().alarms(taskId) > 0);

  test("410: called once, told once, `stopped`; the attempt keeps its own code", async () => {
    const { receiver } = world();
    const taskId = await world().submit({ url: receiver.url(410), ...patient });
    const task = await world().ended(taskId);
    await told(taskId);
    assert.equal([task.state, task.callCount, task.lastError?.code], ["exhausted", 1, "stopped"]);
    assert.match(
      task.lastError?.message ?? "",
      /^status 410 is in expect\.stop; last: bad_status, status 410/,
    );
    assert.equal([task.nextCallAt, task.expect], [null, null]);
    const attempts = await world().attempts(taskId);
    assert.equal(
      attempts.map(({ statusCode, errorCode }) => [statusCode, errorCode]),
      [[410, "bad_status"]],
    );
    assert.equal([receiver.calls(taskId).length, world().alarms(taskId)], [1, 1]);
  });

  test("a stopped task is retried by hand as any exhausted one", async () => {
    const { receiver } = world();
    const taskId = await world().submit({ url: receiver.url(410, 200), ...patient });
    await world().ended(taskId);
    assert.is((await world().api("POST", `/v1/tasks/${taskId}/retry`)).status, 200);
    const task = await world().when(taskId, ({ state }) => state === "succeeded");
    assert.equal([task.callCount, task.lastError, receiver.calls(taskId).length], [2, null, 2]);
  });

  test("expect.stop and retry.on choose which failures end a task", async () => {
    const { receiver } = world();
    const retry = (on: unknown[]) => ({ ...patient.retry, on });
    const CASES: [answers: number[], more: Record<string, unknown>, calls: number, code: string | null][] = [
      [[410, 200], { expect: { stop: [] } }, 2, null],
      [[404], { expect: { stop: "4xx" } }, 1, "stopped"],
      [[503, 404, 200], { expect: { stop: [404] } }, 2, "stopped"],
      [[503, 200], { retry: retry([503]) }, 2, null],
      [[503, 404, 200], { retry: retry(["5xx", "timeout"]) }, 2, "stopped"],
      [[404, 200], { retry: retry(["bad_status"]) }, 2, null],
      [[404, 200], { retry: retry([]) }, 1, "stopped"],
    ];
    const tasks = await Promise.all(
      CASES.map(async ([answers, more]) => {
        const taskId = await world().submit({ url: receiver.url(...answers), ...patient, ...more });
        return world().ended(taskId);
      }),
    );
    assert.equal(
      tasks.map(({ taskId, lastError }) => [receiver.calls(taskId).length, lastError?.code ?? null]),
      CASES.map(([, , calls, code]) => [calls, code]),
    );
    assert.equal(
      tasks.map(({ retry }) => retry?.on),
      CASES.map(([, more]) => (more.retry as { on?: unknown } | undefined)?.on),
    );
  });

  test("kkbida's endpoint calls again after a 410, as kkbida does", async () => {
    const task = { requestMethod: "POST", limitCallCount: 2, expectResult: "ok" };
    const credentials = { username: "admin", password: "admin" };
    const url = world().receiver.url(410);
    const { text: taskId } = await world().api("POST", "/api/addTask", { ...task, url }, credentials);
    await world().receiver.waitForCalls(taskId, 1);
    const called = await world().when(taskId, ({ callCount }) => callCount === 1);
    assert.equal([called.state, called.lastError?.code], ["pending", "bad_status"]);
    assert.is((await world().api("POST", `/v1/tasks/${taskId}/cancel`)).status, 200);
  });

  test("a line goes on behind a stopped task", async () => {
    const { receiver } = world();
    const orderKey = `stopped-${process.pid}-${Math.random()}`;
    const tasks = [410, 200].map((status) => ({
      ...{ url: receiver.url(status), requestMethod: "POST", orderKey },
      ...patient,
    }));
    const reply = await world().batch(tasks);
    const ids: string[] = reply.json.results.map(({ taskId }: { taskId: string }) => taskId);
    const ended = await Promise.all(ids.map((id) => world().ended(id)));
    assert.equal(
      ended.map(({ state, callCount }) => [state, callCount]),
      [
        ["exhausted", 1],
        ["succeeded", 1],
      ],
    );
  });
}
