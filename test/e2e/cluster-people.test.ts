/** Users and keys with two REST APIs, and with the admin service on a node of its own, which goes away. @takes 18 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { EventReader } from "./kit/events.ts";
import type { BidaNode } from "./kit/node.ts";
import { until } from "./kit/until.ts";
import { quick } from "./kit/world.ts";
import { basic, newUser, PASSWORD } from "./suite/access.ts";

let world: Cluster;

test.before(async () => {
  world = await startCluster({
    plan: [
      { services: "api" },
      { services: "api" },
      // Whose environment counts is the node with the REST API.
      { services: "admin,notifier", env: { BIDA_ADMIN_USERNAME: "other", BIDA_ADMIN_PASSWORD: "other" } },
      { services: "scheduler,dispatcher" },
    ],
  });
  await (world.nodes[1] as BidaNode).ready();
});
test.after(() => world.stop());

/** One request to the second API. */
async function second(method: string, path: string, headers: Record<string, string>, body?: unknown) {
  const answer = await fetch(`${(world.nodes[1] as BidaNode).baseUrl}${path}`, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  await answer.text();
  return answer;
}

test("a session is known at both API nodes, and ends at both", async () => {
  const user = await newUser(world, "viewer");
  const login = await world.api("POST", "/v1/session", { username: user.username, password: PASSWORD });
  const cookie = { cookie: login.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
  assert.is((await world.api("GET", "/v1/session", undefined, cookie)).status, 200);
  assert.is((await second("GET", "/v1/session", cookie)).status, 200);
  const origin = (world.nodes[1] as BidaNode).baseUrl;
  assert.is((await second("DELETE", "/v1/session", { ...cookie, origin })).status, 204);
  await until(
    "the logout at the first node",
    async () => (await world.api("GET", "/v1/session", undefined, cookie)).status === 401,
  );
});

test("a stream at one API node ends when its session is ended at the other", async () => {
  const user = await newUser(world, "viewer");
  const login = await world.api("POST", "/v1/session", { username: user.username, password: PASSWORD });
  const cookie = { cookie: login.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
  const stream = await EventReader.open(world, "", cookie);
  const origin = (world.nodes[1] as BidaNode).baseUrl;
  assert.is((await second("DELETE", "/v1/session?everywhere=true", { ...cookie, origin })).status, 204);
  assert.is(await stream.ended, "end");
});

test("failed logins at one API node count at the other", async () => {
  const { username } = await newUser(world, "viewer");
  const login = (password: string) => second("POST", "/v1/session", {}, { username, password });
  for (let i = 0; i < 3; i++) assert.is((await login("wrong")).status, 401);
  for (let i = 0; i < 2; i++)
    assert.is((await world.api("POST", "/v1/session", { username, password: "wrong" })).status, 401);
  assert.is((await login(PASSWORD)).status, 429);
});

test("a key that is disabled at one API node is refused at the other", async () => {
  const made = (await world.api("POST", "/v1/apps", { name: `two nodes ${Math.random()}` })).json;
  const headers = { authorization: `Bearer ${made.key}` };
  assert.is((await second("GET", "/v1/tasks?limit=1", headers)).status, 200);
  assert.is((await world.api("PATCH", `/v1/apps/${made.id}`, { disabled: true })).status, 200);
  await until(
    "the refusal at the other node",
    async () => (await second("GET", "/v1/tasks?limit=1", headers)).status === 401,
  );
});

test("with all admin nodes gone, callers that were known before go on; others are asked to come back", async () => {
  const app = await world.app("goes on");
  const user = await newUser(world, "operator");
  const callers = [app.headers, user.headers];
  const accepted = async (headers: Record<string, string>) => {
    const task = quick({ url: world.receiver.url() });
    return (await world.api("POST", "/v1/tasks", task, headers)).status === 202;
  };
  for (const headers of callers) assert.ok(await accepted(headers));
  const admin = world.nodes[2] as BidaNode;
  await admin.kill();
  const killedAt = performance.now();
  // Longer than anything is believed without asking.
  await until(
    "known callers to go on",
    async () => {
      const all = await Promise.all(callers.map(accepted));
      return performance.now() - killedAt > 12_000 && all.every(Boolean);
    },
    60_000,
  );
  const stranger = await world.api("GET", "/v1/tasks", undefined, basic("stranger"));
  assert.equal([stranger.status, stranger.json.code], [503, "unavailable"]);
});

test.run();
