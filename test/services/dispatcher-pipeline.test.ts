import type { ServerResponse } from "node:http";
import type { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { monotonicMs, trustedUntil } from "../../actors/lease-trust.ts";
import { epochMs, millis } from "../../core/clock.ts";
import { loadConfig } from "../../core/config.ts";
import { type Job, leaseOf, type Outcome } from "../../core/job.ts";
import { handedFor } from "../../core/lease.ts";
import { Pipeline } from "../../services/dispatcher/pipeline.ts";
import { httpTarget, job, type Target } from "../actors/targets.ts";
import { until } from "../e2e/kit/until.ts";

const test = suite("dispatcher pipeline");
const LEASE = millis(60_000);

let target: Target;
let held: ServerResponse[];
let pipeline: Pipeline;
/** What schedulers were asked. */
let asked: [action: string, params: Record<string, unknown>][];
test.before.each(async () => {
  [held, asked] = [[], []];
  target = await httpTarget((req, res) => {
    if (req.url === "/held") held.push(res);
    else res.end("ok");
  });
  const registry = { actions: { get: () => ({ endpoints: [{ node: { id: "n", available: true } }] }) } };
  const call = async (action: string, params: Record<string, unknown>) => {
    asked.push([action, params]);
    return {};
  };
  pipeline = new Pipeline({
    broker: { call, registry, nodeID: "n" } as unknown as ServiceBroker,
    log: { debug() {}, warn() {}, info() {}, error() {} } as never,
    config: { ...loadConfig({}), threads: 1, concurrency: 2, leaseMs: LEASE },
    egress: { rules: { allow: ["127.0.0.0/8"], own: [] }, onChange: () => undefined },
    onFreed: () => undefined,
  });
});
test.after.each(async () => {
  for (const res of held) res.end();
  await pipeline.stop(1_000, 1_000);
  await target.stop();
});

const to = (path: string, more: Partial<Job> = {}): Job => job(`${target.url}/${path}`, more);
const claimed = (...jobs: Job[]) => pipeline.claimed({ jobs, leasedAt: Date.now() });
const inRow = (ms = handedFor(LEASE)) => ({ handedUntil: epochMs(Date.now() + ms) });
const outcomes = () =>
  asked.flatMap(([action, params]) => (action === "scheduler.report" ? (params.outcomes as Outcome[]) : []));
const releases = () => asked.filter(([action]) => action === "scheduler.release").map(([, params]) => params);

test("from the claim to the record: each lease is ended where it is", async () => {
  const [handed, leased] = [to("a", inRow()), to("b")];
  claimed(handed, leased);
  await until("both to be on record", () => pipeline.ledger.size === 0 && outcomes().length === 2);
  const flags = new Map(outcomes().map((outcome) => [outcome.taskId, outcome.handed]));
  assert.equal([flags.get(handed.taskId), flags.get(leased.taskId)], [true, undefined]);
  assert.equal(releases(), []);
});

test("a lease in a row that has ended but for a moment starts no call, whatever a heartbeat before it said", async () => {
  const began = monotonicMs();
  pipeline.pool.renewed(trustedUntil(began, LEASE), began, new Set());
  const [fresh, late] = [to("a", inRow()), to("b", inRow(millis(1_000)))];
  claimed(fresh, late);
  await until("one to be on record, the other to go back", () => pipeline.ledger.size === 0);
  assert.equal(
    outcomes().map(({ taskId }) => taskId),
    [fresh.taskId],
  );
  assert.equal(releases(), [{ holder: pipeline.holder, entries: [], handed: [leaseOf(late)] }]);
});

test("while draining, what a parked claim still brings goes back to where its lease is", async () => {
  pipeline.draining = true;
  const [handed, leased] = [to("a", inRow()), to("b")];
  claimed(handed, leased);
  assert.equal(releases(), [
    { holder: pipeline.holder, entries: [leaseOf(leased)], handed: [leaseOf(handed)] },
  ]);
  assert.is(pipeline.ledger.size, 0);
});

test("stop: what waits goes back to where its lease is, what is under way is finished and recorded", async () => {
  const running = [to("held"), to("held")];
  claimed(...running);
  await until("both to be called", () => held.length === 2);
  const [handed, leased] = [to("held", inRow()), to("held")];
  claimed(handed, leased);
  const stopped = pipeline.stop(20_000, 1_000);
  await until("the rest to be handed back", () => releases().length > 0);
  assert.equal(releases(), [
    { holder: pipeline.holder, entries: [leaseOf(leased)], handed: [leaseOf(handed)] },
  ]);
  for (const res of held.splice(0)) res.end("ok");
  await stopped;
  assert.equal(new Set(outcomes().map(({ taskId }) => taskId)), new Set(running.map(({ taskId }) => taskId)));
});

test("a reply that lay in a buffer for longer than its lease starts no call, and goes back", async () => {
  const late = to("late");
  pipeline.claimed({ jobs: [late], leasedAt: Date.now() - 61_000 });
  await until("it to go back", () => releases().length > 0);
  assert.equal(releases()[0]?.entries, [leaseOf(late)]);
  assert.equal(outcomes(), []);
});

test("a lease that seems to begin in the future is trusted for its length, not for longer: the cluster's clock was set", async () => {
  const early = to("held");
  pipeline.claimed({ jobs: [early], leasedAt: Date.now() + 120_000 });
  const trust = pipeline.ledger.find(early)?.job?.trustedUntil as number;
  assert.ok(trust <= trustedUntil(monotonicMs(), LEASE), `${trust - monotonicMs()} ms`);
  await until("it to be called", () => held.length > 0);
});

test.run();
