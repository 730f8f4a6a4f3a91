/** Failovers by name, of MySQL and of Redis: the former primary takes no writes and keeps its connections. @takes 35 s */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dump, restore } from "../chaos/harness/dump.ts";
import { Link } from "../chaos/harness/link.ts";
import * as mariadb from "../servers/mariadb.ts";
import * as redis from "../servers/redis.ts";
import { type TestServer, temporaryFolder } from "../servers/server.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { gate } from "./kit/gate.ts";
import { until } from "./kit/until.ts";

const test = suite("failover in a cluster");
const LEASE_MS = 3_000;
/** An account that a read-only server refuses: root is none. */
const SETUP = `CREATE DATABASE bida CHARACTER SET utf8mb4; CREATE USER bida@'127.0.0.1' IDENTIFIED BY 'secret';
  GRANT ALL ON bida.* TO bida@'127.0.0.1'`;
let former: TestServer;
let next: TestServer;
let formerRedis: TestServer;
let nextRedis: TestServer;
/** The names. */
let link: Link;
let redisLink: Link;
let cluster: Cluster;

async function asRoot(server: TestServer, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: server.url, multipleStatements: true });
  try {
    return (await connection.query<RowDataPacket[]>(sql))[0];
  } finally {
    await connection.end();
  }
}

test.before(async () => {
  [former, next] = await Promise.all([mariadb.start(), mariadb.start()]);
  [formerRedis, nextRedis] = await Promise.all([redis.start(), redis.start()]);
  await Promise.all([former, next].map((server) => asRoot(server, SETUP)));
  link = await Link.start(former.port);
  redisLink = await Link.start(formerRedis.port);
  cluster = await startCluster({
    plan: [
      { services: "api,admin" },
      { services: "scheduler" },
      { services: "scheduler" },
      { services: "dispatcher" },
      { services: "dispatcher" },
    ],
    databaseUrl: `mysql://bida:secret@127.0.0.1:${link.port}/bida`,
    env: { BIDA_LEASE_MS: String(LEASE_MS), BIDA_REDIS_URL: `redis://127.0.0.1:${redisLink.port}/0` },
  });
});
test.after(async () => {
  await cluster.stop();
  await Promise.all([link.stop(), redisLink.stop()]);
  await Promise.all([former, next, formerRedis, nextRedis].map((server) => server.stop()));
});

test("outcomes are kept, nothing is called twice, and accepting is back soon after the name has moved", async () => {
  const { receiver } = cluster;
  const held = gate();
  const url = receiver.url();
  const ids: string[] = [];
  let loaded = true;
  /** Accepted after the name had moved, monotonic ms. */
  const moved = { at: Number.POSITIVE_INFINITY, acceptedAt: Number.POSITIVE_INFINITY };
  const load = async () => {
    while (loaded) {
      ids.push(await cluster.submit({ url }));
      if (performance.now() > moved.at) moved.acceptedAt = Math.min(moved.acceptedAt, performance.now());
    }
  };
  const loads = [load(), load(), load()];
  const heldUrl = receiver.url(held.answer);
  const underWay = await Promise.all(
    Array.from({ length: 20 }, () => cluster.submit({ url: heldUrl, timeoutMs: 60_000 })),
  );
  await Promise.all(underWay.map((taskId) => receiver.waitForCalls(taskId, 1)));

  await asRoot(former, "SET GLOBAL read_only = 1");
  held.open();
  const answered = () => underWay.every((taskId) => receiver.calls(taskId)[0]?.endedAt !== null);
  await until("the held calls to end", answered);
  // As long as it takes that a lease which nobody renews runs out and its task is given to somebody else.
  await pause(2 * LEASE_MS);
  const file = join(temporaryFolder("dump"), "dump.sql");
  await dump(new URL("bida", former.url).href, file);
  await restore(new URL("bida", next.url).href, file);
  link.retarget(next.port);
  moved.at = performance.now();
  await until("a task to be accepted", () => moved.acceptedAt < Number.POSITIVE_INFINITY);
  assert.ok(moved.acceptedAt - moved.at < 15_000, `${moved.acceptedAt - moved.at} ms`);
  const strangers = async () =>
    (await asRoot(former, "SHOW PROCESSLIST")).filter(({ User }) => User === "bida").length;
  await until("the former primary to be left", async () => (await strangers()) === 0, 30_000, 100);
  loaded = false;
  await Promise.all(loads);

  for (const taskId of [...underWay, ...ids]) {
    const task = await cluster.ended(taskId, 30_000);
    assert.equal([task.state, task.callCount], ["succeeded", 1]);
    assert.is(receiver.calls(taskId).length, 1);
  }
  assert.ok(ids.length > 20);
});

test("Redis: a replica takes over, the former one says READONLY: calls go on soon, and none is repeated", async () => {
  const { receiver } = cluster;
  const held = gate();
  const heldUrl = receiver.url(held.answer);
  const submit = (url: string, more = {}) => cluster.submit({ url, timeoutMs: 60_000, ...more });
  const underWay = await Promise.all(Array.from({ length: 20 }, () => submit(heldUrl)));
  await Promise.all(underWay.map((taskId) => receiver.waitForCalls(taskId, 1)));
  const [old, replica] = [formerRedis, nextRedis].map(({ url }) => new Redis(url)) as [Redis, Redis];
  try {
    await replica.replicaof("127.0.0.1", formerRedis.port);
    const linked = async () => /master_link_status:up/.test(await replica.info("replication"));
    await until("the replica to have it all", linked);
    await replica.replicaof("NO", "ONE");
    redisLink.retarget(nextRedis.port);
    await old.replicaof("127.0.0.1", nextRedis.port);
    const since = performance.now();
    // Of these the due set must know: they are not called on the short way.
    const waiting = await Promise.all(
      Array.from({ length: 5 }, () => submit(receiver.url(), { delayMs: 1 })),
    );
    await Promise.all(waiting.map((taskId) => receiver.waitForCalls(taskId, 1, 40_000)));
    assert.ok(performance.now() - since < 20_000, `${performance.now() - since} ms`);
    held.open();
    for (const taskId of [...underWay, ...waiting]) {
      assert.is((await cluster.ended(taskId, 30_000)).callCount, 1);
      assert.is(receiver.calls(taskId).length, 1);
    }
  } finally {
    old.disconnect();
    replica.disconnect();
  }
});

test.run();
