/** A NATS server whose messages are small: everything that is larger travels in parts. @takes 25 s */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { start as startNats } from "../servers/nats.ts";
import { freePort } from "../servers/ports.ts";
import { temporaryFolder } from "../servers/server.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { BidaNode } from "./kit/node.ts";
import { until } from "./kit/until.ts";

const config = join(temporaryFolder("nats-config"), "nats.conf");
const limit = (bytes: number) => writeFileSync(config, `max_payload: ${bytes}\n`);

const BODY = 30 * 1024;
const body = (i: number) => `${i}`.padEnd(BODY, "必达 ");
let cluster: Cluster;

test.before(async () => {
  limit(65_536);
  // Without a dispatcher: what is accepted becomes a backlog.
  cluster = await startCluster({
    plan: [{ services: "api,admin,notifier" }, { services: "scheduler" }],
    busOptions: ["-c", config],
  });
});
test.after(() => cluster.stop());

const backlog = (count: number, url: string): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, (_, i) => cluster.submit({ url, body: body(i), limitCallCount: 5 })),
  );

async function delivered(ids: string[]): Promise<void> {
  const { receiver } = cluster;
  const calls = () => new Map(receiver.ledger.map((call) => [call.taskId, call.body.toString()]));
  await until(
    "all to be called",
    () => ids.every((taskId) => receiver.calls(taskId).length > 0),
    60_000,
    100,
  );
  const seen = calls();
  for (const [i, taskId] of ids.entries()) assert.ok(seen.get(taskId) === body(i), `body ${i}`);
  for (const taskId of ids) assert.is((await cluster.ended(taskId)).state, "succeeded");
}

test("max_payload 64 KiB: a backlog of tasks of 30 KiB is claimed, called and recorded", async () => {
  // Answers are stored too, and reports with them are large.
  const url = cluster.receiver.url({ body: "a".repeat(60_000) });
  const ids = await backlog(150, url);
  await cluster.join({ services: "dispatcher" });
  await delivered(ids);
});

test("the server comes back with a smaller limit: packets are cut by that one from then on", async () => {
  limit(16_384);
  await cluster.bus.restart();
  await delivered(await backlog(40, cluster.receiver.url()));
});

test("a server that takes almost nothing is refused at boot, in one line", async () => {
  limit(1_024);
  const bus = await startNats(["-c", config]);
  const node = new BidaNode({
    ...(cluster.nodes[0] as BidaNode).env,
    BIDA_NATS_URL: bus.url,
    BIDA_PORT: String(await freePort()),
  });
  const timer = setTimeout(() => void node.kill(), 60_000);
  try {
    assert.is(await node.ended, "exit 2", node.log);
    assert.is(
      node.stderr,
      "bida: BIDA_NATS_URL: the server takes messages of 1024 bytes at most; set its max_payload to 4096 or more\n",
    );
  } finally {
    clearTimeout(timer);
    await bus.stop();
  }
});

test.run();
