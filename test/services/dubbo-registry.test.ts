// The provider's entry in a real Redis, as Dubbo's consumers look for it.
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RedisRegistry } from "../../services/dubbo/redis-registry.ts";
import { Registration } from "../../services/dubbo/registry.ts";
import { until } from "../e2e/kit/until.ts";
import { start } from "../servers/redis.ts";
import type { TestServer } from "../servers/server.ts";

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
