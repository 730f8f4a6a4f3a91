// Where callbacks of a whole installation may go: not to Bida itself, and into private networks only as long as nobody else is there. @takes 30 s
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startProxy } from "../servers/proxy.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { startAgain, startEmbedded } from "./kit/embedded.ts";
import { until } from "./kit/until.ts";
import { ADMIN, type World } from "./kit/world.ts";

const test = suite("egress of an installation");

const ONCE = { requestMethod: "POST", limitCallCount: 1 };
const JSON_TYPE = { "content-type": "application/json" };

/** What became of one call to `url`. */
async function outcomeOf(world: World, url: string) {
  const taskId = await world.submit({ ...ONCE, url });
  const { state, lastError } = await world.ended(taskId);
  return { state, code: lastError?.code ?? null, message: lastError?.message ?? "" };
}

const blockedLines = (world: World) => world.nodes.flatMap((node) => node.records("a call was blocked"));

test("one process: targets on this machine are reached until there is another user or app", async () => {
  const world = await startEmbedded({ BIDA_EGRESS_ALLOW: undefined });
  try {
    const url = world.receiver.url();
    const reached = async () => (await outcomeOf(world, url)).state === "succeeded";
    assert.ok(await reached(), "nobody but the first administrator");
    const app = await world.api("POST", "/v1/apps", { name: "shop" });
    const { state, code, message } = await outcomeOf(world, url);
    assert.equal([state, code], ["exhausted", "blocked"]);
    assert.match(message, /rule private/);
    const line = "callbacks no longer reach this machine and private networks: there are other users or apps";
    await until("the log", () => world.nodes[0]?.records(line).length === 1);
    await world.api("DELETE", `/v1/apps/${app.json.id}`);
    assert.not.ok(await reached(), "its tasks may still be there");
    await world.nodes[0]?.stop();
    await startAgain(world);
    assert.not.ok(await reached(), "also after a restart");
  } finally {
    await world.stop();
  }
});

test("one process: a user, also one that is deleted, counts as an app does", async () => {
  const world = await startEmbedded({ BIDA_EGRESS_ALLOW: undefined });
  try {
    const url = world.receiver.url();
    const user = { username: "eve", password: "a long password", role: "viewer" };
    const { json } = await world.api("POST", "/v1/users", user);
    assert.is((await outcomeOf(world, url)).code, "blocked");
    await world.api("DELETE", `/v1/users/${json.id}`);
    assert.is((await outcomeOf(world, url)).code, "blocked");
  } finally {
    await world.stop();
  }
});

test("BIDA_EGRESS_ALLOW empty: none in any case", async () => {
  const world = await startEmbedded({ BIDA_EGRESS_ALLOW: "" });
  try {
    assert.is((await outcomeOf(world, world.receiver.url())).code, "blocked");
  } finally {
    await world.stop();
  }
});

