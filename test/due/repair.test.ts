// Parts of Redis's keys are lost at random, between operations at random: after a repair all counts are exact, and all that is
// open can be claimed. @takes 12 s
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, later, millis } from "../../core/clock.ts";
import { NO_SETTINGS } from "../../core/destination.ts";
import { laneOf, newTaskId, type TaskId } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import type { DueSetOptions } from "../../due/due-set.ts";
import { lacksEntries } from "../../due/findings.ts";
import { RULES } from "../../due/lane-rules.ts";
import { partitionOf } from "../../due/members.ts";
import { RedisDueSet } from "../../due/redis.ts";
import { redisUrl } from "../servers/env.ts";
import { Workbench } from "./workbench.ts";

const url = await redisUrl();
const LEASE = millis(300);
const LANES = Array.from({ length: 6 }, (_, i) => laneOf(`http://lost${i}`));

const test = suite("due set: Redis, what is lost in part");
let redis: Redis;
let set: RedisDueSet;

async function create(more: Partial<DueSetOptions> = {}): Promise<void> {
  redis = new Redis(url);
  await redis.flushall();
  const up = Promise.withResolvers<void>();
  set = new RedisDueSet(url, { leaseMs: LEASE, window: 8, ...more }, (isUp) => isUp && up.resolve());
  await up.promise;
  await set.counts();
}

test.after.each(async () => {
  await set.close();
  redis.disconnect();
});

const nothing = { wrong: {}, settings: 0 };
const keyOf = (lane: DueEntry["lane"], rest: string) => `bida:{${partitionOf({ lane })}}:${rest}`;
const ids = (entries: DueEntry[]) => entries.map(({ taskId }) => taskId).sort();

for (const key of ["lease", "holder", "leased"]) {
  test(`a lane whose leases are counted wrongly opens again: ${key} is gone`, async () => {
    await create({ leaseMs: millis(60_000) });
    const lane = LANES[0] as DueEntry["lane"];
    const bench = new Workbench(set, lane);
    await bench.add(20);
    const held = await bench.claim();
    assert.is(held.length, 8);
    await redis.del(keyOf(lane, key));
    // Holders go on as if nothing had happened; this is where counts went wrong for ever.
    assert.equal((await set.extend("a", held)).lost, []);
    await set.check(true);
    assert.equal(await set.check(false), nothing);
    assert.equal(await set.counts(), { waiting: 0, ready: 12, leased: 8 });
    assert.is((await bench.status()).leased, 8);
    await bench.end(held, "ok");
    assert.is((await bench.claim()).length, 8);
    assert.equal(await set.check(false), nothing);
  });
}

test("a lane that is full in the counts, and holds nothing, is opened", async () => {
  await create();
  const lane = LANES[0] as DueEntry["lane"];
  const bench = new Workbench(set, lane);
  await redis.hset(keyOf(lane, "leased"), lane, 290);
  await bench.add(3);
  assert.equal(await bench.claim(), []);
  const findings = await set.check(true);
  assert.equal(findings.wrong.leased, 1);
  assert.not.ok(lacksEntries(findings));
  assert.is((await bench.claim()).length, 3);
});

test("what somebody holds is not given to others because its lease was lost", async () => {
  await create();
  const bench = new Workbench(set, LANES[0] as DueEntry["lane"]);
  const one = bench.entry();
  await set.add([one]);
  await set.claim("a", 1);
  await redis.del(keyOf(one.lane, "lease"));
  await set.add([one]);
  assert.ok(lacksEntries(await set.check(true)));
  assert.equal(await set.claim("b", 1), []);
  assert.equal((await set.extend("a", [one])).lost, []);
});

test("a clock that was set back: leases, gates and breakers end when they could have ended", async () => {
  await create();
  const lane = LANES[0] as DueEntry["lane"];
  const bench = new Workbench(set, lane);
  const ahead = set.clock.now() + 120_000;
  await bench.add(2);
  await set.claim("dead", 1);
  const [member] = await redis.zrange(keyOf(lane, "lease"), 0, 0);
  await redis.zadd(keyOf(lane, "lease"), ahead, member as string);
  const health = {
    window: 8,
    open_until: ahead,
    opened_at: ahead - 1_000,
    from: ahead,
    halved_at: ahead,
    at: ahead,
  };
  await redis.hset(keyOf(lane, `health:${lane}`), health);
  await redis.zadd(keyOf(lane, "gated"), ahead, lane);
  await redis.zrem(keyOf(lane, "ring:f"), "0");
  const found = (await set.check(true)).wrong;
  assert.equal([found.ends, found.future, found.troubled], [1, 5, 1]);
  const status = await bench.status();
  assert.ok((status.openUntil ?? 0) <= set.clock.after(millis(RULES.MAX_PAUSE_MS)));
  await set.resetBreaker(lane);
  const taken: DueEntry[] = [];
  while (taken.length < 2) taken.push(...(await bench.claimWhenWoken()));
  assert.ok(set.clock.now() < ahead);
});

