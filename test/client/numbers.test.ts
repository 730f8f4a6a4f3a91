// What travels over HTTP: every digit, and nothing that JSON does not have.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type BidaClient, createHttpClient, type TaskRequest } from "../../client/index.ts";
import { type FakeApi, startFakeApi } from "./fake-api.ts";
import { rejection } from "./rejection.ts";

const ID = "0198f3a2-0000-7000-8000-000000000001";
const TASK: TaskRequest = { url: "http://target.example/cb", requestMethod: "POST", limitCallCount: 3 };

const test = suite("numbers over HTTP");
let api: FakeApi;
let client: BidaClient;

test.before(async () => {
  api = await startFakeApi();
});
test.before.each(() => {
  api.received = [];
  client = createHttpClient({ baseUrl: api.url, username: "admin", password: "admin" });
});
test.after(() => api.stop());

const last = () => api.received.at(-1)!;

test("numbers are sent digit by digit, a bigint as its digits", async () => {
  api.handler = () => ({ status: 202, body: { taskId: ID, results: [{ taskId: ID }] } });
  const task = { url: "http://t/", requestMethod: "POST", limitCallCount: 1 } as const;
  const requestParam = { id: 7088992364139642881n, zero: -0, at: new Date(0), list: [undefined, 1e21] };
  const text =
    '{"url":"http://t/","requestMethod":"POST","limitCallCount":1,"requestParam":{"id":7088992364139642881,"zero":-0,"at":"1970-01-01T00:00:00.000Z","list":[null,1e+21]}}';
  await client.call({ ...task, requestParam });
  assert.is(last().text, text);
  await client.callBatch([{ ...task, requestParam }]);
  assert.is(last().text, `{"tasks":[${text}]}`);
});

test("what has no JSON is refused before anything is sent, naming the field", async () => {
  const requestParams: [Record<string, unknown>, field: string, message: string][] = [
    [{ a: { b: Number.NaN } }, "requestParam.a.b", "is NaN, which JSON does not have"],
    [{ a: [Number.POSITIVE_INFINITY] }, "requestParam.a.0", "is Infinity, which JSON does not have"],
    [{ a: new Map([[1, 2]]) }, "requestParam.a", "is a Map, which JSON does not have"],
    [{ a: Buffer.from("x") }, "requestParam.a", "is a Buffer, which JSON does not have"],
    [{ a: () => 1 }, "requestParam.a", "is a function, which JSON does not have"],
    [{ a: new Date(Number.NaN) }, "requestParam.a", "is an invalid date"],
  ];
  for (const [requestParam, field, message] of requestParams) {
    const error = await rejection(client.call({ ...TASK, requestParam }));
    assert.equal([error.code, error.status, error.errors], ["invalid_task", null, [{ field, message }]]);
    const [item] = (await rejection(client.callBatch([TASK, { ...TASK, requestParam }]))).errors;
    assert.equal(item, { field: `tasks.1.${field}`, message });
  }
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const error = await rejection(client.call({ ...TASK, requestParam: loop }));
  assert.match(error.message, /requestParam\.self\.self is nested deeper than 64 levels, or in itself/);
  assert.is(api.received.length, 0);
});

test.run();
