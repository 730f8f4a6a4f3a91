/**
 * One destination hangs, thousands of retries are due at once, tasks come in faster than they go out, hundreds of thousands
 * of tasks wait: none of it is felt by others, in one process and in a cluster. With full numbers: `npm run bench -- --only hanging,storm,backlog`.
 * @takes 110 s @timed
 */
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fill, project } from "../../bench/fill.ts";
import { usageOf } from "../../bench/kit/usage.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { startAgain, startEmbedded } from "./kit/embedded.ts";
import {
  assertUnmoved,
  Crowd,
  firstCallLatencies,
  hangingReceiver,
  slowReceiver,
  submitMany,
} from "./kit/isolation.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";

const WORLDS = { embedded: startEmbedded, cluster: startCluster };
const RETRIES = 10_000;
const WAITING = 300_000;
/** What 300,000 tasks would take at the least, in a process that held them, is more; what a heap varies by is less. In MiB. */
const FLAT = 80;
/** Tasks of 16 KB that come in faster than they go out; what a process may have more of meanwhile, in MiB: all are 190. */
const FASTER = 12_000;
const BUSY = 150;

for (const [kind, start] of Object.entries(WORLDS)) {
  const test = suite(`isolation: ${kind}`);
  let world: World;
  test.before(async () => {
    world = await start();
  });
  test.after(() => world.stop());

  test("scenario 21: a destination hangs with 10,000 tasks queued: others' first calls do not wait", async () => {
    const before = await firstCallLatencies(world);
    const { receiver, url } = await hangingReceiver();
    const task = { url, requestMethod: "POST", limitCallCount: 1, timeoutMs: 60_000 };
    await submitMany(world, 10_000, task);
    await receiver.waitFor("calls that hang", () => receiver.ledger.length >= 64 || undefined, 30_000);
    const during = await firstCallLatencies(world);
    assertUnmoved(before, during, `${kind}, one hangs`);
    // It had its share, and no more.
    assert.ok(receiver.ledger.length <= 64 * world.nodes.length, `${receiver.ledger.length} calls`);
    const path = `/v1/destinations/${encodeURIComponent(receiver.origin)}`;
    assert.is((await world.api("PATCH", path, { paused: true })).status, 200);
    await receiver.stop();
  });

  test("scenario 22: 10,000 retries are due at one moment: first calls still go out", async () => {
    const crowd = await Crowd.start();
    const before = await firstCallLatencies(world);
    // Their first calls failed before; the reconciler finds them in the database.
    const at = Date.now() + 10_000;
    const createdAt = Date.now() - 3_600_000;
    await world.withDatabase((db) =>
      fill(db, { count: RETRIES, work: crowd.work, due: { at, gapMs: 0 }, calls: 1, createdAt }),
    );
    await until("the storm to begin", () => crowd.calls.size > 0, 40_000);
    const during = await firstCallLatencies(world, () => crowd.calls.size < RETRIES);
    await until("the storm to end", () => crowd.calls.size === RETRIES, 90_000);
    const times = [...crowd.calls.values()];
    // Two clocks are compared: ours is steady.
    const first = Math.min(...times.map(([call = 0]) => call));
    assert.ok(first >= at - 5, `${at - first} ms early`);
    assert.ok(times.every(({ length }) => length === 1));
    assertUnmoved(before, during, `${kind}, storm`);
    const isOpen = () =>
      world.withDatabase(({ knex }) => knex("tasks").where({ state: 0, call_count: 1 }).first("task_id"));
    await until("all to be recorded", async () => !(await isOpen()), 60_000, 250);
    crowd.stop();
  });

  test("scenario 24: tasks come in faster than they are delivered: memory is bounded, all that was accepted is delivered", async () => {
    await callbacks(world);
    const rssBefore = rssOf(world);
    const { receiver, url, hurry } = await slowReceiver();
    const task = {
      url,
      requestMethod: "POST",
      limitCallCount: 3,
      requestParam: { text: "x".repeat(16_000) },
    };
    const accepted: string[] = [];
    const others = new Set<number>();
    const caller = async () => {
      while (accepted.length < FASTER) {
        const { status, json } = await world.api("POST", "/v1/tasks/batch", { tasks: Array(50).fill(task) });
        if (status === 202)
          accepted.push(...json.results.map(({ taskId }: { taskId: string }) => String(taskId)));
        else others.add(status);
      }
    };
    await Promise.all([1, 2, 3, 4].map(caller));
    const [ahead, most] = [accepted.length - receiver.ledger.length, rssOf(world)];
    console.log(
      `${kind}: ${accepted.length} accepted, ${ahead} of them not called yet; MiB ${rssBefore}, then ${most}`,
    );
    assert.ok(ahead > FASTER / 10, "more came in than was delivered");
    for (const [i, mib] of most.entries()) assert.ok(mib - (rssBefore[i] as number) < BUSY, `${most}`);
    assert.ok(
      [...others].every((status) => status === 429 || status === 503),
      `${[...others]}`,
    );
    hurry();
    const called = () => new Set(receiver.ledger.map(({ taskId }) => taskId));
    await until("all to be called", () => called().size >= accepted.length, 90_000, 250);
    assert.equal(called(), new Set(accepted));
    await receiver.stop();
  });

  test("scenario 23: hundreds of thousands of tasks wait: memory flat, claims cost what they did, a node starts soon", async () => {
    await callbacks(world);
    const [without, rssBefore] = [await costOf(world, () => callbacks(world)), rssOf(world)];
    const crowd = await Crowd.start();
    const at = Date.now() + 3_600_000;
    const createdAt = Date.now() - 7_200_000;
    const entries = await world.withDatabase((db) =>
      fill(db, { count: WAITING, work: crowd.work, due: { at, gapMs: 1 }, calls: 0, createdAt }),
    );
    // As a rebuild does; the set in the process takes none that is due so late.
    if (kind === "cluster") await project((world as Cluster).redisUrl, entries);
    const [loaded, rss] = [await costOf(world, () => callbacks(world)), rssOf(world)];
    const text = `${kind}: CPU per callback ${JSON.stringify(without)} µs, with ${WAITING} waiting ${JSON.stringify(loaded)} µs; MiB ${rssBefore}, then ${rss}`;
    console.log(text);
    for (const [i, mib] of rss.entries()) assert.ok(mib - (rssBefore[i] as number) < FLAT, text);
    for (const [name, us] of Object.entries(loaded))
      assert.ok(us < 2 * (without[name] as number) + 100, text);

    const startedAt = performance.now();
    if (kind === "embedded") {
      await world.nodes[0]?.kill();
      await startAgain(world);
    } else {
      const node = await (world as Cluster).join({ services: "api,scheduler,dispatcher" });
      await node.ready();
    }
    const took = performance.now() - startedAt;
    console.log(`${kind}: with ${WAITING} waiting a node was ready ${took.toFixed(0)} ms after its start`);
    await callbacks(world, 100);
    assert.is(crowd.calls.size, 0, "not yet due");
    crowd.stop();
  });

  test.run();
}

