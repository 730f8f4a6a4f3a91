/**
 * The node that works on a job over many tasks is killed, while the job is paused and while it runs: another one goes on where it was, and
 * no task is left out. @takes 30 s
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JobView } from "../../core/contract.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import type { BidaNode } from "./kit/node.ts";
import { until } from "./kit/until.ts";
import { quick } from "./kit/world.ts";

const COUNT = 3_000;
let world: Cluster;

test.before(async () => {
  world = await startCluster({
    plan: [{ services: "api,scheduler,dispatcher,notifier" }, ...Array(3).fill({ services: "admin" })],
  });
});
test.after(() => world.stop());

test("killed nodes' job goes on elsewhere, once it is not paused any more: each task changed once", async () => {
  const sourceAppName = "many";
  const task = quick({ url: world.receiver.url(), sourceAppName, delayMs: 3_600_000 });
  for (let i = 0; i < COUNT; i += 500) {
    const { status } = await world.batch(Array(500).fill(task));
    assert.is(status, 202);
  }
  const { json } = await world.api("POST", "/v1/tasks/cancel", { filter: { sourceAppName }, pace: 300 });
  const jobId: string = json.job.id;
  const workers = world.nodes.slice(1) as BidaNode[];
  const took = (node: BidaNode) => node.records("bulk job taken").some((record) => record.jobId === jobId);
  const victim = await until("the job to be taken", () => workers.find(took));
  const job = async () => {
    const { status, json: view } = await world.api("GET", `/v1/jobs/${jobId}`);
    return status === 200 ? (view as JobView) : null;
  };
  await until("its first batch", async () => ((await job())?.done ?? 0) > 0);
  // In the middle of a pause: it stays paused, and nothing more is done.
  const patch = async (body: object) => (await world.api("PATCH", `/v1/jobs/${jobId}`, body)).json as JobView;
  const paused = await patch({ paused: true, pace: 400 });
  assert.is(paused.state, "paused");
  await victim.kill();
  const rest = workers.filter((node) => node !== victim);
  const still = await until("an answer of another node", job);
  assert.equal([still.state, still.done, still.pace], ["paused", paused.done, 400]);
  assert.not(rest.some(took));
  // In the middle of its work.
  await patch({ paused: false });
  const second = await until("the job to be taken again", () => rest.find(took));
  const [again] = second.records("bulk job taken");
  assert.is(again?.done, paused.done);
  await until("its next batch", async () => ((await job())?.done ?? 0) > paused.done);
  await second.kill();
  const other = rest.find((node) => node !== second) as BidaNode;
  const done = await until(
    "the job to end",
    async () => {
      const now = await job();
      return now?.finishedAt ? now : null;
    },
    60_000,
  );
  await until("the log to say that the other one took it", () => took(other));
  assert.equal([done.state, done.matched, done.done, done.changed], ["finished", COUNT, COUNT, COUNT]);
  const [record] = other.records("bulk job taken");
  console.log(`cluster: a killed node's job went on at ${record?.done} of ${COUNT}`);
  const audited: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await world.api(
      "GET",
      `/v1/audit?action=task.cancel&limit=200${cursor && `&cursor=${cursor}`}`,
    );
    audited.push(...page.json.items.map((entry: { target: { id: string } }) => entry.target.id));
    cursor = page.json.nextCursor;
  }
  assert.equal([audited.length, new Set(audited).size], [COUNT, COUNT]);
});

test.run();