test("lost settings show in their number", async () => {
  await create();
  const lane = LANES[0] as DueEntry["lane"];
  await set.configure(lane, { ...NO_SETTINGS, concurrency: 2 });
  assert.is((await set.check(true)).settings, 1);
  await redis.del(keyOf(lane, "settings"));
  assert.is((await set.check(true)).settings, 0);
});

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`whatever is lost, and whenever: seed ${seed}`, async () => {
    await create();
    const random = generator(seed);
    const pick = <T>(items: T[]): T => items[Math.floor(random() * items.length)] as T;
    const some = <T>(items: T[]): T[] => items.filter(() => random() < 0.5);
    /** As the database has it. */
    const open = new Map<TaskId, DueEntry>();
    const held = new Map<string, Map<TaskId, DueEntry>>();
    const of = (holder: string) => {
      const known = held.get(holder) ?? new Map<TaskId, DueEntry>();
      held.set(holder, known);
      return known;
    };
    const take = (holder: string, entries: DueEntry[]) => {
      for (const entry of entries) of(holder).set(entry.taskId, entry);
    };
    const operations = [
      async () => {
        const fresh = Array.from({ length: 12 }, () => ({
          taskId: newTaskId(),
          lane: pick(LANES),
          app: pick([0, 7]),
          first: random() < 0.7,
          dueAt: epochMs(set.clock.now() - Math.floor(random() * 50)),
        }));
        for (const entry of fresh) open.set(entry.taskId, entry);
        await set.add(fresh);
      },
      async () => {
        const holder = pick(["a", "b"]);
        take(holder, await set.claim(holder, 10));
      },
      async () => {
        const holder = pick(["a", "b"]);
        const ended = some([...of(holder).values()]);
        for (const { taskId } of ended) {
          of(holder).delete(taskId);
          open.delete(taskId);
        }
        await set.settle(
          holder,
          ended.map((entry) => ({ entry, next: null, health: "ok" })),
        );
      },
      async () => {
        const holder = pick(["a", "b"]);
        const again = some([...of(holder).values()]);
        const settlements = again.map((entry) => {
          const next = {
            ...entry,
            first: false,
            dueAt: later(set.clock.now(), millis(Math.floor(random() * 40))),
          };
          of(holder).delete(entry.taskId);
          open.set(entry.taskId, next);
          return { entry, next, health: "ok" as const };
        });
        await set.settle(holder, settlements);
      },
      async () => {
        const holder = pick(["a", "b"]);
        const { lost } = await set.extend(holder, [...of(holder).values()]);
        for (const { taskId } of lost) of(holder).delete(taskId);
      },
    ];
    const loseSomething = async () => {
      const keys = (await redis.keys("bida:*")).filter((key) => !key.endsWith("epoch")).sort();
      if (keys.length === 0) return;
      const key = pick(keys);
      const type = await redis.type(key);
      if (type === "zset" && random() < 0.6)
        await redis.zrem(key, ...some(await redis.zrange(key, 0, -1)), "-");
      else if (type === "hash" && random() < 0.6) await redis.hdel(key, ...some(await redis.hkeys(key)), "-");
      else if (type === "set" && random() < 0.6)
        await redis.srem(key, ...some(await redis.smembers(key)), "-");
      else await redis.del(key);
    };
    for (let step = 0; step < 60; step++) {
      await pick(operations)();
      if (random() < 0.3) await loseSomething();
      if (random() < 0.1) await set.check(true);
    }
    await set.check(true);
    // What the reconciler does then.
    await set.add([...open.values()]);
    assert.equal((await set.check(false)).wrong, {});
    // Nobody renews any more: all of it comes, each once while its lease lasts, and what has ended is told by its row.
    const seen = new Set<TaskId>();
    const until = performance.now() + 10_000;
    while (![...open.keys()].every((id) => seen.has(id)) && performance.now() < until) {
      const taken = await set.claim("last", 100);
      for (const { taskId } of taken) seen.add(taskId);
      await set.settle(
        "last",
        taken.map((entry) => ({ entry, next: null, health: null })),
      );
      if (taken.length === 0) await pause(10);
    }
    assert.equal(
      ids([...open.values()]).filter((id) => !seen.has(id)),
      [],
    );
    assert.equal((await set.check(false)).wrong, {});
  });
}

test.run();

/** Numbers from 0 to 1 that a seed repeats (mulberry32, T. Ettinger). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
