/** Order through crashes: two schedulers and two dispatchers, three of them killed while lines are being delivered. @takes 25 s @timed */
import type { ServerResponse } from "node:http";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import type { BidaNode } from "./kit/node.ts";
import { assertInOrder } from "./kit/order.ts";
import { clockNow } from "./kit/receiver.ts";

const LINES = 8;
const LENGTH = 20;
let world: Cluster;

test.before(async () => {
  world = await startCluster({
    env: { BIDA_LEASE_MS: "2000" },
    plan: [
      { services: "api,admin,notifier" },
      { services: "scheduler" },
      { services: "scheduler" },
      { services: "dispatcher" },
      { services: "dispatcher" },
    ],
  });
});
test.after(() => world.stop());

/** Kills a node once this many calls have been made, and starts another in its place. */
async function replaceAfter(calls: number, node: BidaNode, services: string): Promise<void> {
  await world.receiver.waitFor(`${calls} calls`, () => world.receiver.ledger.length >= calls, 60_000);
  const killed = node.kill();
  const { ledger } = world.receiver;
  const open = ledger.filter(({ endedAt }) => endedAt === null).length;
  console.log(`cluster: a ${services} was killed after ${ledger.length} calls, with ${open} under way`);
  await killed;
  world.nodes.splice(world.nodes.indexOf(node), 1);
  await world.join({ services });
}

test("order holds while dispatchers and a scheduler are killed: no overlap, no inversion, none lost", async () => {
  const { receiver } = world;
  const [scheduler, dispatcher, other] = [1, 3, 4].map((i) => world.nodes[i]) as [
    BidaNode,
    BidaNode,
    BidaNode,
  ];
  const startedAt = clockNow();
  const submitted = Promise.all(
    Array.from({ length: LINES }, async (_, line) => {
      const ids: string[] = [];
      for (let i = 0; i < LENGTH; i++) {
        // An answer takes its time, so calls are under way when the node dies; some fail at first.
        const slowly = (status: number) => (res: ServerResponse) =>
          void setTimeout(() => res.writeHead(status).end(), 80);
        const url = receiver.url(...(i % 5 === 3 ? [slowly(500), slowly(200)] : [slowly(200)]));
        ids.push(await world.submit({ url, orderKey: `line-${line}`, limitCallCount: 5, timeoutMs: 10_000 }));
      }
      return ids;
    }),
  );
  const total = LINES * LENGTH;
  const killed = (async () => {
    await replaceAfter(total * 0.2, dispatcher, "dispatcher");
    await replaceAfter(total * 0.4, other, "dispatcher");
    await replaceAfter(total * 0.6, scheduler, "scheduler");
  })();
  const lines = await submitted;
  await killed;
  for (const taskId of lines.flat()) assert.is((await world.ended(taskId, 60_000)).state, "succeeded");
  const calls = lines.flatMap((ids) => assertInOrder(receiver, ids));
  const wanted = total + LINES * (LENGTH / 5);
  console.log(
    `cluster: ${total} tasks in ${LINES} lines, ${calls.length} calls (${calls.length - wanted} repeated after the ` +
      `crashes), ${((clockNow() - startedAt) / 1000).toFixed(1)} s`,
  );
  assert.ok(calls.length >= wanted);
});

test.run();
