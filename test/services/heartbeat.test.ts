import type { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HeldLease, Releases } from "../../actors/held-lease.ts";
import { monotonicMs } from "../../actors/lease-trust.ts";
import { Ledger } from "../../actors/ledger.ts";
import { epochMs, SyncedClock } from "../../core/clock.ts";
import type { DueEntry } from "../../core/job.ts";
import { Heartbeat } from "../../services/dispatcher/heartbeat.ts";
import { job } from "../actors/targets.ts";
import { until } from "../e2e/kit/until.ts";

const test = suite("heartbeat");

const LEASE_MS = 10_000;
type Reply = { lost: string[]; adopted?: string[] };
const log = { debug() {}, warn() {}, info() {}, error() {} } as never;

/** A dispatcher's heartbeat whose scheduler is `extend`. */
function beating(
  ledger: Ledger,
  extend: (entries: DueEntry[]) => Promise<Reply>,
  silent = new Set<number>(),
) {
  const [renewals, drops, releases]: [[number, number[]][], HeldLease[][], Releases[]] = [[], [], []];
  const call = async (_: string, { entries }: { entries: DueEntry[] }) => ({
    ...(await extend(entries)),
    sentBy: Date.now(),
    reached: Date.now(),
  });
  const registry = { actions: { get: () => ({ endpoints: [{ node: { id: "n", available: true } }] }) } };
  const heartbeat = new Heartbeat({
    broker: { call, registry, nodeID: "n" } as unknown as ServiceBroker,
    log,
    holder: "h",
    leaseMs: LEASE_MS,
    ledger,
    pool: {
      silent: () => silent,
      renewed: (until, _, except) => void renewals.push([until, [...except]]),
      drop: (some) => void drops.push(some),
    },
    clock: new SyncedClock(),
    hasScheduler: () => true,
    onReleases: (some) => void releases.push(some),
    onClock: () => undefined,
  });
  return { heartbeat, renewals, drops, releases };
}

const to = (more = {}) => job("http://127.0.0.1/x", more);
function ledgerOf(...jobs: ReturnType<typeof to>[]): [Ledger, HeldLease[]] {
  const ledger = new Ledger({ holder: "h", capacity: 10, leaseMs: LEASE_MS });
  return [ledger, ledger.claim(jobs.map((it) => ({ job: it, trust: { trustedUntil: 0 } }))).fresh];
}

test("leases of threads that do not answer are left out, and these threads trust nothing by it", async () => {
  const [a, b] = [to(), to()];
  const [ledger, held] = ledgerOf(a, b);
  for (const [i, it] of held.entries()) it.thread = i;
  const asked: string[][] = [];
  const answer = async (entries: DueEntry[]) => {
    asked.push(entries.map(({ taskId }) => taskId));
    return { lost: [] };
  };
  const { heartbeat, renewals } = beating(ledger, answer, new Set([1]));
  const before = monotonicMs();
  heartbeat.start();
  await until("a beat", () => renewals.length === 1);
  heartbeat.stop();
  assert.equal([asked, renewals[0]?.[1]], [[[a.taskId]], [1]]);
  assert.ok((renewals[0]?.[0] as number) >= before + 0.8 * LEASE_MS);
});

test("a lease in its row is promoted by the request that names it, also where that fails and is repeated", async () => {
  const old = to({ handedUntil: epochMs(Date.now() + LEASE_MS / 2) });
  const young = to({ handedUntil: epochMs(Date.now() + LEASE_MS) });
  const [ledger, [held]] = ledgerOf(old, young);
  const asked: string[][] = [];
  const { heartbeat, renewals } = beating(ledger, async (entries) => {
    asked.push(entries.map(({ taskId }) => taskId));
    assert.is(held?.handedUntil, null);
    if (asked.length === 1) throw new Error("no answer");
    return { lost: [], adopted: [old.taskId] };
  });
  heartbeat.start();
  await until("a beat", () => renewals.length === 1);
  heartbeat.stop();
  assert.equal(asked, [[old.taskId], [old.taskId]]);
  assert.is(ledger.find(young)?.handedUntil, young.handedUntil);
});

test("what the answer says concerns the leases that were named", async () => {
  const [lost, given] = [to(), to()];
  const [ledger, [held]] = ledgerOf(lost, given);
  const { heartbeat, drops, releases, renewals } = beating(ledger, async () => {
    ledger.giveUp([given]);
    return { lost: [lost.taskId], adopted: [given.taskId] };
  });
  heartbeat.start();
  await until("a beat", () => renewals.length === 1);
  heartbeat.stop();
  assert.equal(drops, [[held]]);
  assert.equal(
    releases[0]?.entries.map(({ taskId }) => taskId),
    [given.taskId],
    "it was never called: its place is in the due set",
  );
});

test.run();
