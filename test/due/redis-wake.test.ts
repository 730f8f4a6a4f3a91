/** Wake-ups from Redis, where the subscription does not succeed at once. */
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { millis } from "../../core/clock.ts";
import { RedisWake } from "../../due/redis-wake.ts";
import { until } from "../e2e/kit/until.ts";
import { redisUrl } from "../servers/env.ts";

const test = suite("due set: Redis, its wake-ups");

test("a subscription that was refused is repeated on the same connection", async () => {
  const url = await redisUrl();
  const admin = new Redis(url);
  // From Redis 6.2 on a user may connect, and still not listen to any channel.
  await admin.call("ACL", "SETUSER", "node", "on", ">word", "~*", "+@all", "resetchannels");
  const wake = new RedisWake(url.replace("redis://", "redis://node:word@"), millis(400), () => undefined);
  const listeners = async () => ((await admin.pubsub("NUMSUB", "bida:wake")) as [string, number])[1];
  const refusals = async () => /errorstat_NOPERM:count=(\d+)/.exec(await admin.info("errorstats"))?.[1];
  await until("a refusal", async () => Number((await refusals()) ?? 0) > 0);
  assert.is(await listeners(), 0);
  const connections = async () =>
    Number(/total_connections_received:(\d+)/.exec(await admin.info("stats"))?.[1]);
  const before = await connections();
  await admin.call("ACL", "SETUSER", "node", "allchannels");
  await until("the subscription", async () => (await listeners()) === 1);
  assert.is(await connections(), before);
  wake.close();
  admin.disconnect();
});

test.run();
