/** The commands that the console copies, run by a shell: what arrives is what Bida sends. */
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonText } from "../../core/json/text.ts";
import { renderRequest } from "../../core/template.ts";
import { curlOfCall, curlOfSubmit } from "../../ui/src/lib/curl.ts";
import type { SentTask } from "../../ui/src/lib/sent-request.ts";
import { EXACT } from "./mock/exact.ts";

interface Arrived {
  line: string;
  type: string | undefined;
  empty: string | undefined;
  body: Buffer;
}

const test = suite("console: curl");
let server: Server;
let origin = "";
const arrived: Arrived[] = [];

test.before(async () => {
  server = createServer(async (req, res) => {
    arrived.push({
      line: `${req.method} ${req.url}`,
      type: req.headers["content-type"],
      empty: req.headers["x-empty"] as string | undefined,
      body: Buffer.concat(await req.toArray()),
    });
    res.end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
test.after(() => {
  server.close();
});

async function run(command: string): Promise<Arrived> {
  await new Promise<void>((done, fail) => {
    const shell = execFile("sh", (error) => (error ? fail(error) : done()));
    // As somebody pastes it: an argument of the shell's own could not be as long.
    shell.stdin?.end(command);
  });
  return arrived.pop() as Arrived;
}

const CALLS: [what: string, task: Partial<SentTask>][] = [
  ["a JSON body", { requestParam: EXACT.requestParam }],
  ["no parameters", {}],
  [
    "a query",
    {
      url: "/orders/{orderId}?x=[1]",
      requestMethod: "GET",
      requestParam:
        `{"orderId":7088992364139642881,"list":[1.50,"a b"],"o":{"n":1e400},"名":"上海","none":null}` as JsonText,
    },
  ],
  [
    "placeholders in any script",
    { url: "/{城市}/{a.b}", requestParam: '{"城市":"上海","a.b":-0}' as JsonText },
  ],
  [
    "a form",
    {
      requestParam: `{"id":7088992364139642881,"rate":1.10,"list":["a","b c"],"text":"ä&=~*'!"}` as JsonText,
      contentType: "application/x-www-form-urlencoded",
    },
  ],
  ["a text with quotes, @ and line breaks", { body: `@it's "so"\r\n$HOME \\n`, contentType: "text/plain" }],
  ["a text without a type", { body: "plain" }],
  ["an empty text", { body: "" }],
  ["a text in GBK", { body: "订单 成功", contentType: "text/plain;charset=GBK" }],
  ["a type among the headers", { body: "订单", headers: { "Content-Type": "text/plain; charset=gb18030" } }],
  ["a text with NUL", { body: "a\0b" }],
  ["a text of 300 KB", { body: "long 上海 ".repeat(25_000), contentType: "text/plain" }],
  ["bytes", { bodyBase64: Buffer.from([0, 255, 10, 13, 0]).toString("base64"), contentType: "image/png" }],
  ["bytes with DELETE", { requestMethod: "DELETE", bodyBase64: "AP8=" }],
  ["an empty header", { headers: { "x-empty": "" } }],
];
for (const [what, more] of CALLS)
  test(what, async () => {
    const task: SentTask = {
      taskId: EXACT.taskId,
      requestMethod: "POST",
      requestParam: null,
      body: null,
      bodyBase64: null,
      contentType: null,
      headers: null,
      profile: null,
      ...more,
      url: `${origin}${more.url ?? "/cb"}`,
    };
    const { path, body, contentType } = renderRequest(task);
    const call = await run(curlOfCall(task));
    assert.is(call.line, `${task.requestMethod} ${path}`);
    assert.equal(call.body, Buffer.from(body ?? ""));
    assert.is(call.type ?? null, contentType ?? task.headers?.["Content-Type"] ?? null);
    assert.is(call.empty, task.headers?.["x-empty"]);
  });

test("handing a task over: the request as it was typed", async () => {
  const request = `{"requestParam":${EXACT.requestParam},"url":"http://a/it's"}` as JsonText;
  const { line, type, body } = await run(curlOfSubmit(request, origin));
  assert.is(line, "POST /v1/tasks");
  assert.is(type, "application/json");
  assert.is(body.toString().replace(/\n *|(?<=:) /g, ""), request);
});

test.run();
