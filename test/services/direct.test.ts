import type { IncomingMessage } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { directOf, serveDirectly } from "../../services/api/direct.ts";

const test = suite("direct");
const served: string[] = [];
const handler = (name: string) => (req: IncomingMessage & { $params: unknown }) => {
  served.push(`${name} ${JSON.stringify(req.$params)}`);
};
const direct = new Map([
  ...directOf("/api", { "POST /addTask": handler("addTask") }),
  ...directOf("", {
    "GET /v1/tasks": handler("list"),
    "POST /v1/tasks": handler("submit"),
    "POST /v1/tasks/:taskId/retry": handler("retry"),
    "POST /*": handler("rest"),
  }),
]);
const serve = (method: string, url: string): boolean =>
  serveDirectly(direct, { method, url } as IncomingMessage, {} as never, () => undefined);

test("POSTs to paths without parameters, and nothing else", () => {
  assert.equal([...direct.keys()], ["POST /api/addTask", "POST /v1/tasks"]);
  assert.ok(serve("POST", "/v1/tasks"));
  assert.ok(serve("POST", "/api/addTask"));
  assert.equal(served, ['submit {"params":{},"query":{}}', 'addTask {"params":{},"query":{}}']);
  for (const [method, url] of [
    ["GET", "/v1/tasks"],
    ["HEAD", "/v1/tasks"],
    ["POST", "/v1/tasks/"],
    ["POST", "/v1/tasks?x=1"],
    ["POST", "/V1/tasks"],
    ["POST", "//v1/tasks"],
  ] as const)
    assert.not.ok(serve(method, url), `${method} ${url}`);
});

test.run();
