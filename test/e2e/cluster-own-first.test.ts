/** Which dispatcher gets what a scheduler has just accepted. @takes 12 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MetricJson, NodeInfo } from "../../core/contract.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { gate } from "./kit/gate.ts";
import { until } from "./kit/until.ts";
import { quick } from "./kit/world.ts";

/** Calls at once, of each node. */
const CONCURRENCY = 64;
let world: Cluster;
/** The node that accepts. */
let here: string;

test.before(async () => {
  const workers = {
    services: "scheduler,dispatcher",
    env: { BIDA_THREADS: "1", BIDA_CONCURRENCY: String(CONCURRENCY) },
  };
  world = await startCluster({ plan: [{ services: "api,admin,notifier" }, workers, workers] });
  const nodes = world.inside.registry.getNodeList({ onlyAvailable: true }) as unknown as { id: string }[];
  here = nodes.find(({ id }) => id.includes(`-${world.nodes[1]?.pid}-`))?.id as string;
  // Each dispatcher has two claims at each scheduler: one for first calls, one for any. Before, there is nothing to choose from.
  await until("claims of both dispatchers", async () => (await parkedHere()) > 2);
});
test.after(() => world.stop());

async function parkedHere(): Promise<number> {
  const { metrics } = await world.inside.call<{ metrics: MetricJson[] }, object>(
    "node.metrics",
    {},
    { nodeID: here },
  );
  return Number(metrics.find(({ name }) => name === "bida_claims_parked")?.values[0]?.value);
}

const accepted = async (url: string): Promise<string> => {
  const task = quick({ url, timeoutMs: 30_000 });
  return (await world.inside.call<{ taskId: string }, object>("scheduler.submit", task, { nodeID: here }))
    .taskId;
};

test("the own one while it keeps up", async () => {
  for (let i = 0; i < 12; i++) {
    const taskId = await accepted(world.receiver.url());
    await world.ended(taskId);
    const { items } = (await world.api("GET", `/v1/tasks/${taskId}/attempts`)).json;
    assert.is(items[0].node, here);
  }
});

test("others too once it has much under way", async () => {
  const held = gate();
  const [url, ids] = [world.receiver.url(held.answer), [] as string[]];
  const inFlight = async () => {
    const { items } = (await world.api("GET", "/v1/nodes")).json as { items: NodeInfo[] };
    const of = (own: boolean) =>
      items.reduce((sum, node) => sum + ((node.nodeID === here) === own ? node.inFlight : 0), 0);
    return { own: of(true), others: of(false) };
  };
  // Some may go elsewhere before: when the own one's claims have run out, and the next ones are not there yet.
  const seen = await until("calls of another node, and many of its own", async () => {
    ids.push(await accepted(url));
    const now = await inFlight();
    return now.others > 0 && now.own > CONCURRENCY / 4 ? now : null;
  });
  assert.ok(seen.own > CONCURRENCY / 4, `${seen.own} of its own before`);
  assert.ok(seen.others < seen.own / 2, `${seen.others} of others meanwhile`);
  held.open();
  for (const taskId of ids) assert.is((await world.ended(taskId)).callCount, 1);
});

test.run();
