/** Five nodes, started at once on an empty database, the clocks of two of them wrong. @takes 15 s @timed */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MIGRATION_NAMES } from "../../store/migrate.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { clockNow } from "./kit/receiver.ts";
import { assertPunctual, retryPauses } from "./suite/delivery.ts";

const WORKER = "scheduler,dispatcher";
const off = (ms: number) => ({
  NODE_OPTIONS: `--import=${new URL("kit/shift-clock.mjs", import.meta.url).href}`,
  E2E_CLOCK_SHIFT: String(ms),
});
let world: Cluster;

test.before(async () => {
  world = await startCluster({
    plan: [
      { services: "api,admin,notifier" },
      { services: WORKER, env: off(5_000) },
      { services: WORKER, env: off(-5_000) },
      { services: WORKER },
      { services: "scheduler" },
    ],
  });
});
test.after(() => world.stop());

test("scenario 19: one of the five migrates, all get ready", async () => {
  assert.is((await world.api("GET", "/readyz")).status, 200);
  const ready = world.nodes.flatMap((node) => node.records("database ready"));
  assert.is(ready.length, 5);
  assert.equal(
    ready.flatMap(({ migrations }) => migrations as string[]),
    MIGRATION_NAMES,
  );
});

test("scenario 4: clocks 5 s off: a retry is never early, and at most 60 ms late", async () => {
  await assertPunctual(() => retryPauses(() => world, 12));
});

test("scenario 4: clocks 5 s off: a delayed call is never early, callAt is everybody's time", async () => {
  const { receiver } = world;
  const late = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      const before = clockNow();
      const when = i % 2 ? { delayMs: 300 } : { callAt: new Date(Math.ceil(before) + 300).toISOString() };
      const [call] = await receiver.waitForCalls(await world.submit({ url: receiver.url(), ...when }), 1);
      return (call?.at ?? 0) - before - 300;
    }),
  );
  // By one of the wrong clocks it would be 5 s early or late; how late a busy machine makes it is no matter here.
  for (const ms of late) assert.ok(ms >= -3 && ms < 2_000, `${ms} ms late`);
});

test("scenario 4: clocks 5 s off: times on record and in signatures are the cluster's", async () => {
  const { receiver } = world;
  const ids = await Promise.all(Array.from({ length: 12 }, () => world.submit({ url: receiver.url() })));
  for (const taskId of ids) {
    const task = await world.ended(taskId);
    const [call] = receiver.calls(taskId);
    const [attempt] = await world.attempts(taskId);
    const near = (text: string | null | undefined) =>
      Math.abs(Date.parse(text ?? "") - (call?.at ?? 0)) < 3_000;
    assert.ok(
      near(task.createdAt) && near(task.finishedAt) && near(attempt?.startedAt),
      JSON.stringify(task),
    );
    assert.ok(Math.abs(Number(call?.headers["webhook-timestamp"]) * 1000 - (call?.at ?? 0)) < 4_000);
  }
});

test.run();
