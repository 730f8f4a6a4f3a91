/** Which host names are ours, over raw HTTP: a page of a stranger that rebinds its name gets nothing. @takes 8 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { everyDeclaration } from "../../services/api/api.service.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { answerOf, exchange } from "./kit/raw.ts";
import { until } from "./kit/until.ts";
import { ADMIN, type World } from "./kit/world.ts";

let world: World;

test.before(async () => {
  world = await startEmbedded({
    BIDA_ALLOWED_HOSTS: "bida.example, *.inner.example",
    BIDA_PUBLIC_URL: "https://public.example:8443/bida",
    BIDA_TRUST_PROXY: "127.0.0.2/32",
    BIDA_METRICS_ALLOW: "192.0.2.0/24",
    BIDA_LOG_LEVEL: "debug",
  });
});
test.after(() => world.stop());

const ask = async (lines: string[], target = "/v1/session", method = "GET") => {
  const head = [`${method} ${target} HTTP/1.1`, ...lines, "connection: close"];
  return answerOf(await exchange(world.nodes[0]?.port ?? 0, `${head.join("\r\n")}\r\n\r\n`));
};
const authorization = `authorization: ${ADMIN.authorization}`;

const HOSTS: [hosts: string[], status: number, code?: string][] = [
  [["localhost:8080"], 200],
  [["127.0.0.1"], 200],
  [["[::1]:1"], 200],
  [["BIDA.example:443"], 200],
  [["a.inner.example"], 200],
  [["public.example"], 200],
  [["evil.example"], 421, "misdirected"],
  [["evil.example:8080"], 421, "misdirected"],
  [["127.0.0.1.evil.example"], 421, "misdirected"],
  [["192.0.2.1"], 421, "misdirected"],
  [["localhost", "evil.example"], 400, "invalid_http"],
  [["localhost", "localhost"], 400, "invalid_http"],
  [["a b"], 400, "invalid_http"],
  [["user@localhost"], 400, "invalid_http"],
  [["localhost, evil.example"], 400, "invalid_http"],
];
for (const [hosts, status, code] of HOSTS) {
  test(`Host ${hosts.join(" and ")}: ${status}`, async () => {
    const answer = await ask([...hosts.map((host) => `Host: ${host}`), authorization]);
    assert.is(answer.status, status, answer.body);
    if (code) assert.is(JSON.parse(answer.body).code, code);
  });
}

test("no path is left out: the console, the documentation, health, kkbida's endpoint in plain text", async () => {
  for (const target of ["/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/v1/events"])
    assert.is((await ask(["host: evil.example", authorization], target)).status, 421, target);
  const post = ["host: evil.example", authorization, "content-length: 0"];
  assert.is((await ask(post, "/v1/tasks", "POST")).status, 421);
  const legacy = await ask(post, "/api/addTask", "POST");
  assert.is(legacy.status, 421);
  assert.match(legacy.headers, /content-type: text\/plain/i);
  assert.match(legacy.body, /evil\.example is not a name of this installation/);
});

test("a target in absolute form says the host, whatever the header says", async () => {
  const answer = await ask(["host: localhost", authorization], "http://evil.example/v1/session");
  assert.is(answer.status, 421);
  assert.is((await ask(["host: localhost", authorization], "nonsense")).status, 400);
});

test("HTTP/1.0 without a Host is answered: load balancers ask so, browsers do not", async () => {
  const port = world.nodes[0]?.port ?? 0;
  assert.is(answerOf(await exchange(port, "GET /healthz HTTP/1.0\r\n\r\n")).status, 200);
  assert.is(answerOf(await exchange(port, "GET /healthz HTTP/1.1\r\n\r\n")).status, 400);
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const idIn = ({ headers }: { headers: string }): string =>
  /^x-request-id: (.*)$/im.exec(headers)?.[1]?.trim() ?? "none";

test("every answer has an X-Request-ID: the caller's own, where it is well-formed, or one of ours", async () => {
  const targets = ["/healthz", "/", "/docs", "/nothing", "/v1/session", "/v1/nothing", "/metrics"];
  for (const target of targets) {
    assert.match(idIn(await ask(["host: localhost"], target)), UUID, target);
    assert.is(
      idIn(await ask(["host: localhost", "X-Request-Id: shop/7:Ab_1="], target)),
      "shop/7:Ab_1=",
      target,
    );
  }
  const bad = ["a b", "x".repeat(129), "ü", "a,b", '"', "%0d%0a", " "];
  for (const id of bad) assert.match(idIn(await ask(["host: localhost", `x-request-id: ${id}`])), UUID, id);
  assert.match(idIn(await ask(["host: localhost", "x-request-id: a", "x-request-id: b"])), UUID);
  assert.match(idIn(await ask(["host: localhost", "x-correlation-id: a b"])), UUID);
  assert.is(idIn(await ask(["host: localhost", `x-request-id: ${"x".repeat(128)}`])), "x".repeat(128));
});

test("a refusal names its request, in the problem document, in kkbida's answer and in the log", async () => {
  const wrong = await ask(["host: localhost", "x-request-id: req-wrong"]);
  assert.equal([wrong.status, JSON.parse(wrong.body).requestId], [401, "req-wrong"]);
  const host = await ask(["host: evil.example", "x-request-id: req-host"]);
  assert.equal([host.status, JSON.parse(host.body).requestId], [421, "req-host"]);
  const legacy = await ask(
    ["host: localhost", "content-length: 0", "x-request-id: req-kkbida"],
    "/api/addTask",
    "POST",
  );
  assert.equal([legacy.status, idIn(legacy)], [401, "req-kkbida"]);
  // What Node's HTTP parser refuses has no headers that were read.
  const huge = await ask(["host: localhost", `x-long: ${"x".repeat(40_000)}`]);
  assert.is(huge.status, 431);
  assert.match(idIn(huge), UUID);
  assert.is(JSON.parse(huge.body).requestId, idIn(huge));
  const lines = await until("the lines", () => {
    const found = (world.nodes[0]?.records("request refused") ?? []).map(({ requestId }) => requestId);
    const wanted = ["req-wrong", "req-host", "req-kkbida"];
    return wanted.every((id) => found.includes(id))
      ? found.filter((id) => wanted.includes(id as string))
      : null;
  });
  assert.is(lines.length, 3, "one line each");
});

test("a path that is asked for with another method than it has: 405, and which it has", async () => {
  const declared = Map.groupBy(everyDeclaration(), ({ path }) => path);
  const allowIn = ({ headers }: { headers: string }) => /^allow: (.*)$/im.exec(headers)?.[1]?.trim() ?? null;
  for (const [path, routes] of declared) {
    const has = routes.flatMap(({ method, tag }) => (tag === "Health" ? [method, "HEAD"] : [method]));
    const target = path.replace(/\{\w+\}/g, "1");
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"]) {
      if (has.includes(method)) continue;
      const answer = await ask(["host: localhost", authorization, "content-length: 0"], target, method);
      assert.equal([answer.status, allowIn(answer)], [405, has.join(", ")], `${method} ${path}`);
    }
  }
  for (const target of ["/v1/nothing", "/v1/tasks/no-task", "/nothing"]) {
    const answer = await ask(["host: localhost", authorization, "content-length: 0"], target, "GET");
    assert.equal([answer.status, allowIn(answer)], [404, null], target);
  }
});

test("refusals are counted by their code", async () => {
  const { text } = await world.api("GET", "/metrics");
  assert.match(text, /bida_refusals_total\{[^}]*code="misdirected"[^}]*\} [1-9]/);
});

test("/metrics: open here; through a proxy for nobody, but with credentials", async () => {
  const status = async (...more: string[]) => (await ask(["host: localhost", ...more], "/metrics")).status;
  assert.is(await status(), 200);
  // 127.0.0.1 is not trusted here: what it says about others counts for nothing.
  assert.is(await status("x-forwarded-for: 192.0.2.7"), 401);
  assert.is(await status("forwarded: for=127.0.0.1"), 401);
  assert.is(await status("x-forwarded-for: 127.0.0.1"), 401);
  assert.is(await status("x-forwarded-for: 192.0.2.7", authorization), 200);
});

test.run();
