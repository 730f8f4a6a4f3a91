// Requests of other services as they come from NATS: what they ask for keeps its digits, the rest costs nothing.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ExactSerializer } from "../../services/bus/exact-serializer.ts";
import { rawJson } from "../core/helpers.ts";

const test = suite("exact serializer");
const serializer = new ExactSerializer();

const PARAM = '{"10":7088992364139642881,"2":1.50,"z":-0,"e":1e400}';
const TASK = `{ "url" : "http://t/", "requestParam" : ${PARAM} }`;
const paramsOf = (action: string, params: string, type = "REQ") => {
  const packet = `{"ver":"5","id":"1","action":"${action}","params":${params},"meta":{"a":"}"},"timeout":1}`;
  const read = serializer.deserialize(Buffer.from(packet), type) as Record<string, unknown>;
  assert.equal([read.id, read.meta, read.timeout], ["1", { a: "}" }, 1]);
  return read.params;
};

test("plain values become the text that their caller wrote", () => {
  assert.equal(paramsOf("scheduler.submit", TASK), { json: TASK });
  assert.equal(paramsOf("scheduler.submitBatch", `{"tasks":[${TASK}, {"json":"{}"} ,5]}`), {
    tasks: [{ json: TASK }, { json: "{}" }, { json: "5" }],
  });
  assert.equal(paramsOf("admin.resend", `{"taskId":"x","changes":{"requestParam":${PARAM}}}`), {
    taskId: "x",
    changes: { json: `{"requestParam":${PARAM}}` },
  });
});

test("envelopes, and what is no task, are left as they are", () => {
  const kept: [action: string, params: unknown][] = [
    ["scheduler.submit", { json: TASK }],
    ["scheduler.submit", null],
    ["scheduler.submit", 5],
    ["scheduler.submitBatch", { json: `{"tasks":[${TASK}]}` }],
    ["scheduler.submitBatch", { tasks: [{ json: TASK }] }],
    ["scheduler.submitBatch", { tasks: 5 }],
    ["scheduler.submitBatch", {}],
    ["admin.resend", { taskId: "x", changes: { json: "{}" } }],
    ["admin.resend", { taskId: "x" }],
    ["scheduler.submitMany", { items: [{ task: "{}" }] }],
    ["scheduler.get", { taskId: "x" }],
    ["constructor", { a: 1 }],
  ];
  for (const [action, params] of kept)
    assert.equal(paramsOf(action, JSON.stringify(params)), params, JSON.stringify([action, params]));
});

test("only requests are looked into", () => {
  assert.equal(paramsOf("scheduler.submit", '{"a":1}', "RES"), { a: 1 });
});

test("it prints what JSON.stringify prints", () => {
  const packet = { a: "上海", n: rawJson("1.50") };
  assert.is(serializer.serialize(packet).toString(), '{"a":"上海","n":1.50}');
});

test.run();
