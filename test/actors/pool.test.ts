import type { ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HeldLease } from "../../actors/held-lease.ts";
import type { LeasedJob } from "../../actors/lease-trust.ts";
import { Ledger } from "../../actors/ledger.ts";
import { WorkerPool } from "../../actors/pool.ts";
import type { PoolOptions } from "../../actors/pool-options.ts";
import { later, millis, systemClock } from "../../core/clock.ts";
import { bucketOf, type Lane } from "../../core/ids.ts";
import type { Outcome } from "../../core/job.ts";
import { httpTarget, job, type Target } from "./targets.ts";

const test = suite("worker pool");

let target: Target;
let held: ServerResponse[];
let pool: WorkerPool;
let ledger: Ledger;
let outcomes: Outcome[];
let givenUp: [why: string, jobs: LeasedJob[]][];
let silent: [thread: number, silent: boolean][];
let crashes: string[];
let changed: PromiseWithResolvers<void>;
const change = () => {
  changed.resolve();
  changed = Promise.withResolvers();
};
const until = async (condition: () => boolean) => {
  while (!condition()) await changed.promise;
};

/** Of 8 slots, what one destination gets: it leaves some to others. */
const AT_ONCE = 6;

/** A pool with its ledger, kept as the dispatcher keeps it. */
function start(threads: number, more: Partial<PoolOptions> = {}) {
  ledger = new Ledger({ holder: "h", capacity: threads * 32, leaseMs: 10_000 });
  return new WorkerPool({
    threads,
    concurrency: 8,
    destinationConcurrency: 8,
    node: "node-1",
    egress: { allow: ["127.0.0.0/8"], own: [] },
    egressProxy: null,
    dnsServers: [],
    sockets: Number.POSITIVE_INFINITY,
    ledger,
    clock: systemClock,
    endedAfterMs: 60_000,
    onOutcomes(some) {
      for (const outcome of some) {
        const held = ledger.end(outcome, 0);
        if (held) outcomes.push(ledger.outcomeOf(held, 0));
        ledger.recorded(held ? [held] : []);
      }
      change();
    },
    onGivenUp(leases, why) {
      const { jobs } = ledger.giveUp(leases);
      givenUp.push([why, jobs.map(({ place: _, ...rest }) => rest)]);
      change();
    },
    onNotMade: () => undefined,
    onBlocked: () => undefined,
    onSilent(...how) {
      silent.push(how);
      change();
    },
    onCrash(thread, error) {
      crashes.push(`${thread}: ${error.message}`);
      change();
    },
    ...more,
  });
}

/** Claims jobs, and gives the pool those that are to be called. */
function deliver(jobs: LeasedJob[]): HeldLease[] {
  const claimed = ledger.claim(jobs.map((job) => ({ job, trust: { trustedUntil: job.trustedUntil } })));
  pool.drop(claimed.superseded);
  pool.deliver(claimed.fresh);
  return claimed.fresh;
}

test.before.each(async () => {
  [held, outcomes, givenUp, crashes, silent] = [[], [], [], [], []];
  changed = Promise.withResolvers();
  // Paths that begin with /held are answered by the test.
  target = await httpTarget((req, res) => {
    if (!req.url?.startsWith("/held")) return void res.end("ok");
    held.push(res);
    change();
  });
});
test.after.each(async () => {
  await pool.stop(1000);
  await target.stop();
});

const to = (path: string, more: Partial<LeasedJob> = {}) => job(`${target.url}/${path}`, more);
/** No URL of a task can be one; to a destination's connections it is a mistake that nobody catches. */
const poison = () => job("ftp://poison/", { lane: to("x").lane });

test("jobs go to threads, and their outcomes come back", async () => {
  pool = start(3);
  const jobs = Array.from({ length: 50 }, (_, i) => to(`${i}`));
  deliver(jobs);
  assert.is(ledger.size, 50);
  await until(() => outcomes.length === 50);
  assert.is(ledger.size, 0);
  assert.equal(new Set(outcomes.map(({ taskId }) => taskId)), new Set(jobs.map(({ taskId }) => taskId)));
  assert.ok(outcomes.every(({ attempt }) => attempt?.outcome === "succeeded" && attempt.node === "node-1"));
});

