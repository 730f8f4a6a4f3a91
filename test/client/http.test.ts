import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type BidaClient, createHttpClient, type TaskRequest } from "../../client/index.ts";
import { type FakeApi, problem, startFakeApi, taskView } from "./fake-api.ts";
import { rejection } from "./rejection.ts";

const ID = "0198f3a2-0000-7000-8000-000000000001";
const TASK: TaskRequest = {
  url: "http://target.example/cb",
  requestMethod: "POST",
  requestParam: { city: "上海" },
  limitCallCount: 3,
};

const test = suite("http client");
let api: FakeApi;
let client: BidaClient;

test.before(async () => {
  api = await startFakeApi();
});
test.before.each(() => {
  api.received = [];
  api.handler = () => null;
  client = createHttpClient({ baseUrl: api.url, username: "admin", password: "admin" });
});
test.after(() => api.stop());

const last = () => api.received.at(-1)!;
const sent = () => ({ method: last().method, url: last().url, body: last().body });

test("call posts the task and returns its id", async () => {
  api.handler = () => ({ status: 202, body: { taskId: ID } });
  assert.is(await client.call(TASK, { idempotencyKey: "order 4711" }), ID);
  assert.equal(sent(), { method: "POST", url: "/v1/tasks", body: TASK });
  assert.is(last().headers["content-type"], "application/json");
  assert.is(last().headers["idempotency-key"], "order 4711");
});

test("without an idempotency key there is no such header", async () => {
  api.handler = () => ({ status: 202, body: { taskId: ID } });
  await client.call(TASK);
  assert.is(last().headers["idempotency-key"], undefined);
});

test("an idempotency key that a header cannot carry is refused before anything is sent", async () => {
  for (const idempotencyKey of ["", "订单-1", "a\r\nx: y", " padded"]) {
    const error = await rejection(client.call(TASK, { idempotencyKey }));
    assert.is(error.code, "invalid_task");
    assert.is(error.errors[0]?.field, "idempotencyKey");
  }
  assert.is(api.received.length, 0);
});

test("callBatch returns the results in order", async () => {
  const results = [{ taskId: ID }, { errors: [{ field: "url", message: "is required" }] }];
  api.handler = () => ({ status: 202, body: { results } });
  assert.equal(await client.callBatch([TASK, TASK], { idempotencyKey: "b1" }), results);
  assert.equal(sent(), { method: "POST", url: "/v1/tasks/batch", body: { tasks: [TASK, TASK] } });
  assert.is(last().headers["idempotency-key"], "b1");
});

test("a batch answered with too few results is not taken for accepted", async () => {
  api.handler = () => ({ status: 202, body: { results: [{ taskId: ID }] } });
  assert.is((await rejection(client.callBatch([TASK, TASK]))).code, "bad_response");
});

test("get, attempts and the actions go to their paths", async () => {
  const attempt = { n: 1, outcome: "succeeded" };
  const view = taskView({ state: "exhausted" });
  api.handler = ({ url }) => ({
    status: 200,
    body: url.endsWith("/attempts") ? { items: [attempt], nextCursor: null } : view,
  });
  assert.equal(await client.get(ID), view);
  assert.equal(sent(), { method: "GET", url: `/v1/tasks/${ID}`, body: undefined });
  assert.equal(await client.attempts(ID), [attempt]);
  assert.equal(sent(), { method: "GET", url: `/v1/tasks/${ID}/attempts`, body: undefined });
  assert.equal(await client.retry(ID), view);
  assert.equal(sent(), { method: "POST", url: `/v1/tasks/${ID}/retry`, body: {} });
  await client.retry(ID, { force: true });
  assert.equal(sent(), { method: "POST", url: `/v1/tasks/${ID}/retry`, body: { force: true } });
  await client.retry(ID, { schedule: "whole" });
  assert.equal(sent(), { method: "POST", url: `/v1/tasks/${ID}/retry`, body: { schedule: "whole" } });
  assert.equal(await client.cancel(ID), view);
  assert.equal(sent(), { method: "POST", url: `/v1/tasks/${ID}/cancel`, body: {} });
  assert.equal(await client.resolve(ID), view);
  assert.equal(sent(), { method: "POST", url: `/v1/tasks/${ID}/resolve`, body: {} });
});

