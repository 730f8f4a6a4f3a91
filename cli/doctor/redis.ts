/** Redis itself: what it is, and whether it keeps what it is given. */
import type { Config } from "../../core/config.ts";
import { connect } from "../../due/redis-scripts.ts";
import { isLocal } from "./database.ts";
import { bad, type Finding, ok, reasonOf, skewOf, warn } from "./finding.ts";

const ABOUT = "redis";
/** Scripts that replicate their effects, `GETDEL` and the like. */
const OLDEST = 6;
/** How long it may take to connect, in ms. */
const PATIENCE = 4_000;

/** @param whenSound what else is looked at where it answers */
export async function* redisFindings(
  config: Config,
  whenSound: () => AsyncGenerator<Finding>,
): AsyncGenerator<Finding> {
  const { redisUrl } = config;
  if (redisUrl === null) return;
  const { host } = new URL(redisUrl);
  const redis = connect(redisUrl);
  let said: Error | null = null;
  redis.on("error", (error: Error) => {
    said = error;
  });
  try {
    await ready(redis, PATIENCE);
    const info = fieldsOf(await redis.info());
    yield* serverFindings(info, host);
    if (!redisUrl.startsWith("rediss:") && !isLocal(redisUrl))
      yield warn(ABOUT, "the connection is not encrypted", "use rediss://, or keep it in a private network");
    const sentAt = Date.now();
    const [seconds, micros] = await redis.time();
    const theirs = Number(seconds) * 1_000 + Number(micros) / 1_000;
    yield skewOf(ABOUT, "its", Math.round(theirs - (sentAt + Date.now()) / 2));
    yield* whenSound();
  } catch (error) {
    yield bad(
      ABOUT,
      `${host} does not answer: ${reasonOf(said ?? error)}`,
      "start it, or look at BIDA_REDIS_URL",
    );
  } finally {
    redis.disconnect();
  }
}

function* serverFindings(info: Map<string, string>, host: string): Generator<Finding> {
  const version = info.get("redis_version") ?? "";
  const name = info.has("valkey_version") ? `Valkey ${info.get("valkey_version")}` : `Redis ${version}`;
  const isOld = Number(version.split(".")[0]) < OLDEST;
  yield isOld
    ? warn(ABOUT, `${name} is older than what Bida is tested with`, `use Redis ${OLDEST} or newer`)
    : ok(ABOUT, `${host} answers: ${name}`);
  const policy = info.get("maxmemory_policy") ?? "noeviction";
  yield policy === "noeviction"
    ? ok(ABOUT, "it evicts no keys")
    : bad(
        ABOUT,
        `it may evict keys (maxmemory-policy ${policy}): calls may be repeated`,
        "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf",
      );
  if (info.get("role") !== "master")
    yield bad(
      ABOUT,
      `it is a replica (role ${info.get("role")}), which takes no writes`,
      "BIDA_REDIS_URL must lead to the primary",
    );
  if (info.get("aof_enabled") !== "1")
    yield warn(
      ABOUT,
      "it keeps no append-only file: after a restart the due set is built anew",
      "appendonly yes; nothing is lost without it",
    );
  const [used, most] = [Number(info.get("used_memory")), Number(info.get("maxmemory"))];
  if (most > 0 && used > 0.8 * most)
    yield warn(
      ABOUT,
      `${Math.round((100 * used) / most)} % of its memory are used`,
      "give it more (maxmemory)",
    );
}

/** INFO's lines. */
const fieldsOf = (text: string): Map<string, string> =>
  new Map(
    Array.from(text.matchAll(/^(\w+):(.*?)\r?$/gm), ([, name, value]) => [name as string, value as string]),
  );

/** @throws Error where it does not become ready in time */
export function ready(redis: ReturnType<typeof connect>, withinMs: number): Promise<void> {
  if (redis.status === "ready") return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), withinMs);
    redis.once("ready", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
