/** What cannot be sent as it was given is refused, naming the field; kkbida's endpoint takes what Jackson took. */
import * as assert from "uvu/assert";
import { Cluster } from "../kit/cluster.ts";
import { LEGACY, taskText } from "../kit/payload-entries.ts";
import { REFUSED, type Refused } from "../kit/payload-refusals.ts";
import { quick } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

interface Problem {
  code: string;
  errors: { field: string; message: string }[];
}

export function payloadRefusalSuite({ test, world }: Suite): void {
  const text = (row: Refused) => taskText(row, world().receiver.url());

  test("payloads that cannot be: POST /v1/tasks names the field", async () => {
    for (const row of REFUSED) {
      const reply = await world().api("POST", "/v1/tasks", text(row));
      assert.is(reply.status, 400, `${row.name}: ${reply.text}`);
      told(row, reply.json);
    }
  });

  test("payloads that cannot be: in a batch, each for itself, and the others are accepted", async () => {
    const fine = JSON.stringify(quick({ url: world().receiver.url(), requestParam: {} }));
    const reply = await world().api(
      "POST",
      "/v1/tasks/batch",
      `{"tasks":[${[...REFUSED.map(text), fine].join()}]}`,
    );
    assert.is(reply.status, 202, reply.text);
    for (const [i, row] of REFUSED.entries())
      told(row, { code: row.code ?? "invalid_task", errors: reply.json.results[i].errors });
    await world().receiver.waitForCalls(reply.json.results.at(-1).taskId, 1);
  });

  test("payloads that cannot be: as the change of a resend", async () => {
    const original = await world().submit({ url: world().receiver.url() });
    for (const row of REFUSED) {
      const reply = await world().api("POST", `/v1/tasks/${original}/resend`, text(row));
      assert.is(reply.status, 400, `${row.name}: ${reply.text}`);
      told(row, reply.json);
    }
  });

  test("payloads that cannot be: over RPC", async () => {
    const place = world();
    if (!(place instanceof Cluster)) return;
    for (const row of REFUSED) {
      const refused = place.broker.call("bida.scheduler.submit", { json: text(row) }).then(
        () => assert.unreachable(row.name),
        (error: { type: string; data: Problem }) => ({ ...error.data, code: error.type }),
      );
      told(row, (await refused) as Problem);
    }
  });

  test("kkbida's endpoint: of a key that stands twice the last one counts, in the place of the first", async () => {
    for (const row of REFUSED) {
      if (row.legacy === undefined) continue;
      const task = taskText(row, world().receiver.url(), '"expectResult":"ok","limitCallCount":1');
      const reply = await world().api("POST", "/api/addTask", task, LEGACY);
      assert.is(reply.status, 200, `${row.name}: ${reply.text}`);
      const [call] = await world().receiver.waitForCalls(reply.text, 1);
      assert.is(call?.body.toString(), row.legacy, row.name);
    }
    const url = world().receiver.url();
    const twice = `{"url":"http://x.invalid/","requestMethod":"GET","requestParam":{"a":1},"url":"${url}","requestMethod":"POST","requestParam":{"b":2.50},"expectResult":"ok","limitCallCount":1}`;
    const reply = await world().api("POST", "/api/addTask", twice, LEGACY);
    const [call] = await world().receiver.waitForCalls(reply.text, 1);
    assert.equal([call?.method, call?.body.toString()], ["POST", '{"b":2.50}']);
  });

  test("kkbida's endpoint: without requestParam there is no body; texts and numbers stand for each other", async () => {
    const fields = '"expectResult":"ok"';
    const cases: [fields: string, method: string, body: string][] = [
      ['"requestMethod":"POST","limitCallCount":1', "POST", ""],
      ['"requestMethod":"POST","limitCallCount":1,"requestParam":null', "POST", ""],
      ['"requestMethod":"POST","limitCallCount":1,"requestParam":{}', "POST", "{}"],
      ['"requestMethod":"POST","limitCallCount":"3","requestParam":{"a":null}', "POST", "{}"],
      ['"requestMethod":"POST","limitCallCount":" 03 ","requestParam":{"a":1}', "POST", '{"a":1}'],
      ['"requestMethod":1,"limitCallCount":3.7,"requestParam":{"a":1}', "POST", '{"a":1}'],
      ['"requestMethod":"0","limitCallCount":1e1,"requestParam":{}', "GET", ""],
      ['"requestMethod":"GET","limitCallCount":1', "GET", ""],
    ];
    for (const [more, method, body] of cases) {
      const task = `{"url":"${world().receiver.url()}",${more},${fields}}`;
      const reply = await world().api("POST", "/api/addTask", task, LEGACY);
      assert.is(reply.status, 200, `${more}: ${reply.text}`);
      const [call] = await world().receiver.waitForCalls(reply.text, 1);
      assert.equal([call?.method, call?.body.toString()], [method, body], more);
      if (method === "POST") assert.is(call?.headers["content-length"], String(body.length), more);
    }
    const refused: [more: string, reason: string][] = [
      ['"limitCallCount":"3.7"', "最大重试次数必须是整数"],
      ['"limitCallCount":true', "最大重试次数必须是整数"],
      ['"limitCallCount":"x"', "最大重试次数必须是整数"],
      ['"limitCallCount":""', "最大重试次数不能为空且不能大于100"],
    ];
    for (const [more, reason] of refused) {
      const task = `{"url":"${world().receiver.url()}","requestMethod":"POST",${more},${fields}}`;
      const reply = await world().api("POST", "/api/addTask", task, LEGACY);
      assert.equal([reply.status, reply.text], [400, `任务添加失败，${reason}`], more);
    }
  });
}

function told(row: Refused, { code, errors }: Problem): void {
  assert.is(code, row.code ?? "invalid_task", row.name);
  const text = JSON.stringify(errors);
  assert.ok(
    errors?.some(({ field, message }) => field === row.field && row.message.test(message)) ||
      (row.code === "invalid_json" && errors.some(({ message }) => row.message.test(message))),
    `${row.name}: ${text}`,
  );
}
