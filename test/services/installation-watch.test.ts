// What belongs together, over a real MariaDB and real Redis servers: restored databases, old copies, strangers. @takes 20 s
import { Redis } from "ioredis";
import type { Logger } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, millis } from "../../core/clock.ts";
import { ConfigError } from "../../core/config.ts";
import { laneOf, newTaskId } from "../../core/ids.ts";
import { RedisDueSet } from "../../due/redis.ts";
import { InstallationWatch } from "../../services/node/installation-watch.ts";
import { RedisWatch } from "../../services/node/redis-watch.ts";
import type { Database } from "../../store/database.ts";
import { readInstallation } from "../../store/installation.ts";
import { redisUrl } from "../servers/env.ts";
import { closeDatabase, freshDatabase, given, KINDS } from "../store/fixtures.ts";

const test = suite("installation watch");
const mysql = KINDS.find(({ dialect }) => dialect === "mysql") as (typeof KINDS)[number];
let db: Database;
let url: string;
let redis: Redis;
let said: [level: string, fields: Record<string, unknown>, text: string][];
const opened: RedisDueSet[] = [];

test.before.each(async () => {
  [db, url] = await Promise.all([freshDatabase(mysql), redisUrl()]);
  redis = new Redis(url);
  said = [];
});
test.after.each(async () => {
  for (const set of opened.splice(0)) await set.close();
  redis.disconnect();
  await closeDatabase(db);
});

const tell = (level: string) => (fields: Record<string, unknown> | string, text?: string) => {
  said.push(typeof fields === "string" ? [level, {}, fields] : [level, fields, text ?? ""]);
};
const log = { info: tell("info"), warn: tell("warn"), error: tell("error") } as unknown as Logger;
const texts = () => said.map(([, , text]) => text);

/** A node of the installation whose database `on` is. */
async function node(nodeID = "n1", at = url, on = db) {
  const up = Promise.withResolvers<void>();
  const options = { leaseMs: millis(10_000), window: 8 };
  const due = new RedisDueSet(at, options, (isUp) => isUp && up.resolve());
  opened.push(due);
  await up.promise;
  await due.counts();
  const { id } = await readInstallation(on);
  const watch = new InstallationWatch(id, { db: on, due, clock: due.clock, log, nodeID, embedded: false });
  return { due, watch };
}

/** As time passes: the epoch grows once in so many seconds. */
async function grow({ watch }: { watch: InstallationWatch }): Promise<number> {
  const { epoch } = await readInstallation(db);
  await db.knex("installation").update({ seen_at: Date.now() - 6_000 });
  await watch.check();
  const grown = (await readInstallation(db)).epoch;
  assert.is(grown, epoch + 1);
  return grown;
}

const refuses = (work: Promise<unknown>) =>
  work.then(
    () => assert.unreachable(),
    (error) => assert.is(error.code, "unavailable"),
  );

const entry = () => ({
  taskId: newTaskId(),
  lane: laneOf("http://a"),
  app: 0,
  first: false,
  dueAt: epochMs(Date.now() + 3_600_000),
});

test("the epoch grows in the database, and the due set follows", async () => {
  const one = await node();
  await one.watch.check();
  for (let i = 0; i < 3; i++) {
    const epoch = await grow(one);
    const told = await one.due.belongsTo({ installation: one.watch.id, epoch: 0 });
    assert.equal([told.lowest, told.highest, told.installation], [epoch, epoch, one.watch.id]);
  }
  assert.equal(said, []);
});

test("while nothing changes, a look asks the due set once, and writes nothing", async () => {
  const one = await node();
  await one.watch.check();
  await one.watch.check();
  const rows = async () => [
    await db.knex("installation").select(),
    await db.knex("installation_nodes").select(),
  ];
  const before = await rows();
  const told: number[] = [];
  const ask = one.due.belongsTo.bind(one.due);
  one.due.belongsTo = (owner) => {
    told.push(owner.epoch);
    return ask(owner);
  };
  await one.watch.check();
  assert.equal([told, await rows()], [[0], before]);
  // Others take a node for gone that says nothing for long.
  await db.knex("installation_nodes").update({ seen_at: db.knex.raw("seen_at - 4000") });
  const [[own]] = [await db.knex("installation_nodes").select()];
  await one.watch.check();
  const [[again]] = [await db.knex("installation_nodes").select()];
  assert.ok(Number(again.seen_at) >= Number(own.seen_at) + 4_000);
  assert.is(again.since, own.since);
});

test("a database that was restored from an hour ago: the due set is emptied, once, and has to be rebuilt", async () => {
  const [one, two] = [await node("n1"), await node("n2")];
  await one.watch.check();
  const old = (await readInstallation(db)).epoch;
  await grow(one);
  await grow(two);
  await one.due.add([entry()]);
  await one.due.markRebuilt();
  await db.knex("installation").update({ epoch: old });
  await Promise.all([one.watch.check(), two.watch.check()]);
  assert.ok(texts().every((text) => text === "the database was restored from an older copy"));
  assert.ok(said.length > 0);
  assert.is(await one.due.intact(), false);
  assert.equal(await one.due.counts(), { waiting: 0, ready: 0, leased: 0 });
  said = [];
  await one.due.markRebuilt();
  await one.watch.check();
  await grow(two);
  assert.equal(said, []);
  assert.is(await one.due.intact(), true);
});

