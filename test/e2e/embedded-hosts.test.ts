/** Which host names are ours, over raw HTTP: a page of a stranger that rebinds its name gets nothing. @takes 8 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "./kit/embedded.ts";
import { answerOf, exchange } from "./kit/raw.ts";
import { ADMIN, type World } from "./kit/world.ts";

let world: World;

test.before(async () => {
  world = await startEmbedded({
    BIDA_ALLOWED_HOSTS: "bida.example, *.inner.example",
    BIDA_PUBLIC_URL: "https://public.example:8443/bida",
    BIDA_TRUST_PROXY: "127.0.0.2/32",
    BIDA_METRICS_ALLOW: "192.0.2.0/24",
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
