import { type Context, Errors, ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type BidaClient, createBrokerClient, type TaskRequest } from "../../client/index.ts";
import { batchKeys, type KeyMeta } from "../../services/tasks/batch-keys.ts";
import { type IdempotencyKey, idempotencyOf } from "../../services/tasks/idempotency.ts";
import { taskView } from "./fake-api.ts";
import { rejection } from "./rejection.ts";

const ID = "0198f3a2-0000-7000-8000-000000000001";
const TASK: TaskRequest = { url: "http://target.example/cb", requestMethod: "POST", limitCallCount: 3 };
const ENVELOPE = { json: '{"url":"http://target.example/cb","requestMethod":"POST","limitCallCount":3}' };

interface Seen {
  action: string | undefined;
  params: unknown;
  idempotencyKey: unknown;
  /** Of a part of a batch. */
  from?: unknown;
}

const test = suite("broker client");
// Retrying is on, as a caller's broker may have it: the client must not make use of it.
const broker = new ServiceBroker({
  logger: false,
  retryPolicy: { enabled: true, retries: 2, delay: 1, check: () => true },
});
let client: BidaClient;
let seen: Seen[] = [];
let answer: (context: Context) => unknown;

const handler = (context: Context<unknown, KeyMeta>) => {
  const { params, meta } = context;
  const { idempotencyKey, idempotencyPart } = meta;
  const from = idempotencyPart && { from: idempotencyPart };
  seen.push({ action: context.action?.name, params, idempotencyKey, ...from });
  return answer(context);
};

test.before(async () => {
  broker.createService({
    name: "bida.scheduler",
    actions: { submit: handler, submitBatch: handler, get: handler, attempts: handler, cancel: handler },
  });
  broker.createService({ name: "bida.admin", actions: { list: handler, retry: handler, resolve: handler } });
  broker.createService({
    name: "shop",
    actions: { pay: (context: Context) => createBrokerClient(context).call(TASK) },
  });
  await broker.start();
});
test.before.each(() => {
  seen = [];
  client = createBrokerClient(broker, { timeoutMs: 2000 });
});
test.after(() => broker.stop());

/** Makes every action fail with `error`. */
function refuse(error: unknown): void {
  answer = () => Promise.reject(error);
}

test("call submits the task and returns its id", async () => {
  answer = () => ({ taskId: ID });
  assert.is(await client.call(TASK, { idempotencyKey: "order-4711" }), ID);
  assert.equal(seen, [{ action: "bida.scheduler.submit", params: ENVELOPE, idempotencyKey: "order-4711" }]);
});

test("an invalid idempotency key is refused as over HTTP", async () => {
  assert.is((await rejection(client.call(TASK, { idempotencyKey: "订单" }))).code, "invalid_task");
  assert.is((await rejection(client.callBatch([TASK], { idempotencyKey: "" }))).code, "invalid_task");
  assert.equal(seen, []);
});

test("callBatch returns the results in order", async () => {
  const results = [{ taskId: ID }, { errors: [{ field: "url", message: "is required" }] }];
  answer = () => ({ results });
  assert.equal(await client.callBatch([TASK, TASK], { idempotencyKey: "b1" }), results);
  assert.equal(seen, [
    { action: "bida.scheduler.submitBatch", params: { tasks: [ENVELOPE, ENVELOPE] }, idempotencyKey: "b1" },
  ]);
});

/** What a server that is given these messages knows the items by. */
const identities = () =>
  seen.flatMap(({ params, idempotencyKey, from }) => {
    const keyAt = batchKeys({ idempotencyKey, idempotencyPart: from } as KeyMeta);
    return (params as { tasks: unknown[] }).tasks.map((_, i) => {
      const key = keyAt?.(i);
      return key && idempotencyOf(new Map(), key).keyHash.toString("hex");
    });
  });

test("a cut batch is the same one as over HTTP, where it is not cut; also under the longest key", async () => {
  const tasks = Array.from({ length: 5 }, (_, i) => ({ ...TASK, body: `${i}`.repeat(400_000) }));
  answer = ({ params }) => {
    const { tasks: part } = params as { tasks: { json: string }[] };
    return { results: part.map(({ json }) => ({ taskId: `id-${JSON.parse(json).body[0]}` })) };
  };
  for (const key of ["b2", "k".repeat(254), "k".repeat(255)]) {
    seen = [];
    const results = await client.callBatch(tasks, { idempotencyKey: key });
    assert.equal(
      results,
      [0, 1, 2, 3, 4].map((i) => ({ taskId: `id-${i}` })),
    );
    assert.equal(
      seen.map(({ params }) => (params as { tasks: unknown[] }).tasks.length),
      [2, 2, 1],
    );
    const whole = batchKeys({ idempotencyKey: key });
    const overHttp = tasks.map((_, index) =>
      idempotencyOf(new Map(), whole?.(index) as IdempotencyKey).keyHash.toString("hex"),
    );
    assert.equal(identities(), overHttp);
  }
});

