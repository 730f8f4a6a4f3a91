/** Batches, and when the first call is. */
import * as assert from "uvu/assert";
import { gate } from "../kit/gate.ts";
import { clockNow, Receiver } from "../kit/receiver.ts";
import { timely } from "../kit/timely.ts";
import { until } from "../kit/until.ts";
import { quick } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

export function timingSuite({ test, world }: Suite): void {
  test("batch: 1000 items, each with its own result, in order", async () => {
    const url = world().receiver.url();
    const isWrong = (i: number) => i % 100 === 7;
    const tasks = Array.from({ length: 1000 }, (_, i) =>
      quick({ url, requestParam: { i }, ...(isWrong(i) ? { limitCallCount: 0, nonsense: 1 } : {}) }),
    );
    const reply = await world().batch(tasks);
    assert.is(reply.status, 202);
    const results = reply.json.results as { taskId?: string; errors?: { field: string }[] }[];
    assert.is(results.length, 1000);
    for (const [i, { taskId, errors }] of results.entries()) {
      if (isWrong(i)) assert.equal(errors?.map(({ field }) => field).sort(), ["limitCallCount", "nonsense"]);
      else assert.ok(taskId);
    }
    const ids = results.flatMap(({ taskId }) => taskId ?? []);
    assert.is(new Set(ids).size, 990);
    const { receiver } = world();
    const mine = new Set(ids);
    await receiver.waitFor(
      "990 calls",
      () => receiver.ledger.filter((call) => mine.has(call.taskId)).length === 990,
    );
    for (const i of [0, 8, 999]) {
      const taskId = results[i]?.taskId ?? "";
      assert.is(receiver.calls(taskId)[0]?.body.toString(), `{"i":${i}}`);
    }
  });

  test("batch: none, too many and not a list are refused", async () => {
    const bodies = [
      { tasks: [] },
      { tasks: Array(1001).fill({}) },
      { tasks: {} },
      {},
      [],
      { tasks: [{}], more: 1 },
    ];
    for (const body of bodies) {
      const reply = await world().api("POST", "/v1/tasks/batch", body);
      assert.is(reply.status, 400);
      assert.is(reply.json.code, "invalid_task");
    }
  });

  test("scenario 4: a delayed first call is never early, and goes out soon", async () => {
    const { receiver } = world();
    await timely("from acceptance to a call 300 ms later", 500, async () => {
      const submitted = Array.from({ length: 10 }, async () => {
        const before = clockNow();
        const taskId = await world().submit({ url: receiver.url(), delayMs: 300 });
        const [call] = await receiver.waitForCalls(taskId, 1);
        const at = call?.at ?? 0;
        assert.ok(at - before >= 300, `${300 - (at - before)} ms early`);
        return at - Date.parse((await world().task(taskId)).createdAt);
      });
      return Math.max(...(await Promise.all(submitted)));
    });
  });

  test("callAt: not before that moment; a moment in the past is now", async () => {
    const { receiver } = world();
    const callAt = new Date(Date.now() + 400).toISOString();
    const [future, past] = await Promise.all([
      world().submit({ url: receiver.url(), callAt }),
      world().submit({ url: receiver.url(), callAt: "2020-01-01T00:00:00+08:00" }),
    ]);
    const [call] = await receiver.waitForCalls(future, 1);
    // Two clocks are compared here: ours is steady, the text is cut to ms.
    assert.ok((call?.at ?? 0) >= Date.parse(callAt) - 5, `${(call?.at ?? 0) - Date.parse(callAt)} ms`);
    assert.is((await world().ended(past)).state, "succeeded");
  });

  test("expiresAt passes while a retry waits: exhausted, `expired`, without another call", async () => {
    const { receiver } = world();
    const expiresAt = new Date(Date.now() + 3_000).toISOString();
    const retry = { strategy: "fixed", delayMs: 300 };
    const taskId = await world().submit({ url: receiver.url(500), limitCallCount: 100, retry, expiresAt });
    const task = await world().ended(taskId);
    assert.is(task.state, "exhausted");
    assert.is(task.lastError?.code, "expired");
    // On record is when each call began; on a busy machine it arrives later.
    for (const { startedAt } of await world().attempts(taskId))
      assert.ok(Date.parse(startedAt) <= Date.parse(expiresAt) + 5, startedAt);
    assert.is(receiver.calls(taskId).length, task.callCount);
    assert.ok(task.callCount < 100);
  });

  test("expiresAt: a task that never got its turn ends `expired` without a call", async () => {
    const receiver = await Receiver.start();
    const held = gate();
    const path = `/v1/destinations/${encodeURIComponent(receiver.origin)}`;
    assert.is((await world().api("PATCH", path, { concurrency: 1 })).status, 200);
    const first = await world().submit({ url: receiver.url(held.answer), timeoutMs: 60_000 });
    await receiver.waitForCalls(first, 1);
    const expiresAt = Date.now() + 3_000;
    const taskId = await world().submit({
      url: receiver.url(),
      expiresAt: new Date(expiresAt).toISOString(),
    });
    await until("its time to be over", () => Date.now() > expiresAt + 100);
    held.open();
    const task = await world().ended(taskId);
    assert.is(task.state, "exhausted");
    assert.is(task.lastError?.code, "expired");
    assert.is(task.callCount, 0);
    assert.is(receiver.calls(taskId).length, 0);
    await receiver.stop();
  });
}