test("Redis that comes back with an older copy of its data is emptied; one that was merely away is not", async () => {
  const one = await node();
  await one.watch.check();
  const { epoch } = await readInstallation(db);
  await one.due.add([entry()]);
  await one.due.markRebuilt();
  await grow(one);
  // A node that died between the database and Redis leaves a difference of one.
  await db.knex("installation").update({ epoch: epoch + 2, seen_at: Date.now() });
  await one.watch.check();
  assert.equal(said, []);
  for (let p = 0; p < 8; p++) await redis.hset(`bida:{${p}}:installation`, "epoch", epoch - 1);
  await one.watch.check();
  assert.equal(texts(), ["Redis came back with an older copy of its data"]);
  assert.is(await one.due.intact(), false);
});

test("a Redis that another installation uses is refused at the start; one that it left is taken over", async () => {
  const theirs = await freshDatabase(mysql);
  const stranger = await node("s1", url, theirs);
  await stranger.watch.check();
  await stranger.due.add([entry()]);
  const one = await node();
  const refused = await one.watch.checkAtBoot().then(
    () => null,
    (error) => error,
  );
  assert.instance(refused, ConfigError);
  assert.match(refused.message, /^BIDA_REDIS_URL: this Redis is used by another installation \(/);
  assert.not.match(refused.message, /\n/);
  await refuses(one.due.counts());
  await stranger.watch.check();
  assert.is((await stranger.due.counts()).waiting, 1, "the other one is left alone");
  for (let p = 0; p < 8; p++) await redis.hset(`bida:{${p}}:installation`, "seen_at", Date.now() - 61_000);
  await one.watch.checkAtBoot();
  assert.equal(await one.due.counts(), { waiting: 0, ready: 0, leased: 0 });
  assert.ok(texts().includes("the Redis was another installation's, which has left it"));
  await closeDatabase(theirs);
});

test("two Redis: the node that came later claims nothing, says so once, and goes on when it may", async () => {
  const first = await node("a-later-name");
  await first.watch.check();
  const second = await node("a-name", await redisUrl());
  for (let i = 0; i < 3; i++) await second.watch.check();
  assert.equal(texts(), ["this Redis is not ours"]);
  assert.match(String(said[0]?.[1].why), /node a-later-name of this installation uses another Redis/);
  await refuses(second.due.claim("h", 1));
  await first.watch.check();
  await first.due.claim("h", 1);
  await first.watch.stop();
  await second.watch.check();
  assert.equal(texts(), ["this Redis is not ours", "this Redis is ours again"]);
  await second.due.claim("h", 1);
});

test("a Redis that is replaced for all is agreed on", async () => {
  const [one, two] = [await node("n1"), await node("n2")];
  await one.watch.check();
  await two.watch.check();
  // What an empty server says of itself is another name.
  await redis.flushall();
  for (let i = 0; i < 3; i++) for (const { watch } of [one, two]) await watch.check();
  await one.due.claim("h", 1);
  await two.due.claim("h", 1);
});

test("the clock was two minutes ahead: calls get back the pauses they had, those that may have been asked for by the time of day stay", async () => {
  const one = await node();
  await one.watch.check();
  const now = one.due.clock.now();
  const [retry, first, usual, atOnce, handed] = await given(db, {}, {}, {}, {}, {});
  const set = (task: typeof retry, row: object) =>
    db
      .knex("tasks")
      .where("task_id", Buffer.from(String(task?.taskId).replaceAll("-", ""), "hex"))
      .update(row);
  const ahead = now + 120_000;
  await set(retry, { call_count: 1, updated_at: ahead, next_call_at: ahead + 5_000 });
  await set(first, { call_count: 0, updated_at: ahead, next_call_at: ahead + 5_000 });
  await set(usual, { call_count: 1, updated_at: now, next_call_at: now + 60_000 });
  const immediate = { call_count: 0, created_at: ahead, updated_at: ahead, next_call_at: ahead };
  await set(atOnce, immediate);
  await set(handed, { ...immediate, handed_until: ahead + 10_000 });
  await db.knex("installation").update({ seen_at: ahead });
  await one.watch.check();
  const due = async (task: typeof retry) => {
    const row = await db
      .knex("tasks")
      .where("task_id", Buffer.from(String(task?.taskId).replaceAll("-", ""), "hex"))
      .first("next_call_at");
    return Number(row.next_call_at);
  };
  const wait = (await due(retry)) - now;
  assert.ok(wait >= 5_000 && wait < 35_000, `${wait} ms`);
  assert.is(await due(first), ahead + 5_000);
  assert.is(await due(usual), now + 60_000);
  assert.ok((await due(atOnce)) < now + 30_000);
  assert.is(await due(handed), ahead, "its dispatcher has it under that time");
  const [line] = said;
  assert.equal([line?.[2], line?.[1].calls], ["the clock was set back", 2]);
  const { waiting, ready } = await one.due.counts();
  assert.is(waiting + ready, 2, "their places in the due set too");
  said = [];
  await one.watch.check();
  assert.equal(said, []);
});

test("a Redis that may evict is told of when it is set so, and when it is not any more", async () => {
  const { due } = await node();
  const watch = new RedisWatch(() => due.memory(), log);
  await watch.check();
  assert.equal(said, []);
  await redis.config("SET", "maxmemory-policy", "allkeys-lru");
  await watch.check();
  await watch.check();
  await redis.config("SET", "maxmemory-policy", "noeviction");
  await watch.check();
  assert.equal(
    said.map(([level]) => level),
    ["error", "info"],
  );
  assert.is(said[0]?.[1].policy, "allkeys-lru");
});

test.run();