test("servers that know no parts get a key for each of them, never one that is too long", async () => {
  const tasks = [0, 1].map((i) => ({ ...TASK, body: `${i}`.repeat(800_000) }));
  answer = () => ({ results: [{ taskId: ID }] });
  await client.callBatch(tasks, { idempotencyKey: "b3" });
  assert.equal(
    seen.map(({ idempotencyKey }) => idempotencyKey),
    ["b3#1", "b3#2"],
  );
  seen = [];
  for (const last of ["x", "y"])
    await client.callBatch(tasks, { idempotencyKey: `${"k".repeat(254)}${last}` });
  const keys = seen.map(({ idempotencyKey }) => idempotencyKey as string);
  assert.is(new Set(keys).size, 4);
  for (const key of keys) assert.ok(key.length <= 255, key);
});

test("what is cut is measured as it travels: with its quotes escaped once more", async () => {
  // 200 000 quotes take 400 000 bytes as JSON, and 800 000 in the message.
  const tasks = [0, 1].map(() => ({ ...TASK, body: '"'.repeat(200_000) }));
  answer = ({ params }) => ({
    results: (params as { tasks: unknown[] }).tasks.map(() => ({ taskId: ID })),
  });
  await client.callBatch(tasks);
  const sizes = seen.map(({ params }) => Buffer.byteLength(JSON.stringify(params)));
  assert.is(sizes.length, 2);
  for (const size of sizes) assert.ok(size < 1_000_000, String(size));
});

test("numbers travel digit by digit; what has no JSON is refused, naming the field", async () => {
  answer = ({ params }) =>
    "tasks" in (params as object) ? { results: [{ taskId: ID }, { taskId: ID }] } : { taskId: ID };
  const requestParam = { id: 7088992364139642881n, list: [-1n, -0, 0.1] };
  await client.call({ ...TASK, requestParam });
  const { json } = (seen[0] as Seen).params as { json: string };
  assert.ok(json.endsWith('"requestParam":{"id":7088992364139642881,"list":[-1,-0,0.1]}}'), json);
  const wrong = { ...TASK, requestParam: { a: [1, Number.NaN] } };
  for (const [refused, field] of [
    [client.call(wrong), "requestParam.a.1"],
    [client.callBatch([TASK, wrong]), "tasks.1.requestParam.a.1"],
  ] as const) {
    const { code, status, errors } = await rejection(refused);
    assert.equal([code, status], ["invalid_task", null]);
    assert.equal(errors, [{ field, message: "is NaN, which JSON does not have" }]);
  }
  assert.is(seen.length, 1);
});

test("the other methods call their actions", async () => {
  const view = taskView({ state: "exhausted" });
  answer = () => view;
  const actions: [string, unknown, Promise<unknown>][] = [
    ["bida.scheduler.get", { taskId: ID }, client.get(ID)],
    ["bida.scheduler.cancel", { taskId: ID }, client.cancel(ID)],
    ["bida.admin.retry", { taskId: ID }, client.retry(ID)],
    ["bida.admin.retry", { taskId: ID, force: true }, client.retry(ID, { force: true })],
    ["bida.admin.retry", { taskId: ID, schedule: "whole" }, client.retry(ID, { schedule: "whole" })],
    ["bida.admin.resolve", { taskId: ID }, client.resolve(ID)],
  ];
  for (const [, , result] of actions) assert.equal(await result, view);
  assert.equal(
    seen,
    actions.map(([action, params]) => ({ action, params, idempotencyKey: undefined })),
  );

  const page = { items: [{ n: 1 }], nextCursor: null };
  answer = () => page;
  assert.equal(await client.attempts(ID), page.items);
  assert.equal(await client.list({ state: ["pending"], limit: 5 }), page);
  assert.equal(seen.at(-1), {
    action: "bida.admin.list",
    params: { state: ["pending"], limit: 5 },
    idempotencyKey: undefined,
  });
});

