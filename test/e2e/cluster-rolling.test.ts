/** A rolling restart behind a load balancer: nobody notices. @takes 30 s */
import { setTimeout as pause } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Balancer } from "./kit/balancer.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { BidaNode } from "./kit/node.ts";
import { clockNow } from "./kit/receiver.ts";
import { until } from "./kit/until.ts";
import { ADMIN } from "./kit/world.ts";

const LEASE = 3_000;
/** Callers that ask one after another. */
const CALLERS = 8;
/** Between two requests of one caller, in ms. */
const GAP = 40;

let cluster: Cluster;
let balancer: Balancer;

test.before(async () => {
  cluster = await startCluster({
    plan: Array.from({ length: 2 }, () => ({ services: "api,admin,notifier,scheduler,dispatcher" })),
    env: { BIDA_LEASE_MS: String(LEASE), BIDA_DRAIN_DELAY_MS: "3000" },
  });
  balancer = await Balancer.start(cluster.nodes.map(({ port }) => port));
  await until("both to be used", () => cluster.nodes.every(({ port }) => balancer.uses(port)), 60_000);
});
test.after(async () => {
  await balancer.stop();
  await cluster.stop();
});

test("every node is stopped and started in turn under load: no request is refused, no task is late or lost", async () => {
  const { receiver, nodes } = cluster;
  // Quick ones: nothing but the delay itself keeps a node that stops from closing its server at once.
  const url = receiver.url();
  const accepted = new Map<string, number>();
  const refused: string[] = [];
  let over = false;
  const caller = async () => {
    while (!over) {
      const answer = await fetch(`${balancer.url}/v1/tasks`, {
        method: "POST",
        headers: { ...ADMIN, "content-type": "application/json" },
        body: JSON.stringify({ url, requestMethod: "POST", limitCallCount: 5, timeoutMs: 10_000 }),
      });
      const text = await answer.text();
      if (answer.status === 202) accepted.set(JSON.parse(text).taskId, clockNow());
      else refused.push(`${answer.status} ${text}`);
      await pause(GAP);
    }
  };
  const load = Promise.all(Array.from({ length: CALLERS }, caller));
  for (const [i, node] of nodes.entries()) {
    await until("some more tasks", () => accepted.size > i * 200 + 200, 60_000);
    assert.is(await node.stop(), "exit 0");
    nodes[i] = new BidaNode(node.env);
    await nodes[i]?.ready(60_000);
    await until("it to be used again", () => balancer.uses(node.port), 60_000);
  }
  over = true;
  await load;
  const endedAt = clockNow();
  await until(
    "all to be called",
    () => {
      const called = new Set(receiver.ledger.map(({ taskId }) => taskId));
      return [...accepted.keys()].every((taskId) => called.has(taskId));
    },
    30_000,
    100,
  );
  const firstCall = new Map<string, number>();
  for (const { taskId, at } of receiver.ledger) if (!firstCall.has(taskId)) firstCall.set(taskId, at);
  const waits = Array.from(accepted, ([taskId, at]) => (firstCall.get(taskId) as number) - at);
  const longest = Math.max(...waits);
  const last = Math.max(...firstCall.values()) - endedAt;
  console.log(
    `rolling restart: ${accepted.size} accepted, ${refused.length} refused; longest wait for a first call ` +
      `${longest.toFixed(0)} ms, last first call ${last.toFixed(0)} ms after the end of the load`,
  );
  assert.equal(refused, []);
  assert.equal(balancer.failures, []);
  assert.ok(longest < 2 * LEASE, `${longest} ms`);
  for (const taskId of accepted.keys()) assert.is((await cluster.ended(taskId, 30_000)).state, "succeeded");
});

test.run();