test("what threads may reach is what the pool says", async () => {
  pool = start(1);
  deliver([job("http://10.0.0.1:1/", { timeoutMs: millis(5000) })]);
  await until(() => outcomes.length === 1);
  assert.is(outcomes[0]?.attempt?.error?.code, "blocked");
});

test("lost jobs are given up where they wait", async () => {
  pool = start(1);
  const jobs = Array.from({ length: AT_ONCE + 1 }, (_, i) => to(`held${i}`));
  deliver(jobs);
  await until(() => held.length === AT_ONCE);
  pool.drop([...ledger.all()]);
  await until(() => givenUp.length === 1);
  assert.equal(givenUp, [["lost", [jobs[AT_ONCE]!]]]);
  assert.is(ledger.size, AT_ONCE);
  for (const res of held) res.end();
  await until(() => outcomes.length === AT_ONCE);
});

test("a task that is leased to us again while it is called is not called beside itself", async () => {
  pool = start(1);
  const one = to("held");
  deliver([one]);
  await until(() => held.length === 1);
  const again = { ...one, dueAt: later(one.dueAt, millis(1_000)) };
  deliver([again]);
  assert.is(ledger.size, 1);
  assert.is(ledger.find(one)?.lease.dueAt, again.dueAt, "its new lease is the one to renew");
  // Another one of the same thread shows that all before it was looked at.
  deliver([to("next")]);
  await until(() => outcomes.length === 1);
  assert.is(held.length, 1);
  held[0]?.end("ok");
  await until(() => outcomes.length === 2);
  assert.is(outcomes[1]?.dueAt, again.dueAt, "the outcome ends that lease");
  assert.is(ledger.size, 0);
});

test("stop: what has not started is handed back, what has is finished", async () => {
  pool = start(1);
  const jobs = Array.from({ length: AT_ONCE + 4 }, (_, i) => to(`held${i}`));
  deliver(jobs);
  await until(() => held.length === AT_ONCE);
  const stopped = pool.stop(20_000);
  await until(() => givenUp.length === 1);
  for (const res of held) res.end();
  await stopped;
  assert.is(outcomes.length, AT_ONCE);
  assert.equal(
    givenUp.map(([why, some]) => [why, some.length]),
    [["handBack", 4]],
  );
});

test("stop: patience has an end, and what did not end in time is handed back", async () => {
  pool = start(1);
  const slow = to("held");
  deliver([slow]);
  await until(() => held.length === 1);
  await pool.stop(50);
  assert.equal([givenUp, outcomes], [[["handBack", [slow]]], []]);
});

test("scenario 20: a thread dies: calls under way have failed, what waits goes back; the new thread delivers", async () => {
  pool = start(1);
  const running = Array.from({ length: AT_ONCE }, () => to("held"));
  const waiting = to("held");
  deliver([...running, waiting]);
  await until(() => held.length === AT_ONCE);
  const bad = poison();
  deliver([bad]);
  await until(() => givenUp.length === 1);
  assert.is(crashes.length, 1);
  assert.match(crashes[0]!, /^0: /);
  assert.equal(givenUp, [["crashed", [waiting]]]);
  assert.is(ledger.size, 0);
  // Also the one that killed it: otherwise it would be claimed again and do the same, for ever.
  assert.equal(
    outcomes.map(({ taskId, n, attempt }) => [taskId, n, attempt?.outcome, attempt?.error?.code]),
    [...running, bad].map(({ taskId, n }) => [taskId, n, "failed", "crashed"]),
  );
  outcomes = [];
  // There is no thread at this moment: what arrives now waits for the next one.
  deliver([to("now")]);
  await until(() => outcomes.length === 1);
  assert.is(outcomes[0]?.attempt?.outcome, "succeeded");
});

test("only the thread that died is concerned", async () => {
  pool = start(2);
  const lanes = Array.from({ length: 20 }, (_, i) =>
    to("held", { lane: `${"x".repeat(10)}${i}`.slice(-11) as never }),
  );
  deliver(lanes);
  await until(() => held.length === 2 * AT_ONCE);
  deliver([poison()]);
  await until(() => crashes.length === 1);
  const failed = () => outcomes.filter(({ attempt }) => attempt?.error?.code === "crashed").length - 1;
  await until(() => failed() >= 0);
  const back = failed() + givenUp.flatMap(([, jobs]) => jobs).length;
  for (const res of held) res.end();
  await until(() => {
    for (const res of held.splice(0)) res.end();
    return outcomes.length - failed() - 1 === 20 - back;
  });
});

