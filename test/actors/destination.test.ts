import type { ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Destination, type DestinationMessage } from "../../actors/destination.ts";
import { guardedConnector } from "../../actors/egress.ts";
import { type ActorRef, spawn } from "../../actors/kernel.ts";
import { type LeasedJob, LeaseTrust, monotonicMs } from "../../actors/lease-trust.ts";
import { Slots } from "../../actors/slots.ts";
import { Standings } from "../../actors/standings.ts";
import { systemClock } from "../../core/clock.ts";
import type { Outcome } from "../../core/job.ts";
import { leaseKey } from "../../core/lease.ts";
import { allowLoopback, httpTarget, job, type Target } from "./targets.ts";

const test = suite("destination");

const CONCURRENCY = 64;
const lost = (...jobs: LeasedJob[]) => ({ type: "lost", leases: new Set(jobs.map(leaseKey)) }) as const;

/** A target that answers when the test says so, and what came of everything. */
interface Held {
  path: string;
  res: ServerResponse;
}
let target: Target;
let held: Held[];
let outcomes: Outcome[];
let givenUp: [why: string, taskIds: string[]][];
let refs: ActorRef<DestinationMessage>[];
let changed: PromiseWithResolvers<void>;
const change = () => {
  changed.resolve();
  changed = Promise.withResolvers();
};
const until = async (condition: () => boolean) => {
  while (!condition()) await changed.promise;
};
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test.before.each(async () => {
  [held, outcomes, givenUp, refs] = [[], [], [], []];
  changed = Promise.withResolvers();
  target = await httpTarget((req, res) => {
    held.push({ path: req.url ?? "", res });
    change();
  });
});
test.after.each(async () => {
  await target.stop();
  await Promise.all(refs.map((ref) => ref.stop()));
});

function destination(slots: Slots, url = target.url, trust = new LeaseTrust()) {
  const actor = new Destination(url, {
    node: "n",
    clock: systemClock,
    connector: guardedConnector(allowLoopback),
    slots,
    standings: new Standings(),
    trust,
    destinationConcurrency: CONCURRENCY,
    stale() {},
    putBack(made, { failure }) {
      givenUp.push([failure, [made.taskId]]);
      change();
    },
    report(outcome) {
      outcomes.push(outcome);
      change();
    },
    giveUp(jobs, why) {
      givenUp.push([why, jobs.map(({ taskId }) => taskId)]);
      change();
    },
  });
  const ref = spawn<DestinationMessage>(actor, { name: "d", mailbox: 10_000 });
  refs.push(ref);
  const give = (path: string, more: Partial<LeasedJob> = {}) => {
    const made = job(`${url}/${path}`, more);
    assert.ok(ref.tell({ type: "deliver", job: made }));
    return made;
  };
  return { ref, give, idle: () => actor.idle };
}

/** Answers the oldest held call, and gives its path. */
function answer(): string {
  const { path, res } = held.shift()!;
  res.end();
  return path;
}

test("first calls go before retries, each in order", async () => {
  const { give, idle } = destination(new Slots(1));
  give("running");
  await until(() => held.length === 1);
  for (const [path, first] of [
    ["r1", false],
    ["r2", false],
    ["f1", true],
    ["f2", true],
  ] as const)
    give(path, { first });
  const order: string[] = [];
  for (let n = 1; n <= 5; n++) {
    await until(() => held.length === 1);
    order.push(answer());
    await until(() => outcomes.length === n);
  }
  assert.equal(order, ["/running", "/f1", "/f2", "/r1", "/r2"]);
  await turn();
  assert.ok(idle());
});

test("at most 64 in flight, and the rest follows", async () => {
  const { give } = destination(new Slots(1000));
  for (let i = 0; i < 100; i++) give(`${i}`);
  await until(() => held.length === CONCURRENCY);
  await turn();
  await turn();
  assert.is(held.length, CONCURRENCY);
  answer();
  await until(() => held.length === 64);
  while (outcomes.length < 100) {
    if (held.length > 0) answer();
    await changed.promise;
  }
  assert.ok(outcomes.every(({ attempt }) => attempt?.outcome === "succeeded"));
});

test("the thread's slots are respected and shared: one destination leaves some to others", async () => {
  const slots = new Slots(3);
  const other = await httpTarget((req, res) => {
    held.push({ path: `other${req.url}`, res });
    change();
  });
  const [a, b] = [destination(slots), destination(slots, other.url)];
  for (let i = 0; i < 5; i++) a.give(`${i}`);
  await until(() => held.length === 2);
  for (let i = 0; i < 2; i++) b.give(`${i}`);
  await until(() => held.length === 3);
  assert.is(held.filter(({ path }) => path.startsWith("other")).length, 1);
  const order: string[] = [];
  for (let n = 1; n <= 7; n++) {
    await until(() => held.length > 0);
    assert.ok(held.length <= 3);
    order.push(answer());
    await until(() => outcomes.length === n);
  }
  // Anyone who waits gets a turn: the other destination is not last.
  assert.ok(order.findIndex((path) => path.startsWith("other")) < 6, `${order}`);
  await other.stop();
});

test("lost jobs are dropped where they wait; what is in flight ends", async () => {
  const { ref, give } = destination(new Slots(1));
  const running = give("running");
  await until(() => held.length === 1);
  const [gone, kept, retry] = [give("lost"), give("kept"), give("lostRetry", { first: false })];
  ref.tell(lost(running, gone, retry));
  await until(() => givenUp.length === 1);
  assert.equal(givenUp, [["lost", [gone.taskId, retry.taskId]]]);
  answer();
  await until(() => held.length === 1);
  assert.is(answer(), "/kept");
  await until(() => outcomes.length === 2);
  assert.equal(
    outcomes.map(({ taskId }) => taskId),
    [running.taskId, kept.taskId],
  );
});

