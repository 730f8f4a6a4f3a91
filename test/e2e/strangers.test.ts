/**
 * Ten thousand destinations that nobody has heard of hang, with a task each: first calls of a destination that answers do not
 * wait, in one process and in a cluster. It prints the p99 before and beside them.
 * @takes 35 s @timed
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startCluster } from "./kit/cluster.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { assertUnmoved, firstCallLatencies } from "./kit/isolation.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";

const env = { BIDA_NEW_DESTINATIONS: "0" };
const WORLDS = { embedded: () => startEmbedded(env), cluster: () => startCluster({ env }) };
const STRANGERS = 10_000;

/** Takes every call to any address of 127.0.0.0/8, and answers none. */
async function hangingHosts() {
  let calls = 0;
  const server = createServer(() => {
    calls += 1;
  });
  await new Promise<void>((listening) => server.listen(0, "0.0.0.0", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: (i: number) => `http://127.1.${i >> 8}.${i & 255}:${port}/`,
    calls: () => calls,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Enough for a p99. */
async function latencies(world: World): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < 5; i++) all.push(...(await firstCallLatencies(world)));
  return all.sort((a, b) => a - b);
}

for (const [kind, start] of Object.entries(WORLDS)) {
  const test = suite(`strangers: ${kind}`);
  let world: World;
  test.before(async () => {
    world = await start();
  });
  test.after(() => world.stop());

  test(`${STRANGERS} destinations hang with a task each: a destination that answers is called at once`, async () => {
    const hosts = await hangingHosts();
    const before = await latencies(world);
    for (let from = 0; from < STRANGERS; from += 1_000) {
      const tasks = Array.from({ length: 1_000 }, (_, i) => ({
        url: hosts.url(from + i),
        requestMethod: "POST",
        limitCallCount: 1,
        timeoutMs: 60_000,
      }));
      const reply = await world.batch(tasks);
      assert.is(reply.status, 202, reply.text);
    }
    await until("slots full of calls that hang", () => hosts.calls() >= 192);
    const during = await latencies(world);
    const p99 = (sorted: number[]) => sorted[Math.ceil(sorted.length * 0.99) - 1]?.toFixed(1);
    console.log(
      `${kind}: p99 ${p99(before)} ms before, ${p99(during)} ms beside ${hosts.calls()} calls that hang`,
    );
    assertUnmoved(before, during, `${kind}, strangers`);
    hosts.stop();
  });

  test.run();
}