async function notItself(world: World, ports: number[]) {
  const body = JSON.stringify({ ...ONCE, url: world.receiver.url() });
  const deadline = performance.now() + 120_000;
  // The dispatchers learn a moment later of a node that has just begun to listen. Until then its header gives a call away.
  for (const port of ports)
    for (let inTurn = 0; inTurn < 10; ) {
      const { code, message } = await outcomeOf(world, `http://127.0.0.1:${port}/v1/tasks`);
      if (code === "bad_status") assert.match(message, "508");
      assert.ok(performance.now() < deadline, `${port}: ${code}`);
      inTurn = code === "blocked" ? inTurn + 1 : 0;
    }
  for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"]) {
    for (const port of ports) {
      const { code, message } = await outcomeOf(world, `http://${host}:${port}/v1/tasks`);
      assert.equal([host, port, code], [host, port, "blocked"]);
      assert.match(message, /leads to Bida itself, which callbacks never reach \(rule own\)$/);
      assert.not.match(message, /127\.0\.0\.1, /);
    }
  }
  const line = await until("the log", () => blockedLines(world).find(({ host }) => host === "localhost"));
  assert.ok((line.addresses as string[]).includes("127.0.0.1"), "the log has the address");
  // By another way: a proxy that passes the headers of a callback on.
  const answer = await fetch(`${world.baseUrl}/v1/tasks`, {
    method: "POST",
    headers: { ...ADMIN, ...JSON_TYPE, "bida-attempt": "1" },
    body,
  });
  assert.equal([answer.status, ((await answer.json()) as { code: string }).code], [508, "own_callback"]);
  const legacy = await fetch(`${world.baseUrl}/api/addTask`, {
    method: "POST",
    headers: { ...JSON_TYPE, username: "admin", password: "admin", "Bida-Attempt": "" },
    body,
  });
  assert.equal([legacy.status, await legacy.text()], [508, "This is a callback of Bida's own"]);
  const refused = await fetch(`${world.baseUrl}/healthz`, { headers: { "bida-attempt": "2" } });
  assert.is(refused.status, 508);
  const metrics = await (await fetch(`${world.baseUrl}/metrics`)).text();
  assert.match(metrics, /bida_refusals_total\{[^}]*code="own_callback"[^}]*\} [1-9]/);
  assert.match(metrics, /bida_egress_blocked_total\{[^}]*rule="own"[^}]*\} [1-9]/);
}

test("one process never calls itself", async () => {
  const world = await startEmbedded();
  try {
    await notItself(world, [world.nodes[0]?.port as number]);
  } finally {
    await world.stop();
  }
});

test("a cluster never calls itself: no dispatcher calls any node's listener", async () => {
  const dubbo = { BIDA_DUBBO_PORT: "0" };
  const world: Cluster = await startCluster({
    plan: [
      { services: "api,admin,notifier,scheduler" },
      { services: "api,admin", env: { BIDA_HOST: "0.0.0.0", BIDA_ADMIN_PASSWORD: "not the default" } },
    ],
  });
  try {
    // Dispatchers have no database: they learn from the others which of them are of their own installation.
    await world.join({ services: "dispatcher" });
    const consumers = await world.join({ services: "dispatcher,dubbo", env: dubbo });
    const [first, other] = world.nodes;
    const line = await until("the port", () => consumers.records("Dubbo consumers can connect")[0]);
    await notItself(world, [first?.port as number, other?.port as number, Number(line.port)]);
  } finally {
    await world.stop();
  }
});

test("BIDA_EGRESS_PROXY: callbacks and tests of channels go through it; while it is away, no attempt is lost", async () => {
  let proxy = await startProxy();
  const { url, asked } = proxy;
  const world = await startEmbedded({ BIDA_EGRESS_PROXY: url.replace("//", "//user:secret@") });
  try {
    const place = new URL(world.receiver.origin).host;
    assert.is((await outcomeOf(world, world.receiver.url())).state, "succeeded");
    assert.equal(asked, [place]);
    const channel = { type: "webhook", url: world.receiver.url() };
    const tried = await world.api("POST", "/v1/webhooks/test", channel);
    assert.equal([tried.json.succeeded, asked], [true, [place, place]]);
    const { code } = await outcomeOf(world, "http://169.254.169.254/");
    assert.equal([code, asked.length], ["blocked", 2], "the guard stands before it");
    await proxy.stop();
    const waits = await world.submit({ ...ONCE, url: world.receiver.url() });
    const [node] = world.nodes;
    await until("the log", () => node?.records("the outbound proxy cannot be used").length === 1);
    assert.equal([(await world.task(waits)).callCount, world.receiver.calls(waits).length], [0, 0]);
    proxy = await startProxy(Number(new URL(url).port));
    assert.is((await world.ended(waits)).state, "succeeded");
    assert.is(world.receiver.calls(waits).length, 1);
    assert.not.match(node?.log ?? "", /secret/);
  } finally {
    await world.stop();
    await proxy.stop();
  }
});

test.run();