/** Hands over this many and waits until they are delivered. */
async function callbacks(world: World, count = 2_000): Promise<void> {
  const { receiver } = world;
  const goal = receiver.ledger.length + count;
  await submitMany(world, count, { url: receiver.url(), requestMethod: "POST", limitCallCount: 1 });
  await receiver.waitFor(`${count} calls`, () => receiver.ledger.length >= goal, 60_000);
}

/** CPU time per callback of each node, and of Redis, in µs: unlike time it is the same on a busy machine. */
async function costOf(
  world: World,
  run: () => Promise<void>,
  count = 2_000,
): Promise<Record<string, number>> {
  const redis = world.kind === "cluster" ? new Redis((world as Cluster).redisUrl) : null;
  const used = async () => {
    const lines = (await redis?.info("cpu")) ?? "";
    const ofRedis = [.../used_cpu_(?:sys|user):([\d.]+)/g[Symbol.matchAll](lines)].map(([, s]) => Number(s));
    return [
      ...world.nodes.map(({ pid }, i) => [`node ${i + 1}`, usageOf(pid).cpuS] as const),
      ...(redis ? [["redis", ofRedis.reduce((a, b) => a + b, 0)] as const] : []),
    ];
  };
  const before = new Map(await used());
  await run();
  const after = await used();
  redis?.disconnect();
  return Object.fromEntries(
    after.map(([name, s]) => [name, Math.round(((s - (before.get(name) ?? 0)) / count) * 1_000_000)]),
  );
}

/** MiB of each node. */
const rssOf = (world: World): number[] =>
  world.nodes.map(({ pid }) => Math.round(usageOf(pid).rss / 2 ** 20));