test("list repeats the state and encodes the rest", async () => {
  const page = { items: [taskView()], nextCursor: "c2" };
  api.handler = () => ({ status: 200, body: page });
  assert.equal(
    await client.list({ state: ["pending", "exhausted"], q: "a&b=上", limit: 20, cursor: "c 1" }),
    page,
  );
  const { pathname, searchParams } = new URL(last().url, api.url);
  assert.is(pathname, "/v1/tasks");
  assert.equal(
    [...searchParams],
    [
      ["state", "pending"],
      ["state", "exhausted"],
      ["q", "a&b=上"],
      ["limit", "20"],
      ["cursor", "c 1"],
    ],
  );
  await client.list();
  assert.is(last().url, "/v1/tasks");
});

test("what cannot be a task id never reaches another path", async () => {
  for (const id of ["", "..", "a/b", "x?y"]) assert.is((await rejection(client.get(id))).code, "not_found");
  assert.is((await rejection(client.cancel(".."))).code, "not_found");
  assert.is(api.received.length, 0);
});

test("credentials: Basic in UTF-8, or Bearer", async () => {
  api.handler = () => ({ status: 200, body: taskView() });
  await createHttpClient({ baseUrl: api.url, username: "王", password: "pä:ss" }).get(ID);
  assert.is(last().headers.authorization, `Basic ${Buffer.from("王:pä:ss").toString("base64")}`);
  await createHttpClient({ baseUrl: api.url, apiKey: "bida_abc\n" }).get(ID);
  assert.is(last().headers.authorization, "Bearer bida_abc");
  await createHttpClient({ baseUrl: api.url }).get(ID);
  assert.is(last().headers.authorization, undefined);
});

test("a path prefix in baseUrl is kept, slashes at its end are not", async () => {
  api.handler = () => ({ status: 200, body: taskView() });
  await createHttpClient({ baseUrl: `${api.url}/bida//` }).get(ID);
  assert.is(last().url, `/bida/v1/tasks/${ID}`);
});

test("options that cannot work are refused at once, without showing secrets", () => {
  const baseUrl = api.url;
  assert.throws(() => createHttpClient({ baseUrl: "127.0.0.1:8080" }), /baseUrl/);
  assert.throws(
    () => createHttpClient({ baseUrl: "http://admin:hunter2@host" }),
    (error: Error) => {
      return error instanceof TypeError && !error.message.includes("hunter2");
    },
  );
  assert.throws(() => createHttpClient({ baseUrl, username: "admin" }), /go together/);
  assert.throws(() => createHttpClient({ baseUrl, apiKey: "k", username: "a", password: "b" }), /either/);
  assert.throws(
    () => createHttpClient({ baseUrl, apiKey: "ge\nheim" }),
    (error: Error) => {
      return error instanceof TypeError && !error.message.includes("heim");
    },
  );
  assert.throws(() => createHttpClient({ baseUrl, apiKey: "" }), /apiKey/);
});

test("a refusal carries code, status, fields and a readable message", async () => {
  const errors = [
    { field: "url", message: "is required" },
    { field: "limitCallCount", message: "must be 1 to 100" },
  ];
  api.handler = () => problem(400, "invalid_task", { detail: "The task has invalid fields", errors });
  const error = await rejection(client.call(TASK));
  assert.is(error.name, "CallbackError");
  assert.is(error.code, "invalid_task");
  assert.is(error.status, 400);
  assert.equal(error.errors, errors);
  assert.is(error.retryAfter, null);
  assert.is(error.message, "The task has invalid fields: url is required; limitCallCount must be 1 to 100");
});

test("what the detail already says is not said twice; without detail there is the title", async () => {
  const errors = [{ field: "state", message: "it is pending" }];
  api.handler = () =>
    problem(409, "state_conflict", { detail: "The task cannot do that: it is pending", errors });
  assert.is((await rejection(client.cancel(ID))).message, "The task cannot do that: it is pending");
  api.handler = () => problem(404, "not_found");
  assert.is((await rejection(client.get(ID))).message, "Refused");
});

