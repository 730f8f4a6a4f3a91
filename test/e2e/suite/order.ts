/** `orderKey`: tasks with one key are delivered one after another, whatever becomes of each. */
import * as assert from "uvu/assert";
import { gate } from "../kit/gate.ts";
import { assertInOrder } from "../kit/order.ts";
import { quick } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

let keys = 0;

export function orderSuite({ test, world }: Suite): void {
  const act = (taskId: string, what: string) => world().api("POST", `/v1/tasks/${taskId}/${what}`);
  /** Accepted in one batch; their ids in order. */
  async function batch(tasks: Record<string, unknown>[]): Promise<string[]> {
    const reply = await world().api("POST", "/v1/tasks/batch", { tasks: tasks.map(quick) });
    assert.is(reply.status, 202, reply.text);
    return reply.json.results.map(({ taskId }: { taskId: string }) => taskId);
  }
  const newKey = () => `key-${process.pid}-${++keys}`;
  /** One behind the other, the first held at its receiver by a gate. */
  async function heldLine(...tasks: Record<string, unknown>[]) {
    const { receiver } = world();
    const held = gate();
    const orderKey = newKey();
    const first = { url: receiver.url(held.answer), timeoutMs: 60_000 };
    const ids = await batch([first, ...tasks].map((task) => ({ url: receiver.url(), ...task, orderKey })));
    await receiver.waitForCalls(ids[0] as string, 1);
    return { ids: ids as [string, string, ...string[]], held, orderKey };
  }

  test("order: 50 tasks with one key, some of which fail at first: one by one, while other keys go on", async () => {
    const { receiver } = world();
    const held = gate();
    const blocked = newKey();
    const [blocker] = await batch([
      { url: receiver.url(held.answer), orderKey: blocked, timeoutMs: 60_000 },
      { url: receiver.url(), orderKey: blocked },
    ]);
    const lines = [newKey(), newKey(), newKey()];
    const tasks = Array.from({ length: 50 }, (_, i) =>
      lines.map((orderKey, line) => ({
        url: receiver.url(...([[200], [500, 200], [500]][(i + line) % 7] ?? [200])),
        orderKey,
        retry: { strategy: "fixed", delayMs: 10 },
      })),
    ).flat();
    const ids = await batch(tasks);
    for (const taskId of ids) await world().ended(taskId);
    for (const [line] of lines.entries()) {
      const calls = assertInOrder(
        receiver,
        ids.filter((_, i) => i % lines.length === line),
      );
      assert.ok(calls.length > 60, `${calls.length} calls`);
    }
    // All of this went on beside a key whose first task has been waiting for its answer.
    assert.is((await world().task(blocker as string)).state, "delivering");
    held.open();
    await world().ended(blocker as string);
  });

  test("order: one by one also where each is submitted by itself", async () => {
    const orderKey = newKey();
    const ids: string[] = [];
    for (let i = 0; i < 15; i++) {
      ids.push(
        await world().submit({ url: world().receiver.url(...(i % 4 ? [200] : [500, 200])), orderKey }),
      );
    }
    for (const taskId of ids) await world().ended(taskId);
    assertInOrder(world().receiver, ids);
  });

  test("order: a batch of 600 with one key keeps its order across commits", async () => {
    const orderKey = newKey();
    const url = world().receiver.url();
    const ids = await batch(Array.from({ length: 600 }, () => ({ url, orderKey })));
    await world().ended(ids.at(-1) as string, 120_000);
    assert.is(assertInOrder(world().receiver, ids).length, 600);
  });

  test("order: a held task is pending, has no time, and says who holds it", async () => {
    const { ids, held, orderKey } = await heldLine({});
    const task = await world().task(ids[1]);
    assert.equal(
      [task.state, task.nextCallAt, task.heldBy, task.orderKey],
      ["pending", null, ids[0], orderKey],
    );
    assert.is((await world().task(ids[0])).heldBy, null);
    const refused = await act(ids[1], "retry");
    assert.is(refused.status, 409);
    assert.match(refused.json.detail, /orderKey/);
    assert.is(world().receiver.calls(ids[1]).length, 0);
    held.open();
    assert.is((await world().ended(ids[1])).state, "succeeded");
    assertInOrder(world().receiver, ids);
  });

  test("order: an exhausted head lets the next go; retried by hand it comes back in its turn", async () => {
    const orderKey = newKey();
    const { receiver } = world();
    const held = gate();
    const [first, second, third] = (await batch([
      { url: receiver.url(500, 200), limitCallCount: 1, orderKey },
      { url: receiver.url(held.answer), timeoutMs: 20_000, orderKey },
      { url: receiver.url(), orderKey },
    ])) as [string, string, string];
    await receiver.waitForCalls(second, 1);
    assert.is((await world().task(first)).state, "exhausted");
    const again = await act(first, "retry");
    assert.equal([again.status, again.json.state, again.json.heldBy], [200, "pending", second]);
    held.open();
    assert.is((await world().ended(third)).state, "succeeded");
    const calls = receiver.ledger.filter(({ taskId }) => [first, second, third].includes(taskId));
    assert.equal(
      calls.map(({ taskId }) => taskId),
      [first, second, first, third],
    );
  });

  test("order: a canceled head lets the next go, a canceled one behind is left out", async () => {
    const { ids, held } = await heldLine({}, {}, {});
    assert.is((await act(ids[1], "cancel")).status, 200);
    assert.is((await act(ids[0], "cancel")).status, 200);
    for (const taskId of ids.slice(2)) assert.is((await world().ended(taskId)).state, "succeeded");
    assert.is(world().receiver.calls(ids[1]).length, 0);
    held.open();
    await world().when(ids[0], ({ callCount }) => callCount === 1);
  });

  test("order: a head that was exhausted and is declared resolved holds back nobody", async () => {
    const orderKey = newKey();
    const url = world().receiver.url();
    const first = await world().submit({ url: world().receiver.url(500), limitCallCount: 1, orderKey });
    await world().ended(first);
    assert.is((await act(first, "resolve")).status, 200);
    assert.is((await world().ended(await world().submit({ url, orderKey }))).state, "succeeded");
  });

  test("order: a line of expired tasks is gone in a moment, and the one behind them is called", async () => {
    const soon = new Date(Date.now() + 5_000).toISOString();
    const { ids, held } = await heldLine(...Array.from({ length: 60 }, () => ({ expiresAt: soon })), {});
    await world().when(ids[0], () => Date.now() > Date.parse(soon) + 100);
    held.open();
    // Far less than a second each.
    assert.is((await world().ended(ids.at(-1) as string)).state, "succeeded");
    for (const taskId of ids.slice(1, -1)) {
      const { state, lastError } = await world().task(taskId);
      assert.equal([state, lastError?.code], ["exhausted", "expired"]);
      assert.is(world().receiver.calls(taskId).length, 0);
    }
  });

  test("order: one that is to be called later holds back those behind it, and none is early", async () => {
    const orderKey = newKey();
    const url = world().receiver.url();
    const ids = await batch([
      { url, orderKey },
      { url, orderKey, delayMs: 600 },
      { url, orderKey },
    ]);
    for (const taskId of ids) await world().ended(taskId);
    const [, second] = assertInOrder(world().receiver, ids);
    const { createdAt } = await world().task(ids[1] as string);
    assert.ok((second?.at ?? 0) >= Date.parse(createdAt) + 600);
  });

  test("order: keys of two apps are two lines; one key used twice is one task", async () => {
    const { receiver } = world();
    const { held, orderKey } = await heldLine();
    const app = await world().app(newKey());
    const other = await world().submit({ url: receiver.url(), orderKey }, app.headers);
    assert.is((await world().ended(other)).state, "succeeded");
    const headers = { ...app.headers, "idempotency-key": newKey() };
    const task = { url: receiver.url(), orderKey };
    const twice = await Promise.all([world().submit(task, headers), world().submit(task, headers)]);
    assert.is(twice[0], twice[1]);
    assert.is((await world().ended(twice[0])).state, "succeeded");
    held.open();
  });
}
