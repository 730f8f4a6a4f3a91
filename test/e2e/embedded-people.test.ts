/** The administrator of the environment: becomes a user, chooses a password, forgets it. @takes 22 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { closeDatabase, openDatabase } from "../../store/database.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { BidaNode } from "./kit/node.ts";
import { ADMIN, quick, type World } from "./kit/world.ts";
import { basic } from "./suite/access.ts";
import { cookieOf } from "./suite/people.ts";

let world: World;

test.before(async () => {
  world = await startEmbedded({ BIDA_TRUST_PROXY: "127.0.0.0/8" });
});
test.after(() => world.stop());

/** Stops the process, and starts it on the same data with other settings. */
async function restart(more: Record<string, string>): Promise<void> {
  const former = world.nodes[0] as BidaNode;
  await former.stop();
  world.nodes[0] = await new BidaNode({ ...former.env, ...more }).ready();
}
const whoAmI = (headers: Record<string, string>) => world.api("GET", "/v1/session", undefined, headers);
const login = (username: string, password: string, headers: Record<string, string> = {}) =>
  world.api("POST", "/v1/session", { username, password }, headers);

test("behind a trusted proxy that speaks https the cookie is Secure", async () => {
  const https = await login("admin", "admin", { "x-forwarded-proto": "https" });
  assert.match(https.headers.getSetCookie()[0] ?? "", /; Secure$/);
  assert.not.match((await login("admin", "admin")).headers.getSetCookie()[0] ?? "", /Secure/);
});

test("every answer is nosniff; behind TLS browsers are told to come by TLS only", async () => {
  const task = { url: world.receiver.url(), requestMethod: "POST", limitCallCount: 1 };
  const asked: [method: string, path: string, body?: unknown][] = [
    ["GET", "/"],
    ["GET", "/healthz"],
    ["GET", "/metrics"],
    ["GET", "/v1/tasks"],
    ["GET", "/v1/none"],
    ["POST", "/v1/tasks", task],
    ["POST", "/v1/tasks", "{"],
    ["POST", "/api/addTask", task],
  ];
  for (const [method, path, body] of asked)
    for (const proto of ["http", "https"]) {
      const answer = await fetch(`${world.baseUrl}${path}`, {
        method,
        headers: { ...ADMIN, "content-type": "application/json", "x-forwarded-proto": proto },
        body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
      });
      await answer.body?.cancel();
      const told = ["x-content-type-options", "strict-transport-security"].map((name) =>
        answer.headers.get(name),
      );
      assert.equal(
        told,
        ["nosniff", proto === "https" ? "max-age=31536000" : null],
        `${method} ${path} ${proto}`,
      );
    }
});

test("failed logins behind a trusted proxy count for the client, not for the proxy", async () => {
  const from = (ip: string) => ({ "x-forwarded-for": ip });
  for (let i = 0; i < 5; i++) assert.is((await login("admin", "wrong", from("192.0.2.1"))).status, 401);
  assert.is((await login("admin", "admin", from("192.0.2.1"))).status, 429);
  assert.is((await login("admin", "admin", from("192.0.2.2"))).status, 200);
  // A whole IPv6 network is one client, and names that do not exist count as well.
  for (let i = 0; i < 20; i++)
    assert.is((await login(`name-${i}`, "wrong", from(`2001:db8:1:2::${i}`))).status, 401);
  const held = await login("name-20", "wrong", from("2001:db8:1:2:ffff::1"));
  assert.equal([held.status, Number(held.headers.get("retry-after")) >= 1], [429, true]);
  assert.is((await login("name-21", "wrong", from("2001:db8:1:3::1"))).status, 401);
});

test("another password in the environment governs after a restart, and ends the sessions before", async () => {
  const session = { cookie: cookieOf(await login("admin", "admin")) };
  await restart({});
  assert.is((await whoAmI(session)).status, 200, "a restart alone ends no session");
  await restart({ BIDA_ADMIN_PASSWORD: "from the environment" });
  assert.is((await whoAmI(session)).status, 401);
  assert.is((await whoAmI(ADMIN)).status, 401);
  const me = await whoAmI(basic("admin", "from the environment"));
  assert.equal([me.status, me.json.mustChangePassword], [200, false]);
});

test("another name in the environment becomes an administrator while nobody else could be one", async () => {
  await restart({ BIDA_ADMIN_USERNAME: "root" });
  assert.is((await whoAmI(basic("admin", "from the environment"))).status, 401);
  assert.is((await whoAmI(basic("root", "from the environment"))).json.user.role, "admin");
});

test("an own password governs REST and the UI; kkbida's endpoint keeps the environment's", async () => {
  const environment = basic("root", "from the environment");
  const body = { currentPassword: "from the environment", newPassword: "chosen in the console" };
  assert.is((await world.api("POST", "/v1/session/password", body, environment)).status, 204);
  const own = basic("root", body.newPassword);
  for (const again of [false, true]) {
    if (again) await restart({});
    assert.is((await whoAmI(environment)).status, 401);
    const me = await whoAmI(own);
    assert.equal([me.status, me.json.mustChangePassword], [200, false]);
    const task = quick({ url: world.receiver.url(), expectResult: "o" });
    const legacy = (password: string) =>
      world.api("POST", "/api/addTask", { ...task, retry: undefined }, { username: "root", password });
    assert.is((await legacy("from the environment")).status, 200);
    assert.is((await legacy(body.newPassword)).status, 401);
  }
  const users = (await world.api("GET", "/v1/users", undefined, own)).json.items;
  const root = users.find((user: { username: string }) => user.username === "root");
  assert.is(root.environmentPassword, false);
});

test("with an administrator who has a password, one who was deleted stays away", async () => {
  const own = basic("root", "chosen in the console");
  const users = (await world.api("GET", "/v1/users", undefined, own)).json.items;
  const admin = users.find((user: { username: string }) => user.username === "admin");
  assert.is((await world.api("DELETE", `/v1/users/${admin.id}`, undefined, own)).status, 204);
  await restart({ BIDA_ADMIN_USERNAME: "admin" });
  assert.is((await whoAmI(basic("admin", "from the environment"))).status, 401);
});

test("a forgotten password: taken away in the database, the environment's governs again", async () => {
  const node = world.nodes[0] as BidaNode;
  await node.stop();
  const db = openDatabase({ databaseUrl: null, dataDir: node.env.BIDA_DATA_DIR as string });
  await db.knex("users").where("username", "root").update({ password_hash: null });
  await closeDatabase(db);
  world.nodes[0] = await new BidaNode({ ...node.env, BIDA_ADMIN_USERNAME: "root" }).ready();
  assert.is((await whoAmI(basic("root", "from the environment"))).status, 200);
});

test.run();
