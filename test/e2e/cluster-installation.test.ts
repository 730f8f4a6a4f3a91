/** What belongs together: a database, its Redis and its nodes; and what is noticed where it does not. @takes 80 s */
import { join } from "node:path";
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { laneOf } from "../../core/ids.ts";
import { partitionOf } from "../../due/members.ts";
import { FOREIGN_LINE } from "../../services/node/foreign-nodes.ts";
import { closeDatabase, openDatabase } from "../../store/database.ts";
import { stateCode } from "../../store/rows.ts";
import { dump, restore } from "../chaos/harness/dump.ts";
import { redisUrl } from "../servers/env.ts";
import { freePort } from "../servers/ports.ts";
import { temporaryFolder } from "../servers/server.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { gate } from "./kit/gate.ts";
import { BidaNode } from "./kit/node.ts";
import { until } from "./kit/until.ts";

const PLAN = [{ services: "api,admin" }, { services: "scheduler" }, { services: "dispatcher" }];
const ENV = { BIDA_LEASE_MS: "3000" };
const test = suite("installation");
let world: Cluster;
let redis: Redis;

test.before(async () => {
  world = await startCluster({ plan: PLAN, env: ENV });
  redis = new Redis(world.redisUrl);
});
test.after(async () => {
  redis.disconnect();
  await world.stop();
});

const said = (cluster: Cluster, message: string) => cluster.nodes.flatMap((node) => node.records(message));

test("Redis loses the leases, their holders, their counts: what waits is delivered all the same", async () => {
  const { receiver } = world;
  const held = gate();
  const url = receiver.url(held.answer);
  const key = (rest: string) => `bida:{${partitionOf({ lane: laneOf(new URL(url).origin) })}}:${rest}`;
  const submit = () => world.submit({ url, timeoutMs: 60_000 });
  const ids = await Promise.all(Array.from({ length: 20 }, submit));
  await Promise.all(ids.map((taskId) => receiver.waitForCalls(taskId, 1)));
  const repairs = () => said(world, "the due set was inconsistent, and was repaired").length;
  for (const part of ["lease", "holder", "leased"]) {
    const before = repairs();
    await redis.del(key(part));
    await redis.hset(key("leased"), laneOf(new URL(url).origin), 290);
    await until("a repair", () => repairs() > before);
  }
  held.open();
  const late = await Promise.all(Array.from({ length: 20 }, submit));
  for (const taskId of [...ids, ...late]) assert.is((await world.ended(taskId, 30_000)).state, "succeeded");
  const lane = laneOf(new URL(url).origin);
  await until("exact counts", async () => (await redis.hget(key("leased"), lane)) === null);
});

test("Redis that may evict is told of, also when it is set at run time", async () => {
  await redis.config("SET", "maxmemory-policy", "allkeys-lru");
  const line = await until(
    "the line",
    () => said(world, "Redis may evict keys; set its maxmemory-policy to noeviction")[0],
  );
  assert.is(line.policy, "allkeys-lru");
});

test("a dump that is restored beside the Redis of later: every task ends", async () => {
  const { receiver } = world;
  const databaseUrl = world.nodes[0]?.env.BIDA_DATABASE_URL as string;
  const database = openDatabase({ databaseUrl, dataDir: "" });
  let fails = true;
  const url = receiver.url((response) => {
    response.statusCode = fails ? 500 : 200;
    response.end();
  });
  const retry = { strategy: "fixed", delayMs: 3_600_000 };
  const ids = await Promise.all(
    Array.from({ length: 7 }, () => world.submit({ url, delayMs: 15_000, retry })),
  );
  const file = join(temporaryFolder("dump"), "dump.sql");
  await dump(databaseUrl, file);
  // In what is restored they are due in a moment; what Redis knows by then is that they wait for an hour.
  await Promise.all(ids.map((taskId) => receiver.waitForCalls(taskId, 1)));
  await until("their retries", async () => {
    const rows = await database
      .knex("tasks")
      .where({ state: stateCode("pending"), call_count: 1 })
      .count({ n: "*" });
    return Number(rows[0]?.n) === ids.length;
  });
  const epoch = async () => Number((await database.knex("installation").first("epoch")).epoch);
  const before = await epoch();
  await until("the epoch to grow", async () => (await epoch()) > before);
  fails = false;
  await restore(databaseUrl, file);
  await until("the line", () => said(world, "the database was restored from an older copy")[0]);
  for (const taskId of ids) assert.is((await world.ended(taskId, 30_000)).state, "succeeded");
  await closeDatabase(database);
});

test("a scheduler with another Redis than the others' does not start", async () => {
  const { env } = world.nodes[1] as BidaNode;
  const other = new BidaNode({
    ...env,
    BIDA_REDIS_URL: await redisUrl(),
    BIDA_PORT: String(await freePort()),
  });
  assert.is(await until("its end", () => other.ended, 40_000), "exit 2");
  assert.match(other.stderr, /BIDA_REDIS_URL: node \S+ of this installation uses another Redis/);
});

test("a Redis that another installation uses is refused at the start", async () => {
  const { env } = world.nodes[1] as BidaNode;
  const url = await redisUrl();
  const theirs = new Redis(url);
  const owner = { id: "another", epoch: 7, seen_at: Date.now() };
  for (let p = 0; p < 8; p++) await theirs.hset(`bida:{${p}}:installation`, owner);
  theirs.disconnect();
  const node = new BidaNode({ ...env, BIDA_REDIS_URL: url, BIDA_PORT: String(await freePort()) });
  assert.is(await until("its end", () => node.ended, 60_000), "exit 2");
  assert.match(node.stderr, /BIDA_REDIS_URL: this Redis is used by another installation \(another\)/);
});

test("two installations on one NATS: nothing is called twice, everything is found, and each tells of the other once", async () => {
  // Without a dispatcher, which would be of the installation that it meets first.
  const other = await startCluster({ plan: PLAN.slice(0, 2), env: ENV, bus: world.bus });
  try {
    const { receiver } = world;
    const alone = await other.submit({ url: receiver.url() });
    const ids = await Promise.all(Array.from({ length: 100 }, () => world.submit({ url: receiver.url() })));
    for (const taskId of ids) {
      assert.is((await world.ended(taskId, 30_000)).callCount, 1);
      assert.is(receiver.calls(taskId).length, 1);
    }
    assert.is((await other.task(alone)).state, "pending", "the one without a dispatcher gets nobody else's");
    for (const cluster of [world, other]) {
      for (const node of cluster.nodes) {
        const lines = node.records(FOREIGN_LINE);
        const told = lines.map(({ node: id }) => id);
        assert.is(new Set(told).size, told.length, "once per node");
      }
      assert.ok(said(cluster, FOREIGN_LINE).length > 0);
    }
    // Which of the two is a dispatcher's that has no database, and meets both?
    const { env: own } = other.nodes[1] as BidaNode;
    const lost = new BidaNode({
      ...own,
      SERVICES: "dispatcher",
      BIDA_PORT: String(await freePort()),
      BIDA_DATA_DIR: temporaryFolder("e2e"),
    });
    try {
      await until("it to say so", () => lost.records("several installations are on this NATS")[0]);
      assert.is((await other.task(alone)).state, "pending");
      for (const node of world.nodes) await node.stop();
      await until("one to be left", () => lost.records("only one installation is left on this NATS")[0]);
      assert.is((await other.ended(alone, 30_000)).callCount, 1);
    } finally {
      await lost.stop();
    }
  } finally {
    await other.stop();
  }
});

test.run();
