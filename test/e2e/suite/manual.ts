/** What people do by hand: call again, cancel, resolve. */
import * as assert from "uvu/assert";
import { gate } from "../kit/gate.ts";
import type { Suite } from "./suite.ts";

export function manualSuite({ test, world }: Suite): void {
  const act = (taskId: string, what: string, body?: unknown) =>
    world().api("POST", `/v1/tasks/${taskId}/${what}`, body);

  test("scenario 9: two quick manual retries: never two calls at once, and the schedule goes on", async () => {
    const { receiver } = world();
    const held = gate();
    const taskId = await world().submit({
      url: receiver.url(500, held.answer, 500, 500, 500),
      limitCallCount: 3,
      retry: { strategy: "fixed", delayMs: 2_500 },
      timeoutMs: 5_000,
    });
    await world().when(taskId, ({ callCount, state }) => callCount === 1 && state === "pending");
    const replies = await Promise.all([act(taskId, "retry"), act(taskId, "retry")]);
    for (const { status } of replies) assert.ok(status === 200 || status === 409, String(status));
    assert.ok(replies.some(({ status }) => status === 200));
    await receiver.waitForCalls(taskId, 2);
    assert.is((await act(taskId, "retry")).status, 409);
    held.open(500);
    const task = await world().ended(taskId);
    assert.is(task.state, "exhausted");
    // Three by schedule; both quick retries were one call.
    assert.is(task.callCount, 4);
    assert.is(receiver.calls(taskId).length, 4);
    assert.is(receiver.highWater(taskId), 1);
  });

  test("scenario 9: a retry by hand of a waiting task calls now", async () => {
    const taskId = await world().submit({ url: world().receiver.url(), delayMs: 3_600_000 });
    assert.is((await act(taskId, "retry")).status, 200);
    assert.is((await world().ended(taskId)).state, "succeeded");
  });

  test("scenario 10: retry of a succeeded task is 409 unless forced", async () => {
    const taskId = await world().submit({ url: world().receiver.url() });
    await world().ended(taskId);
    const refused = await act(taskId, "retry");
    assert.is(refused.status, 409);
    assert.is(refused.json.code, "state_conflict");
    assert.match(refused.headers.get("content-type") ?? "", /^application\/problem\+json/);
    const forced = await act(taskId, "retry", { force: true });
    assert.is(forced.status, 200);
    await world().receiver.waitForCalls(taskId, 2);
    assert.is((await world().when(taskId, ({ callCount }) => callCount === 2)).state, "succeeded");
    assert.is((await world().attempts(taskId)).length, 2);
  });

  test("scenario 10: an exhausted task is called again without asking", async () => {
    const taskId = await world().submit({ url: world().receiver.url(500, 200), limitCallCount: 1 });
    assert.is((await world().ended(taskId)).state, "exhausted");
    assert.is((await act(taskId, "retry")).status, 200);
    assert.is((await world().when(taskId, ({ callCount }) => callCount === 2)).state, "succeeded");
  });

  test("a task is `delivering` while its receiver thinks", async () => {
    const held = gate();
    const sourceAppName = `hang-${Math.random()}`;
    const taskId = await world().submit({ url: world().receiver.url(held.answer), sourceAppName });
    await world().receiver.waitForCalls(taskId, 1);
    assert.is((await world().task(taskId)).state, "delivering");
    const states = async (state: string) =>
      (await world().api("GET", `/v1/tasks?state=${state}&sourceAppName=${sourceAppName}`)).json.items.length;
    assert.equal(await Promise.all(["delivering", "pending", "succeeded"].map(states)), [1, 0, 0]);
    held.open();
    assert.is((await world().ended(taskId)).state, "succeeded");
    assert.equal(await Promise.all(["delivering", "pending", "succeeded"].map(states)), [0, 0, 1]);
  });

  test("cancel while waiting: no call is ever made", async () => {
    const taskId = await world().submit({ url: world().receiver.url(), delayMs: 3_000 });
    const canceled = await act(taskId, "cancel");
    assert.is(canceled.status, 200);
    assert.is(canceled.json.state, "canceled");
    assert.is((await act(taskId, "cancel")).status, 409);
    // A later one that was made: this one's time is over.
    const other = await world().submit({ url: world().receiver.url(), delayMs: 3_100 });
    await world().ended(other);
    assert.is(world().receiver.calls(taskId).length, 0);
  });

  test("cancel while delivering: the call is recorded, and nothing follows", async () => {
    const held = gate();
    const taskId = await world().submit({ url: world().receiver.url(held.answer), limitCallCount: 5 });
    await world().receiver.waitForCalls(taskId, 1);
    assert.is((await act(taskId, "cancel")).json.state, "canceled");
    held.open(500);
    const task = await world().when(taskId, ({ callCount }) => callCount === 1);
    assert.is(task.state, "canceled");
    assert.is((await world().attempts(taskId))[0]?.statusCode, 500);
  });

  test("resolve: an exhausted task only", async () => {
    const taskId = await world().submit({ url: world().receiver.url(500), limitCallCount: 1 });
    await world().ended(taskId);
    const resolved = await act(taskId, "resolve");
    assert.is(resolved.status, 200);
    assert.is(resolved.json.state, "resolved");
    assert.is((await act(taskId, "resolve")).status, 409);
    assert.is((await act(taskId, "cancel")).status, 409);
  });

  test("an unknown task is 404, whatever is asked of it", async () => {
    for (const id of ["00000000-0000-7000-8000-000000000000", "nonsense"]) {
      for (const what of ["retry", "cancel", "resolve"]) assert.is((await act(id, what)).status, 404);
      assert.is((await world().api("GET", `/v1/tasks/${id}`)).status, 404);
      assert.is((await world().api("GET", `/v1/tasks/${id}/attempts`)).status, 404);
    }
  });
}
