/** The only process dies: what it had accepted is delivered by the next one. @takes 18 s @timed */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startAgain, startEmbedded } from "./kit/embedded.ts";
import { gate } from "./kit/gate.ts";
import { clockNow } from "./kit/receiver.ts";
import { quick, type World } from "./kit/world.ts";

const LEASE = 2_000;
let world: World;

test.before(async () => {
  world = await startEmbedded({ BIDA_LEASE_MS: String(LEASE) });
});
test.after(() => world.stop());

/** @returns when the process that was started again was ready: how long that takes is the machine's affair */
async function crash(): Promise<number> {
  await world.nodes[0]?.kill();
  await startAgain(world);
  return clockNow();
}

test("scenario 11: kill -9 in the middle of a first call: called again within 2 leases", async () => {
  const held = gate();
  const taskId = await world.submit({ url: world.receiver.url(held.answer) });
  await world.receiver.waitForCalls(taskId, 1);
  const readyAt = await crash();
  const [, second] = await world.receiver.waitForCalls(taskId, 2);
  const after = (second?.at ?? 0) - readyAt;
  console.log(`embedded: first call repeated ${after.toFixed(0)} ms after the restart from kill -9`);
  assert.ok(after < 2 * LEASE, `${after} ms`);
  assert.is(second?.attempt, 1);
  held.open();
  const task = await world.ended(taskId);
  assert.is(task.state, "succeeded");
  assert.is(task.callCount, 1);
});

test("scenario 11: kill -9 in the middle of a retry: called again within 2 leases", async () => {
  const held = gate();
  const taskId = await world.submit({ url: world.receiver.url(500, held.answer), limitCallCount: 3 });
  await world.receiver.waitForCalls(taskId, 2);
  const readyAt = await crash();
  const third = (await world.receiver.waitForCalls(taskId, 3))[2];
  const after = (third?.at ?? 0) - readyAt;
  console.log(`embedded: retry repeated ${after.toFixed(0)} ms after the restart from kill -9`);
  assert.ok(after < 2 * LEASE, `${after} ms`);
  assert.is(third?.attempt, 2);
  held.open();
  assert.is((await world.ended(taskId)).callCount, 2);
  assert.equal(
    (await world.attempts(taskId)).map(({ n, statusCode }) => [n, statusCode]),
    [
      [1, 500],
      [2, 200],
    ],
  );
});

test("scenario 12: kill -9 right after the answer: at most one more call, one success on record", async () => {
  // On a busy machine the call may be there before our own answer is.
  const answered = Promise.withResolvers<void>();
  const url = world.receiver.url(async (res) => {
    await answered.promise;
    res.on("finish", () => process.kill(world.nodes[0]?.pid ?? 0, "SIGKILL"));
    world.receiver.answer(new URL(url).pathname);
    res.end("ok");
  });
  const taskId = await world.submit({ url });
  answered.resolve();
  await world.nodes[0]?.ended;
  await startAgain(world);
  const task = await world.ended(taskId);
  assert.is(task.state, "succeeded");
  assert.is(task.callCount, 1);
  assert.ok(world.receiver.calls(taskId).length <= 2);
  assert.is((await world.attempts(taskId)).length, 1);
});

test("kill -9 with 1000 tasks accepted and none finished: all are delivered by the next process", async () => {
  const held = gate();
  const url = world.receiver.url(held.answer);
  const tasks = Array.from({ length: 500 }, (_, i) => quick({ url, requestParam: { i }, timeoutMs: 60_000 }));
  const replies = await Promise.all([1, 2].map(() => world.batch(tasks)));
  const ids: string[] = replies.flatMap(({ json }) =>
    json.results.map((result: { taskId: string }) => result.taskId),
  );
  await world.receiver.waitForCalls(ids[0] as string, 1);
  await crash();
  held.open();
  await world.receiver.waitFor("all to be called", () => {
    const answered = new Set(
      world.receiver.ledger.filter(({ status }) => status === 200).map(({ taskId }) => taskId),
    );
    return ids.every((taskId) => answered.has(taskId));
  });
  for (const taskId of ids) {
    const { state, callCount } = await world.ended(taskId);
    assert.is(state, "succeeded");
    assert.is(callCount, 1);
  }
});

test("kill -9 the moment the id is out: nothing that was answered is lost", async () => {
  const url = world.receiver.url();
  const ids: string[] = [];
  const submit = () =>
    world.submit({ url }).then(
      (id) => ids.push(id),
      () => undefined,
    );
  const flood = Array.from({ length: 300 }, submit);
  await flood[0];
  await crash();
  await Promise.all(flood);
  assert.ok(ids.length > 0);
  for (const taskId of ids) assert.is((await world.ended(taskId)).state, "succeeded");
});

test.run();
