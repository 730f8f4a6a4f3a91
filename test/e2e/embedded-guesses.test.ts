/** kkbida's endpoint against somebody who guesses its password. @takes 8 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "./kit/embedded.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";

let world: World;

test.before(async () => {
  world = await startEmbedded({ BIDA_TRUST_PROXY: "127.0.0.1", BIDA_API_IP_ALLOW: "192.0.2.0/24" });
});
test.after(() => world.stop());

const task = () =>
  JSON.stringify({ url: world.receiver.url(), requestMethod: "POST", limitCallCount: 1, expectResult: "ok" });
const add = (from: string, password: string) =>
  fetch(`${world.baseUrl}/api/addTask`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      username: "admin",
      password,
      "x-forwarded-for": from,
      // Each request over a connection of its own.
      connection: "close",
    },
    body: task(),
  });

test("after twenty wrong passwords an address waits, right password or not; others do not", async () => {
  for (let i = 0; i < 20; i++) assert.is((await add("192.0.2.1", `guess ${i}`)).status, 401);
  const held = await add("192.0.2.1", "admin");
  assert.equal([held.status, held.headers.get("content-type")], [429, "text/plain; charset=utf-8"]);
  assert.ok(Number(held.headers.get("retry-after")) >= 1);
  assert.match(await held.text(), /wrong passwords/);
  assert.is((await add("192.0.2.2", "admin")).status, 200);
});

test("one that was right before goes on after a second", async () => {
  for (let i = 0; i < 25; i++) await add("192.0.2.2", `guess ${i}`);
  await until("it to be let in", async () => (await add("192.0.2.2", "admin")).status === 200);
});

test("wrong passwords are counted, and stand in the audit log without the password", async () => {
  const { text } = await world.api("GET", "/metrics");
  assert.match(text, /bida_refusals_total\{[^}]*code="unauthorized"[^}]*\} \d\d/);
  const audit = await until("the entries", async () => {
    const reply = await world.api("GET", "/v1/audit?action=request.refuse&target=route:POST /api/addTask");
    return reply.json.items.length > 0 ? reply : null;
  });
  const [entry] = audit.json.items as { actor: { name: string }; sourceIp: string; requestPath: string }[];
  assert.is(entry?.actor.name, "nobody");
  assert.match(entry?.sourceIp ?? "", /^192\.0\.2\./);
  assert.is(entry?.requestPath, "POST /api/addTask");
  assert.not.match(audit.text, "guess");
});

test("names: another width is the same user", async () => {
  const made = await world.api("POST", "/v1/users", {
    username: "Ｌｉｎ",
    password: "correct horse battery",
    role: "viewer",
  });
  assert.equal([made.status, made.json.username], [201, "Lin"]);
  for (const username of ["Lin", "Ｌｉｎ"]) {
    const login = await world.api(
      "POST",
      "/v1/session",
      { username, password: "correct horse battery" },
      { origin: world.baseUrl },
    );
    assert.equal([login.status, login.json.user?.username], [200, "Lin"]);
  }
  const admin = await world.api(
    "POST",
    "/v1/session",
    { username: "ａｄｍｉｎ", password: "admin" },
    { origin: world.baseUrl },
  );
  assert.is(admin.status, 200);
});

test.run();
