/** A scheduler goes silent over a request: it is not handed to the other one, unless the first is dead. @takes 30 s */
import { setTimeout as pause } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import type { BidaNode } from "./kit/node.ts";
import { until } from "./kit/until.ts";
import { ADMIN, quick, type Reply } from "./kit/world.ts";

let world: Cluster;
test.before(async () => {
  world = await startCluster({
    plan: ["api,admin,notifier,dispatcher", "scheduler", "scheduler"].map((services) => ({ services })),
  });
});
test.after(() => world.stop());

const stored = (sourceAppName: string) =>
  world.withDatabase(
    async ({ knex }) => (await knex("tasks").where("source_app_name", sourceAppName)).length,
  );

/** Hands tasks over, one by one, until one of them is not answered: the frozen scheduler has it. */
async function stuck(
  prefix: string,
): Promise<{ name: string; send(): Promise<Reply>; reply: Promise<Reply> }> {
  for (let i = 0; ; i++) {
    const name = `${prefix}-${i}`;
    const task = quick({ url: world.receiver.url(), sourceAppName: name });
    const send = () => world.api("POST", "/v1/tasks", task, { ...ADMIN, "idempotency-key": name });
    const reply = send();
    const first = await Promise.race([reply, pause(4_000, null)]);
    if (first === null) return { name, send, reply };
    assert.is(first.status, 202, first.text);
  }
}

test("a scheduler that is frozen: the request waits for it alone, others go to the other one", async () => {
  const frozen = world.nodes[1] as BidaNode;
  frozen.pause();
  const { name, send, reply } = await stuck("frozen");
  // Once it is suspected, nobody else waits.
  await until("others to be served at once", async () => {
    const startedAt = performance.now();
    await world.submit({ url: world.receiver.url() });
    return performance.now() - startedAt < 1_000;
  });
  const { status, json, headers } = await reply;
  assert.equal([status, json.code, headers.get("retry-after")], [503, "unanswered", "2"]);
  assert.is(await stored(name), 0, "the other scheduler never got it");
  frozen.resume();
  // What lies in its socket is carried out now, and the caller, who repeats it, gets the same task.
  await until("it to be stored", async () => (await stored(name)) === 1);
  await until("the repetition to be accepted", async () => (await send()).status === 202);
  assert.is(await stored(name), 1);
  const [node] = world.nodes;
  await until("the log", () => node?.records("a node went silent over a request")[0]);
});

test("a scheduler that is killed while it has the request: the other one gets it, under the same id", async () => {
  const victim = world.nodes[2] as BidaNode;
  // Suspicions of the test before are over once both are asked again.
  await until("both schedulers to be there", async () => {
    const { json } = await world.api("GET", "/v1/nodes");
    return (json.items as { up: boolean }[]).filter(({ up }) => up).length === 3;
  });
  victim.pause();
  const { name, reply } = await stuck("killed");
  await victim.kill();
  world.nodes.splice(2, 1);
  const { status, json } = await reply;
  assert.is(status, 202, JSON.stringify(json));
  assert.is(await stored(name), 1);
});

test.run();