test("Retry-After is passed on in seconds", async () => {
  api.handler = () => problem(503, "unavailable", { headers: { "retry-after": "2" } });
  const error = await rejection(client.call(TASK));
  assert.is(error.code, "unavailable");
  assert.is(error.status, 503);
  assert.is(error.retryAfter, 2);
  assert.is(error.requestId, null);
  api.handler = () => problem(503, "unavailable", { headers: { "x-request-id": "req-1" } });
  assert.is((await rejection(client.call(TASK))).requestId, "req-1");
  api.handler = () => problem(503, "unavailable", { headers: { "retry-after": "soon" } });
  assert.is((await rejection(client.call(TASK))).retryAfter, null);
});

test("a code this package does not know is passed on", async () => {
  api.handler = () => problem(418, "is_teapot");
  assert.is((await rejection(client.call(TASK))).code, "is_teapot");
});

test("malformed field errors are dropped", async () => {
  const errors = [null, 7, { field: "url" }, { field: "body", message: "is odd" }];
  api.handler = () => problem(400, "invalid_task", { errors });
  assert.equal((await rejection(client.call(TASK))).errors, [{ field: "body", message: "is odd" }]);
});

test("a proxy's own answer is told by its status", async () => {
  const html = "<html>nginx</html>";
  for (const [status, code] of [
    [401, "unauthorized"],
    [413, "body_too_large"],
    [502, "unavailable"],
    [404, "bad_response"],
  ] as const) {
    api.handler = () => ({ status, body: html, headers: { "retry-after": "7" } });
    const error = await rejection(client.call(TASK));
    assert.is(error.code, code);
    assert.is(error.status, status);
    assert.is(error.retryAfter, 7);
  }
});

test("a redirect is not followed: the POST would become a GET", async () => {
  api.handler = () => ({ status: 301, body: "", headers: { location: `${api.url}/elsewhere` } });
  const error = await rejection(client.call(TASK));
  assert.is(error.code, "bad_response");
  assert.is(error.status, 301);
  assert.is(api.received.length, 1);
});

test("a 200 that is not Bida's is no acceptance", async () => {
  for (const body of ["<html>log in</html>", {}, { taskId: 7 }, null, []]) {
    api.handler = () => ({ status: 200, body });
    assert.is((await rejection(client.call(TASK))).code, "bad_response");
  }
});

test("no answer in time: timeout", async () => {
  const hasty = createHttpClient({ baseUrl: api.url, timeoutMs: 30 });
  const error = await rejection(hasty.call(TASK));
  assert.is(error.code, "timeout");
  assert.is(error.status, null);
  assert.match(error.message, /no answer within 30 ms/);
});

test("a body that never ends is a timeout too", async () => {
  const server = createServer((_, response) => response.writeHead(200).write("{"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const error = await rejection(createHttpClient({ baseUrl, timeoutMs: 50 }).get(ID));
  server.closeAllConnections();
  server.close();
  assert.is(error.code, "timeout");
});

test("nobody listening: network, with the reason in the message", async () => {
  const gone = await startFakeApi();
  await gone.stop();
  const error = await rejection(createHttpClient({ baseUrl: gone.url }).call(TASK));
  assert.is(error.code, "network");
  assert.is(error.status, null);
  assert.match(error.message, /ECONNREFUSED/);
  assert.instance(error.cause, TypeError);
});

test("a connection cut before the answer: network", async () => {
  const cut = await startFakeApi();
  cut.handler = () => {
    void cut.stop();
    return null;
  };
  assert.is((await rejection(createHttpClient({ baseUrl: cut.url }).call(TASK))).code, "network");
});

test("waitFor polls until the task has ended, through a restart of Bida", async () => {
  const answers = [
    { status: 200, body: taskView() },
    problem(503, "unavailable"),
    { status: 200, body: taskView({ state: "succeeded", callCount: 1 }) },
  ];
  api.handler = () => answers.shift()!;
  assert.is((await client.waitFor(ID, { timeoutMs: 5000 })).state, "succeeded");
  assert.is(api.received.length, 3);
});

test("waitFor against a server that never answers ends at its own deadline", async () => {
  const start = performance.now();
  const error = await rejection(client.waitFor(ID, { timeoutMs: 40 }));
  assert.ok(performance.now() - start < 5000, "it waited for the request's deadline instead");
  assert.is(error.code, "wait_timeout");
  assert.is((error.cause as { code?: string }).code, "timeout");
});

test.run();
