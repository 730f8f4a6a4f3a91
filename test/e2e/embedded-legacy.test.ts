/** kkbida's endpoint with settings of its own: credentials, time limits per destination, what its tasks keep. @takes 12 s */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "./kit/embedded.ts";
import { until } from "./kit/until.ts";
import { ADMIN, type World } from "./kit/world.ts";

const test = suite("kkbida's endpoint and its settings");

const TASK = {
  requestMethod: "POST",
  requestParam: { city: "上海", none: null },
  expectResult: "成功",
  limitCallCount: 1,
};
const SUCCESS = { body: "处理成功" };

const add = (world: World, fields: Record<string, unknown>, username: string, password: string) =>
  world.api("POST", "/api/addTask", { ...TASK, ...fields }, { username, password });
const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString("base64")}` });

test("kkbida's credentials open its endpoint, and nothing else; the administrator's do not open it", async () => {
  const world = await startEmbedded({ BIDA_LEGACY_CREDENTIALS: "kk:old:secret" });
  try {
    const url = world.receiver.url(SUCCESS);
    assert.is((await add(world, { url }, "admin", "admin")).status, 401);
    const reply = await add(world, { url }, "kk", "old:secret");
    assert.is(reply.status, 200);
    assert.is((await world.ended(reply.text)).state, "succeeded");
    assert.is((await world.api("GET", "/v1/tasks", undefined, basic("kk:old:secret"))).status, 401);
    assert.is((await world.api("GET", "/v1/tasks", undefined, ADMIN)).status, 200);
  } finally {
    await world.stop();
  }
});

test("beyond loopback, admin / admin opens kkbida's endpoint alone, where that is said", async () => {
  const world = await startEmbedded({
    BIDA_HOST: "0.0.0.0",
    BIDA_EGRESS_ALLOW: "127.0.0.0/8",
    BIDA_ADMIN_PASSWORD: "admin",
    BIDA_LEGACY_CREDENTIALS: "admin:admin",
  });
  try {
    const reply = await add(world, { url: world.receiver.url(SUCCESS) }, "admin", "admin");
    assert.is(reply.status, 200, reply.text);
    assert.is((await world.api("GET", "/v1/tasks", undefined, ADMIN)).status, 401);
    const login = { username: "admin", password: "admin" };
    assert.is((await world.api("POST", "/v1/session", login, {})).status, 401);
    assert.is((await world.api("GET", "/v1/tasks", undefined, basic("admin:"))).status, 401);
  } finally {
    await world.stop();
  }
});

test("a target that is slow: its time limit, raised for its destination, holds for tasks that wait already", async () => {
  const world = await startEmbedded({ BIDA_LEGACY_TIMEOUT_MS: "300" });
  try {
    // Never, and then after three times what tasks are accepted with.
    let isRaised = false;
    const slow = world.receiver.url((res) => void (isRaised && setTimeout(() => res.end("成功"), 900)));
    const { text: taskId } = await add(world, { url: slow, limitCallCount: 2 }, "admin", "admin");
    const failed = await world.when(taskId, ({ callCount, state }) => callCount === 1 && state === "pending");
    assert.equal([failed.lastError?.code, failed.timeoutMs, failed.profile], ["timeout", 300, "kkbida"]);
    const path = `/v1/destinations/${encodeURIComponent(world.receiver.origin)}`;
    const changed = await world.api("PATCH", path, { legacyTimeoutMs: 60_000 });
    assert.equal([changed.status, changed.json.legacyTimeoutMs], [200, 60_000]);
    assert.is((await world.api("PATCH", path, { legacyTimeoutMs: 99 })).status, 400);
    isRaised = true;
    assert.is((await world.api("POST", `/v1/tasks/${taskId}/retry`)).status, 200);
    assert.is((await world.ended(taskId)).state, "succeeded");
  } finally {
    await world.stop();
  }
});

test("what a task keeps: dropped credentials are said in the log, a copy has the same profile", async () => {
  const world = await startEmbedded();
  try {
    const url = world.receiver.url(SUCCESS);
    const withName = url.replace("http://", "http://user:pass@").concat("?x={city:.*}");
    const { text: taskId } = await add(world, { url: withName }, "admin", "admin");
    const task = await world.ended(taskId);
    assert.equal([task.url, task.profile, task.timeoutMs], [`${url}?x={city:.*}`, "kkbida", 60_000]);
    const [call] = world.receiver.calls(taskId);
    assert.is(call?.path, `${new URL(url).pathname}?x=%E4%B8%8A%E6%B5%B7`);
    assert.is(call?.body.toString(), '{"city":"上海"}');
    assert.not.ok("authorization" in (call?.headers ?? {}));
    const dropped = () => world.nodes[0]?.records("user name and password in a URL were dropped") ?? [];
    await until("the log", () => dropped().some((line) => line.taskId === taskId));
    assert.not.match(world.nodes[0]?.log ?? "", /user:pass/);
    const copy = await world.api("POST", `/v1/tasks/${taskId}/resend`, { note: "again" });
    assert.is(copy.status, 202, copy.text);
    const resent = await world.ended(copy.json.taskId);
    assert.equal([resent.state, resent.profile], ["succeeded", "kkbida"]);
    assert.is(world.receiver.calls(copy.json.taskId)[0]?.path, call?.path);
    const own = await world.submit({ url });
    assert.is((await world.task(own)).profile, null);
  } finally {
    await world.stop();
  }
});

test.run();
