/** The Moleculer API, packets that NATS refuses in one piece, and a database that goes away. @takes 10 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CallbackError, createBrokerClient } from "../../client/index.ts";
import * as mariadb from "../servers/mariadb.ts";
import type { TestServer } from "../servers/server.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { until } from "./kit/until.ts";
import { quick } from "./kit/world.ts";

let server: TestServer;
let world: Cluster;

test.before(async () => {
  server = await mariadb.start();
  world = await startCluster({ databaseUrl: await mariadb.createDatabase(server) });
});
test.after(async () => {
  await world.stop();
  await server.stop();
});

// biome-ignore lint/suspicious/noExplicitAny: as callers without our types see it
const rpc = (action: string, params: unknown): Promise<any> => world.broker.call(action, params as object);
const refusal = (action: string, params: unknown) =>
  rpc(action, params).then(
    () => assert.unreachable(`${action} was not refused`),
    (error: { type: string; code: number; data: { errors: { field: string }[] } }) => error,
  );

test("RPC from another Node service: submit, submitBatch, get, attempts, cancel, retry", async () => {
  const url = world.receiver.url();
  const { taskId } = await rpc("bida.scheduler.submit", quick({ url, requestParam: { a: "上海" } }));
  assert.is((await world.ended(taskId)).state, "succeeded");
  const task = await rpc("bida.scheduler.get", { taskId });
  assert.equal(task.requestParam, { a: "上海" });
  assert.is(task.sourceIp, null);
  assert.is((await rpc("bida.scheduler.attempts", { taskId })).items.length, 1);
  const { results } = await rpc("bida.scheduler.submitBatch", {
    tasks: [quick({ url, delayMs: 60_000 }), { url }],
  });
  assert.ok(results[1].errors.length > 0);
  assert.is((await rpc("bida.scheduler.cancel", { taskId: results[0].taskId })).state, "canceled");
  await rpc("bida.admin.retry", { taskId, force: true });
  await world.receiver.waitForCalls(taskId, 2);
});

test("RPC: what another service does by hand stands in the audit log under its node", async () => {
  const { taskId } = await rpc(
    "bida.scheduler.submit",
    quick({ url: world.receiver.url(), delayMs: 60_000 }),
  );
  await rpc("bida.scheduler.cancel", { taskId, note: "from afar" });
  await rpc("bida.admin.retry", { taskId });
  const entries = (await world.api("GET", `/v1/audit?target=task:${taskId}`)).json.items;
  const told = entries.map(({ action, note }: Record<string, unknown>) => [action, note]);
  assert.equal(told, [
    ["task.retry", null],
    ["task.cancel", "from afar"],
  ]);
  for (const { actor, sourceIp, requestPath } of entries) {
    assert.equal(actor, { kind: "node", id: null, name: world.broker.nodeID });
    assert.equal([sourceIp, requestPath], [null, null]);
  }
});

test("RPC: refusals carry type, code and data, and nothing of our insides", async () => {
  const { taskId } = await rpc("bida.scheduler.submit", quick({ url: world.receiver.url() }));
  await world.ended(taskId);
  const invalid = await refusal("bida.scheduler.submit", { url: "x", surprise: 1 });
  assert.is(invalid?.type, "invalid_task");
  assert.is(invalid?.code, 400);
  assert.equal(invalid?.data.errors.map(({ field }) => field).sort(), [
    "limitCallCount",
    "requestMethod",
    "surprise",
    "url",
  ]);
  const conflict = await refusal("bida.admin.retry", { taskId });
  assert.equal([conflict?.type, conflict?.code], ["state_conflict", 409]);
  const missing = await refusal("bida.scheduler.get", { taskId: "nope" });
  assert.equal([missing?.type, missing?.code], ["not_found", 404]);
  for (const params of [null, undefined, {}, { taskId: 5 }, { taskId: null }]) {
    assert.is((await refusal("bida.scheduler.get", params))?.type, "not_found", JSON.stringify(params));
  }
});

test("client over Moleculer: the same interface, the same errors", async () => {
  const client = createBrokerClient(world.broker as never);
  const taskId = await client.call(quick({ url: world.receiver.url(500, 200) }) as never, {
    idempotencyKey: "rpc",
  });
  assert.is((await client.waitFor(taskId)).state, "succeeded");
  assert.equal(
    (await client.attempts(taskId)).map(({ n }) => n),
    [1, 2],
  );
  const error = await client.retry(taskId).catch((e: unknown) => e);
  assert.instance(error, CallbackError);
  assert.equal([(error as CallbackError).code, (error as CallbackError).status], ["state_conflict", 409]);
});

test("a body of 900 KB, and a batch of three, come through whole", async () => {
  const { receiver } = world;
  const body = "数据".repeat(150_000);
  const one = await world.submit({ url: receiver.url(500, 200), body });
  const url = receiver.url();
  const { status, json, text } = await world.api("POST", "/v1/tasks/batch", {
    tasks: [1, 2, 3].map((i) => quick({ url, body: `${i}${body}`, delayMs: 100 })),
  });
  assert.is(status, 202, text);
  for (const call of await receiver.waitForCalls(one, 2)) assert.ok(call.body.equals(Buffer.from(body)));
  for (const [i, { taskId }] of (json.results as { taskId: string }[]).entries()) {
    const [call] = await receiver.waitForCalls(taskId, 1);
    assert.ok(call?.body.equals(Buffer.from(`${i + 1}${body}`)));
    assert.is((await world.ended(taskId)).body?.length, body.length + 1);
  }
});

test("the database is down: 503 with Retry-After; what was accepted is delivered when it is back", async () => {
  const { receiver } = world;
  const url = receiver.url();
  const tasks = Array.from({ length: 200 }, () => quick({ url, delayMs: 1_500 }));
  const { json } = await world.batch(tasks);
  const ids = (json.results as { taskId: string }[]).map(({ taskId }) => taskId);
  await server.down();
  const startedAt = performance.now();
  const refused = await world.api("POST", "/v1/tasks", quick({ url }));
  console.log(`cluster: 503 for a dead database after ${(performance.now() - startedAt).toFixed(0)} ms`);
  assert.is(refused.status, 503, refused.text);
  assert.match(refused.headers.get("retry-after") ?? "", /^\d+$/);
  assert.is(refused.json.code, "unavailable");
  const legacy = await world.api(
    "POST",
    "/api/addTask",
    { ...quick({ url }), expectResult: "ok" },
    { username: "admin", password: "admin" },
  );
  assert.is(legacy.status, 503);
  assert.ok(legacy.headers.get("retry-after"));
  const ready = await world.api("GET", "/readyz");
  assert.is(ready.status, 503);
  assert.ok(ready.json.parts.database, ready.text);
  // Their time comes while it is away.
  await server.up();
  const upAt = performance.now();
  await until(
    "accepting again",
    async () => (await world.api("POST", "/v1/tasks", quick({ url }))).status === 202,
  );
  console.log(
    `cluster: accepting again ${(performance.now() - upAt).toFixed(0)} ms after the database is back`,
  );
  for (const taskId of ids) {
    assert.is((await world.ended(taskId)).state, "succeeded");
    assert.is(receiver.calls(taskId).length, 1);
  }
});

test("scenario 13: the database goes while calls are under way: outcomes are kept, nobody is called twice", async () => {
  const { receiver } = world;
  const url = receiver.url(async (res) => {
    await downNow;
    res.end("ok");
  });
  const { promise: downNow, resolve: isDown } = Promise.withResolvers<void>();
  const ids = await Promise.all(Array.from({ length: 50 }, () => world.submit({ url, timeoutMs: 20_000 })));
  await Promise.all(ids.map((taskId) => receiver.waitForCalls(taskId, 1)));
  await server.down();
  isDown();
  await receiver.waitFor("all to be answered", () =>
    ids.every((taskId) => receiver.calls(taskId)[0]?.status === 200),
  );
  await server.up();
  for (const taskId of ids) {
    assert.is((await world.ended(taskId)).state, "succeeded");
    assert.is(receiver.calls(taskId).length, 1);
  }
});

test.run();
