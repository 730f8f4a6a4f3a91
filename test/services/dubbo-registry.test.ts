// The provider's entry in a real Redis, as Dubbo's consumers look for it.
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RedisRegistry } from "../../services/dubbo/redis-registry.ts";
import { Registration } from "../../services/dubbo/registry.ts";
import { until } from "../e2e/kit/until.ts";
import { start } from "../servers/redis.ts";
import type { TestServer } from "../servers/server.ts";
import { startWay } from "../servers/way.ts";

const test = suite("dubbo registry");
const KEY = "/dubbo/cn.keking.callcenter.sdk.service.CallBackService/providers";
const PROVIDER = "dubbo://192.0.2.2:20880/cn.keking.callcenter.sdk.service.CallBackService?version=1.0";

let server: TestServer;
let redis: Redis;
let over = false;
/** A client that is closed while it connects would connect again for ever. */
const retryStrategy = () => (over ? null : 50);
const heard: string[] = [];
const lines: string[] = [];
const log = {
  info: (_: object, text: string) => lines.push(text),
  warn: (_: object, text: string) => lines.push(text),
  error: (_: object, text: string) => lines.push(text),
} as never;

test.before(async () => {
  server = await start();
  redis = new Redis(server.url, { retryStrategy });
  redis.on("error", () => undefined);
  const listener = new Redis(server.url, { retryStrategy });
  listener.on("error", () => undefined).on("message", (channel, text) => heard.push(`${channel} ${text}`));
  await listener.subscribe(KEY);
  test.after(() => {
    listener.disconnect();
  });
});
test.after(async () => {
  over = true;
  redis.disconnect();
  await server.stop();
});

const registry = (now = Date.now, query = "") =>
  new RedisRegistry(new URL(`${server.url}${query}`), PROVIDER, now);

test("an entry that counts for a minute, announced once; renewing moves its end", async () => {
  let now = 1_700_000_000_000;
  const own = registry(() => now);
  await own.renew();
  assert.equal(await redis.hgetall(KEY), { [PROVIDER]: String(now + 60_000) });
  await until("it is announced", () => heard.length === 1);
  now += 30_000;
  await own.renew();
  assert.equal(await redis.hgetall(KEY), { [PROVIDER]: String(now + 60_000) });
  await redis.del(KEY);
  await own.renew();
  await until("a lost entry is announced again", () => heard.length === 2);
  await own.remove();
  await until("its end is announced", () => heard.length === 3);
  assert.equal(heard.splice(0), [`${KEY} register`, `${KEY} register`, `${KEY} unregister`]);
  assert.equal(await redis.hgetall(KEY), {});
});

test("a provider that was away for longer than its entry counts is announced again, though the entry is still there", async () => {
  let now = 1_700_000_000_000;
  const own = registry(() => now);
  await own.renew();
  now += 61_000;
  await own.renew();
  await until("both are announced", () => heard.length === 2);
  await own.remove();
  await until("its end is announced", () => heard.length === 3);
  heard.length = 0;
});

test("a renewal that failed in part is announced by the next", async () => {
  const own = registry();
  await own.renew();
  await until("it is announced", () => heard.length === 1);
  // The entry can be written, and nothing told.
  await redis.acl("SETUSER", "default", "-publish");
  await redis.del(KEY);
  assert.match(String(await own.renew().catch((error: Error) => error.message)), /NOPERM/);
  await redis.acl("SETUSER", "default", "+publish");
  await own.renew();
  await until("it is announced again", () => heard.length === 2);
  await own.remove();
  await until("its end is announced", () => heard.length === 3);
  heard.length = 0;
});

test("a connection that went silent is given up, and one that leads to a replica", async () => {
  const way = await startWay(server.port);
  const own = new RedisRegistry(new URL(`redis://127.0.0.1:${way.port}`), PROVIDER, Date.now);
  let lost = 0;
  own.onLost(() => lost++);
  await own.renew();
  way.silence();
  await own.renew().catch(() => undefined);
  await until("the connection to be given up", () => lost === 1);
  await own.renew();
  // What it is connected to becomes a replica, and the way leads to the new primary.
  const next = await start();
  const primary = new Redis(next.url);
  await redis.replicaof("127.0.0.1", String(next.port));
  way.leadTo(next.port);
  await until("the new primary to have it", async () => {
    await own.renew().catch(() => undefined);
    return primary.hlen(KEY);
  });
  await own.remove();
  await redis.replicaof("NO", "ONE");
  primary.disconnect();
  await Promise.all([way.stop(), next.stop()]);
  heard.length = 0;
});

test("another root, as consumers with a group have it", async () => {
  const own = registry(Date.now, "?group=other");
  await own.renew();
  assert.is(await redis.hlen(KEY.replace("/dubbo/", "/other/")), 1);
  await own.remove();
});

test("a Redis that was restarted empty has the entry again; a stop takes it out", async () => {
  const registration = new Registration(registry(), log);
  await until("it is in", () => redis.hlen(KEY));
  await server.restart();
  await until("it is in again", () => redis.hlen(KEY).catch(() => 0));
  await registration.stop();
  assert.is(await redis.hlen(KEY), 0);
  assert.equal([lines[0], lines.at(-1)], ["in the Dubbo registry", "taken out of the Dubbo registry"]);
});

test("a registry that is away is tried on, and does not hold up a stop for long", async () => {
  await server.down();
  lines.length = 0;
  const registration = new Registration(registry(), log);
  await until("it says so", () => lines.includes("the Dubbo registry does not answer; trying on"));
  await server.up();
  await until("it is in", () => redis.hlen(KEY).catch(() => 0));
  await server.down();
  const startedAt = performance.now();
  await registration.stop();
  assert.ok(performance.now() - startedAt < 10_000);
  assert.ok(lines.includes("not taken out of the Dubbo registry") || lines.length > 0);
  await server.up();
});

test.run();