test("a lease that is not trusted any more starts no call, until a heartbeat renews it", async () => {
  const trust = new LeaseTrust();
  const { give } = destination(new Slots(1), target.url, trust);
  const stale = give("stale", { trustedUntil: monotonicMs() - 1 });
  await until(() => givenUp.length === 1);
  assert.equal(givenUp, [["untrusted", [stale.taskId]]]);
  trust.renew(monotonicMs() + 60_000, monotonicMs());
  give("renewed", { trustedUntil: monotonicMs() - 1 });
  await until(() => held.length === 1);
  assert.is(answer(), "/renewed");
  await until(() => outcomes.length === 1);
});

test("hand back: what has not started comes back, what has ends, and stop waits for it", async () => {
  const { ref, give } = destination(new Slots(1));
  give("running");
  await until(() => held.length === 1);
  const waiting = [give("a").taskId, give("b").taskId];
  ref.tell({ type: "handBack" });
  await until(() => givenUp.length === 1);
  assert.equal(givenUp, [["handBack", waiting]]);
  let stopped = false;
  const stop = ref.stop().then(() => {
    stopped = true;
  });
  await turn();
  assert.not.ok(stopped);
  answer();
  await stop;
  assert.is(outcomes.length, 1);
});

test("a crash inside is an outcome, and gives its slot back", async () => {
  const { give } = destination(new Slots(1));
  give("bad", { secrets: ["whsec_eA=="] });
  give("good");
  await until(() => held.length === 1);
  assert.equal(
    outcomes.map(({ attempt }) => attempt?.error?.code),
    ["crashed"],
  );
  assert.is(answer(), "/good");
  await until(() => outcomes.length === 2);
});

test("a free slot that a destination needs no more goes to the next one", async () => {
  const slots = new Slots(1);
  const [running, emptied, starved] = [destination(slots), destination(slots), destination(slots)];
  running.give("running");
  await until(() => held.length === 1);
  const gone = emptied.give("gone");
  await turn();
  starved.give("starved");
  await turn();
  emptied.ref.tell(lost(gone));
  await until(() => givenUp.length === 1);
  answer();
  const patience = AbortSignal.timeout(2000);
  patience.addEventListener("abort", change);
  await until(() => held.length === 1 || patience.aborted);
  assert.equal(
    held.map(({ path }) => path),
    ["/starved"],
  );
});

test("a destination that had its share while slots were scarce gets more as soon as others have ended", async () => {
  // Found by hand: one hanging call held three quick jobs of its destination back while three of four slots were free.
  const slots = new Slots(4);
  const other = await httpTarget((req, res) => {
    held.push({ path: `other${req.url}`, res });
    change();
  });
  const [busy, hung] = [destination(slots, other.url), destination(slots)];
  for (let i = 0; i < 3; i++) busy.give(`${i}`);
  hung.give("hangs");
  await until(() => held.length >= 3);
  for (let i = 0; i < 3; i++) hung.give(`quick${i}`);
  for (let n = 1; n <= 3; n++) {
    await until(() => held.some(({ path }) => path.startsWith("other")));
    held
      .splice(
        held.findIndex(({ path }) => path.startsWith("other")),
        1,
      )[0]!
      .res.end();
    await until(() => outcomes.length === n);
  }
  // Nothing of it has ended: only what others gave back lets it go on.
  await until(() => held.some(({ path }) => path.startsWith("/quick")));
  assert.ok(held.some(({ path }) => path === "/hangs"));
  await until(() => held.filter(({ path }) => path.startsWith("/quick")).length >= 2);
  await other.stop();
});

test("with a single slot: a destination that was closed does not swallow it", async () => {
  const slots = new Slots(1);
  const [running, closed, next] = [destination(slots), destination(slots), destination(slots)];
  running.give("running");
  await until(() => held.length === 1);
  closed.give("closed");
  await turn();
  next.give("next");
  await turn();
  // Closes its mailbox while it is the first in turn.
  const stopped = closed.ref.stop();
  await stopped;
  answer();
  await until(() => held.length === 1);
  assert.is(answer(), "/next");
  await until(() => outcomes.length === 2);
});

test("targets that never answered leave slots to those that did", async () => {
  const slots = new Slots(16);
  const proven = destination(slots);
  proven.give("proof", { stranger: true });
  await until(() => held.length === 1);
  answer();
  await until(() => outcomes.length === 1);
  const strangers = await httpTarget((req, res) => {
    held.push({ path: `stranger${req.url}`, res });
    change();
  });
  // Each is another destination to us.
  const many = Array.from({ length: 30 }, () => destination(slots, strangers.url));
  for (const { give } of many) give("hangs", { stranger: true });
  await until(() => held.length === 14);
  await turn();
  assert.is(held.length, 14, "an eighth is left");
  proven.give("first");
  await until(() => held.some(({ path }) => path === "/first"));
  // Nor does this thread know that one, but the dispatcher does.
  const elsewhere = destination(slots);
  elsewhere.give("unknown", { stranger: true });
  await turn();
  elsewhere.give("vouched");
  await until(() => held.some(({ path }) => path === "/unknown"));
  assert.is(held.length, 16);
  await strangers.stop();
});

test.run();