test("kept connections that targets closed are counted, also those of threads that died", async () => {
  pool = start(1);
  const stale = async (path: string) => {
    for (const n of [1, 2]) {
      deliver([to(`held${path}`)]);
      await until(() => held.length === 1);
      const first = held.shift()!;
      if (n === 1) first.end();
      else {
        first.socket?.resetAndDestroy();
        await until(() => held.length === 1);
        held.shift()!.end();
      }
      const done = outcomes.length + 1;
      await until(() => outcomes.length >= done);
    }
  };
  await stale("a");
  assert.is(pool.staleConnections, 1);
  deliver([poison()]);
  await until(() => crashes.length === 1);
  await stale("b");
  assert.is(pool.staleConnections, 2);
  assert.ok(outcomes.every(({ attempt }) => attempt?.error?.code !== "reset"));
});

test("a destination with more jobs than a thread calls at once goes to the next threads too", async () => {
  pool = start(2);
  deliver(Array.from({ length: 16 }, () => to("held")));
  await until(() => held.length === 2 * AT_ONCE);
  for (const res of held.splice(0)) res.end();
  await until(() => {
    for (const res of held.splice(0)) res.end();
    return outcomes.length === 16;
  });
});

/** A job whose signing takes longer than any patience here. */
const endless = () =>
  to("endless", {
    body: "x".repeat(1_000_000),
    secrets: Array(100_000).fill("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
  });

test("A7: a thread that a task holds up is ended: the task has failed by `overrun`, calls under way by `crashed`", async () => {
  pool = start(1, { silentAfterMs: 1_000, endedAfterMs: 2_500 });
  deliver([to("warm")]);
  await until(() => outcomes.length === 1);
  const running = to("held");
  deliver([running]);
  await until(() => held.length === 1);
  const [culprit, behind] = [endless(), to("behind")];
  deliver([culprit, behind]);
  await until(() => silent.length === 1);
  assert.equal([silent, [...pool.silent()], crashes], [[[0, true]], [0], []]);
  // Nothing is renewed on its behalf meanwhile.
  assert.equal(ledger.renewal(0, pool.silent()), []);
  await until(() => crashes.length === 1);
  assert.match(crashes[0]!, /^0: it did not answer for \d+ s/);
  assert.equal(
    outcomes.slice(1).map(({ taskId, attempt }) => [taskId, attempt?.outcome, attempt?.error?.code]),
    [
      [running.taskId, "failed", "crashed"],
      [culprit.taskId, "failed", "overrun"],
    ],
  );
  assert.equal(
    givenUp.map(([why, jobs]) => [why, jobs.map(({ taskId }) => taskId)]),
    [["crashed", [behind.taskId]]],
  );
  deliver([to("next")]);
  await until(() => outcomes.length === 4);
  assert.is(outcomes[3]?.attempt?.outcome, "succeeded");
  await until(() => silent.length === 2);
  assert.equal([silent[1], pool.silent().size], [[0, false], 0]);
});

test("A7: jobs of a thread that does not answer go to another one", async () => {
  pool = start(2, { silentAfterMs: 1_000 });
  // Both have begun to tick once they have made a call.
  const lane = (thread: number) =>
    Array.from({ length: 50 }, (_, i) => `lane${i}xxxxxxxxxxx`.slice(0, 11) as Lane).find(
      (it) => bucketOf(it, 2) === thread,
    )!;
  deliver([0, 1].map((thread) => to("warm", { lane: lane(thread) })));
  await until(() => outcomes.length === 2);
  deliver([{ ...endless(), lane: lane(0) }]);
  await until(() => silent.length === 1);
  deliver([to("next", { lane: lane(0) })]);
  await until(() => outcomes.length === 3);
  assert.is(outcomes[2]?.attempt?.outcome, "succeeded");
});

test("after a thread was replaced, stop does not wait for what is in flight", async () => {
  pool = start(1);
  deliver([poison()]);
  await until(() => crashes.length === 1);
  deliver([to("now")]);
  await until(() => outcomes.length === 1);
  deliver([to("held")]);
  await until(() => held.length === 1);
  const stopped = pool.stop(20_000);
  setTimeout(() => held[0]?.end(), 200);
  await stopped;
  assert.equal([outcomes.length, givenUp.length], [3, 0]);
});

test.run();