test("a refusal carries code, status, fields and a readable message", async () => {
  const errors = [{ field: "url", message: "is required" }];
  refuse(new Errors.MoleculerError("The task has invalid fields", 400, "invalid_task", { errors }));
  const error = await rejection(client.call(TASK));
  assert.is(error.name, "CallbackError");
  assert.is(error.code, "invalid_task");
  assert.is(error.status, 400);
  assert.equal(error.errors, errors);
  assert.is(error.retryAfter, null);
  assert.is(error.message, "The task has invalid fields: url is required");
});

test("retryAfter is passed on, and the broker's own retries stay off", async () => {
  refuse(new Errors.MoleculerRetryableError("Try again", 503, "unavailable", { errors: [], retryAfter: 2 }));
  const error = await rejection(client.call(TASK));
  assert.is(error.code, "unavailable");
  assert.is(error.status, 503);
  assert.is(error.retryAfter, 2);
  assert.is(seen.length, 1);
});

test("a refusal without data has no fields", async () => {
  refuse(new Errors.MoleculerError("No such task", 404, "not_found"));
  const error = await rejection(client.get(ID));
  assert.is(error.code, "not_found");
  assert.equal(error.errors, []);
});

test("nobody offers the action: unavailable", async () => {
  const lonely = new ServiceBroker({ logger: false });
  await lonely.start();
  const error = await rejection(createBrokerClient(lonely).call(TASK));
  await lonely.stop();
  assert.is(error.code, "unavailable");
  assert.is(error.status, null);
  assert.match(error.message, /scheduler\.submit/);
});

test("Moleculer's other errors about the way are unavailable or timeout", async () => {
  // Its constructor takes nothing; its type says otherwise.
  const disconnected: Error = Reflect.construct(Errors.BrokerDisconnectedError, []);
  const where = { action: "bida.scheduler.submit", nodeID: "n1" };
  for (const [failure, code] of [
    [new Errors.ServiceNotAvailableError(where), "unavailable"],
    [disconnected, "unavailable"],
    [new Errors.RequestRejectedError(where), "unavailable"],
    [new Errors.QueueIsFullError(where), "unavailable"],
    [new Errors.RequestSkippedError(where), "timeout"],
  ] as const) {
    refuse(failure);
    const error = await rejection(client.call(TASK));
    assert.is(error.code, code);
    assert.is(error.status, null);
    assert.is(error.cause, failure);
  }
});

test("a task that NATS does not take is too large", async () => {
  refuse(
    Object.assign(new Error("MAX_PAYLOAD_EXCEEDED"), { name: "NatsError", code: "MAX_PAYLOAD_EXCEEDED" }),
  );
  const error = await rejection(client.call(TASK));
  assert.is(error.code, "body_too_large");
  assert.is(error.status, null);
});

test("no answer in time: timeout", async () => {
  answer = () => new Promise(() => {});
  const error = await rejection(createBrokerClient(broker, { timeoutMs: 20 }).call(TASK));
  assert.is(error.code, "timeout");
  assert.is(error.status, null);
  assert.is(seen.length, 1);
});

test("what is no refusal is internal", async () => {
  for (const failure of [
    new Error("bug"),
    new Errors.ValidationError("Parameters validation error!", "", []),
    new Errors.MoleculerError("odd", 500, "ODD"),
  ]) {
    refuse(failure);
    const error = await rejection(client.call(TASK));
    assert.is(error.code, "internal");
    assert.is(error.cause, failure);
  }
});

test("waitFor polls until the task has ended", async () => {
  const states = ["pending", "delivering", "succeeded"] as const;
  answer = () => taskView({ state: states[Math.min(seen.length, 3) - 1]! });
  assert.is((await client.waitFor(ID, { timeoutMs: 5000 })).state, "succeeded");
  assert.is(seen.length, 3);
});

test("waitFor ends at its own deadline", async () => {
  answer = () => new Promise(() => {});
  const start = performance.now();
  const error = await rejection(createBrokerClient(broker).waitFor(ID, { timeoutMs: 30 }));
  assert.ok(performance.now() - start < 5000, "it waited for the request's deadline instead");
  assert.is(error.code, "wait_timeout");
  assert.is((error.cause as { code?: string }).code, "timeout");
});

test("a context serves as broker too", async () => {
  answer = ({ params }) => ({ taskId: JSON.parse((params as { json: string }).json).url });
  assert.is(await broker.call("shop.pay"), TASK.url);
});

test.run();
