// @takes 8 s
import { Redis } from "ioredis";
import { RedisDueSet } from "../../due/redis.ts";
import { redisUrl } from "../servers/env.ts";
import { conformance } from "./conformance.ts";

const url = await redisUrl();

conformance("Redis", async (options) => {
  const admin = new Redis(url);
  await admin.flushall();
  admin.disconnect();
  const up = Promise.withResolvers<void>();
  const set = new RedisDueSet(url, options, (connected) => connected && up.resolve());
  await up.promise;
  await set.counts(); // Also learns Redis's clock.
  return set;
});
