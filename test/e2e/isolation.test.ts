/** Destinations that hang or storm, beside one that is well: in one process, and in a cluster. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startCluster } from "./kit/cluster.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { assertUnmoved, firstCallLatencies, hangingReceiver, submitMany } from "./kit/isolation.ts";
import { Receiver } from "./kit/receiver.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";

const WORLDS = { embedded: startEmbedded, cluster: startCluster };

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
    await receiver.waitFor("calls that hang", () => receiver.ledger.length >= 64 || undefined);
    const during = await firstCallLatencies(world);
    assertUnmoved(before, during, `${kind}, one hangs`);
    // It had its share, and no more.
    assert.ok(receiver.ledger.length <= 64 * world.nodes.length, `${receiver.ledger.length} calls`);
    const path = `/v1/destinations/${encodeURIComponent(receiver.origin)}`;
    assert.is((await world.api("PATCH", path, { paused: true })).status, 200);
    await receiver.stop();
  });

  test("scenario 22: thousands of retries due at one moment; first calls still go out", async () => {
    const targets = await Promise.all(Array.from({ length: 5 }, () => Receiver.start()));
    const before = await firstCallLatencies(world);
    // All fail once, and are due again in the same second.
    const at = Date.now() + 12_000;
    const ids = await Promise.all(
      targets.map(async (target) => {
        const url = target.url((res, call) => {
          const wait = String(Math.max(1, Math.ceil((at - Date.now()) / 1_000)));
          if (call.attempt > 1) res.end("ok");
          else res.writeHead(429, { "retry-after": wait }).end();
        });
        const retry = { strategy: "fixed", delayMs: 0 };
        await submitMany(world, 2_000, { url, requestMethod: "POST", limitCallCount: 5, retry });
        return target;
      }),
    );
    const seconds = () => ids.flatMap(({ ledger }) => ledger.filter(({ attempt }) => attempt > 1)).length;
    await until("the storm to begin", () => seconds() > 0, 40_000);
    const during = await firstCallLatencies(world);
    assertUnmoved(before, during, `${kind}, storm`);
    await until("the storm to end", () => seconds() >= 10_000, 60_000);
    await Promise.all(targets.map((target) => target.stop()));
  });

  test.run();
}
