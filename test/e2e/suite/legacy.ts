/** kkbida's API: its users' client must find what it found before. */
import * as assert from "uvu/assert";
import { answerOf, exchange } from "../kit/raw.ts";
import type { Suite } from "./suite.ts";

const CREDENTIALS = { username: "admin", password: "admin" };

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

/** The recorded request of kkbida's Java client. */
function recorded(url: string, port: number): Buffer {
  const body = `{"taskId":null,"url":"${url}","requestMethod":"POST","requestParam":{"city":"上海"},"sourceAppName":"xxx","targetAppName":"yyy","sourceIp":null,"expectResult":"成功","callCount":0,"limitCallCount":3,"createDate":null,"lastModifiedDate":null,"expireTimestamp":null}`;
  const head = [
    "POST /api/addTask HTTP/1.1",
    "accept: text/plain, application/json, application/*+json, */*",
    "username: admin",
    "password: admin",
    "content-type: application/json;charset=UTF-8",
    "user-agent: Java/17.0.15",
    `host: 127.0.0.1:${port}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

export function legacySuite({ test, world }: Suite): void {
  const add = (fields: Record<string, unknown>, headers: Record<string, string> = CREDENTIALS) =>
    world().api("POST", "/api/addTask", { ...VALID, url: world().receiver.url(SUCCESS), ...fields }, headers);

  test("legacy: the recorded request is answered with the bare id, and its callback is what kkbida sent", async () => {
    const { receiver, nodes } = world();
    const port = nodes[0]?.port ?? 0;
    const answer = answerOf(await exchange(port, recorded(receiver.url(SUCCESS), port)));
    assert.is(answer.status, 200);
    assert.match(answer.body, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.is(answer.body.length, 36);
    assert.match(answer.headers, /^content-type: text\/plain/im);
    assert.match(answer.headers, /^content-length: 36$/im);

    const task = await world().ended(answer.body);
    assert.is(task.state, "succeeded");
    assert.is(task.sourceIp, "127.0.0.1");
    assert.is(task.callCount, 1);
    assert.is(task.limitCallCount, 3);
    const calls = receiver.calls(answer.body);
    assert.is(calls.length, 1);
    assert.is(calls[0]?.method, "POST");
    assert.is(calls[0]?.body.toString(), '{"city":"上海"}');
    assert.match(String(calls[0]?.headers["content-type"]), /^application\/json/);
  });

  test("legacy: every wrong field has its text, and several are joined", async () => {
    const url = "url为空或url格式不正确";
    const limit = "最大重试次数不能为空且不能大于100";
    const method = "请求方式不能为空";
    const expected = "期待结果不能为空";
    const wrong: [Record<string, unknown>, string[]][] = [
      [{ url: null }, [url]],
      [{ url: "" }, [url]],
      [{ url: "ftp://127.0.0.1/x" }, [url]],
      [{ url: "127.0.0.1/x" }, [url]],
      [{ limitCallCount: null }, [limit]],
      [{ limitCallCount: 0 }, [limit]],
      [{ limitCallCount: 101 }, [limit]],
      [{ requestMethod: null }, [method]],
      [{ requestMethod: "PATCH" }, ["请求方式只能是GET或POST"]],
      [{ expectResult: "x".repeat(65_536) }, ["期待结果不能超过65535个字符"]],
      [{ url: "http://127.0.0.1/{id}" }, ["url占位符在请求参数中没有可用的值"]],
      [{ expectResult: null }, [expected]],
      [{ expectResult: "  " }, [expected]],
      [{ url: null, expectResult: "" }, [url, expected]],
      // What has no text of kkbida's is named too: plain text has no other place for it.
      [
        { requestParam: { a: nested(64) } },
        ["The task has invalid fields", "body must not be nested deeper than 64 levels"],
      ],
      [{ limitCallCount: 101, requestMethod: null }, [limit, method]],
      [
        { url: null, limitCallCount: null, requestMethod: null, expectResult: null },
        [url, limit, method, expected],
      ],
    ];
    for (const [fields, reasons] of wrong) {
      const reply = await add(fields);
      assert.is(reply.status, 400, JSON.stringify(fields));
      assert.is(reply.text, `任务添加失败，${reasons.join("，")}`);
      assert.match(reply.headers.get("content-type") ?? "", /^text\/plain/);
    }
  });

  test("legacy: wrong or missing credentials are 401, in plain text", async () => {
    for (const headers of [
      {},
      { username: "admin" },
      { username: "admin", password: "x" },
      { username: "x", password: "admin" },
    ]) {
      const reply = await add({}, headers as Record<string, string>);
      assert.is(reply.status, 401);
      assert.match(reply.headers.get("content-type") ?? "", /^text\/plain/);
    }
  });

  test("legacy: fields it does not know are ignored", async () => {
    const reply = await add({
      id: 7,
      surprise: { deep: [1] },
      callCount: 99,
      taskId: "mine",
      isSuccess: true,
    });
    assert.is(reply.status, 200);
    const task = await world().ended(reply.text);
    assert.is(task.callCount, 1);
    assert.is.not(task.taskId, "mine");
  });

  test("legacy: GET fills the placeholders of the URL, percent-encoded", async () => {
    const url = `${world().receiver.url(SUCCESS)}?city={city}&n={n}`;
    const reply = await add({ url, requestMethod: "GET", requestParam: { city: "上海&x=1", n: 5 } });
    assert.is(reply.status, 200);
    const [call] = await world().receiver.waitForCalls(reply.text, 1);
    assert.is(call?.method, "GET");
    assert.is(new URL(call?.path ?? "", "http://x").search, "?city=%E4%B8%8A%E6%B5%B7%26x%3D1&n=5");
    assert.is(call?.body.length, 0);
  });

  test("legacy: only status 200 is success; the next call is a minute later", async () => {
    const url = world().receiver.url({ status: 201, body: "成功" });
    const { text: taskId } = await add({ url, limitCallCount: 2 });
    const task = await world().when(taskId, ({ callCount, state }) => callCount === 1 && state === "pending");
    assert.is(task.lastError?.code, "bad_status");
    const [call] = world().receiver.calls(taskId);
    const pause = Date.parse(task.nextCallAt ?? "") - (call?.endedAt ?? 0);
    assert.ok(pause >= 59_990 && pause < 90_000, `the next call is ${pause} ms later`);
    assert.is((await world().api("POST", `/v1/tasks/${taskId}/cancel`)).status, 200);
  });

  test("legacy: a body without the expected text is a failed call", async () => {
    const { text: taskId } = await add({ url: world().receiver.url({ body: "失败" }), limitCallCount: 1 });
    const task = await world().ended(taskId);
    assert.is(task.state, "exhausted");
    assert.is(task.lastError?.code, "unexpected_result");
  });

  test("legacy: invalid JSON is 400 in plain text", async () => {
    const reply = await world().api("POST", "/api/addTask", "{", CREDENTIALS);
    assert.is(reply.status, 400);
    assert.match(reply.headers.get("content-type") ?? "", /^text\/plain/);
  });
}

const SUCCESS = { body: "处理成功了" };
const VALID = {
  requestMethod: "POST",
  requestParam: { city: "上海" },
  sourceAppName: "xxx",
  targetAppName: "yyy",
  expectResult: "成功",
  limitCallCount: 3,
};
