import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crashed } from "../../actors/delivery.ts";
import { type HeldLease, noReleases } from "../../actors/held-lease.ts";
import { PATIENCE } from "../../actors/lanes-here.ts";
import type { LeasedJob } from "../../actors/lease-trust.ts";
import { Ledger } from "../../actors/ledger.ts";
import { epochMs, later, millis, systemClock } from "../../core/clock.ts";
import type { Lane } from "../../core/ids.ts";
import { leaseOf, type Outcome } from "../../core/job.ts";
import { Room } from "../../services/dispatcher/room.ts";
import { job } from "./targets.ts";

const test = suite("ledger");

const LEASE_MS = 10_000;
const NOBODY: ReadonlySet<number> = new Set();
let ledger: Ledger;
test.before.each(() => {
  ledger = new Ledger({ holder: "h", capacity: 100, leaseMs: LEASE_MS });
});

const claim = (...jobs: LeasedJob[]) =>
  ledger.claim(jobs.map((it) => ({ job: it, trust: { trustedUntil: it.trustedUntil } })));
const claimOne = (it: LeasedJob): HeldLease => {
  const { fresh } = claim(it);
  assert.is(fresh.length, 1);
  return fresh[0] as HeldLease;
};
const to = (more: Partial<LeasedJob> = {}) => job("http://127.0.0.1/x", more);
/** The same task's next lease. */
const again = (it: LeasedJob, more: Partial<LeasedJob> = {}) => ({
  ...it,
  dueAt: later(it.dueAt, millis(1_000)),
  ...more,
});
const nextCall = (it: LeasedJob) => again(it, { n: it.n + 1, first: false });
function outcome(it: LeasedJob, how: "succeeded" | "failed" = "succeeded"): Outcome {
  const made = crashed(it, "x", { clock: systemClock, node: "n" } as never);
  if (how === "succeeded" && made.attempt) made.attempt = { ...made.attempt, outcome: how, error: null };
  return made;
}
const answered = (it: LeasedJob): Outcome => {
  const made = outcome(it);
  return { ...made, attempt: { ...made.attempt!, statusCode: 200 } };
};
const TIMEOUT = { code: "timeout", message: "" } as const;
const end = (it: LeasedJob, how: "succeeded" | "failed" = "succeeded") =>
  ledger.end(outcome(it, how), 1) as HeldLease;
const beat = (now = 0) => ledger.promote(ledger.renewal(now, NOBODY));
const named = (leases: { lease: { n: number; dueAt: number } }[]) =>
  leases.map(({ lease: { n, dueAt } }) => [n, dueAt]);
const counts = () => [ledger.size, ledger.retries, ledger.ended];

test("a job says where its target has not answered this dispatcher lately; one that has costs no word", () => {
  const isKnown = to().lane;
  ledger = new Ledger({
    holder: "h",
    capacity: 100,
    leaseMs: LEASE_MS,
    isStranger: (lane) => lane !== isKnown,
  });
  assert.not.ok("stranger" in claimOne(to()).job!);
  assert.is(claimOne(to({ lane: "elsewhere" as never })).job?.stranger, true);
});

test("jobs of a target that was known and answers nothing any more are strangers', until it answers", () => {
  let now = 0;
  ledger = new Ledger({ holder: "h", capacity: 100, leaseMs: LEASE_MS, now: () => now });
  const [hanging, well] = ["hangs" as Lane, "well" as Lane];
  const [a, b, c] = [to({ lane: hanging }), to({ lane: hanging, first: false, n: 2 }), to({ lane: well })];
  claim(a, b, c, to({ lane: well }));
  now = PATIENCE - 1;
  assert.not.ok(ledger.lookWhoHangs());
  ledger.end(answered(c), now);
  now = PATIENCE;
  assert.ok(ledger.lookWhoHangs(), "there is room");
  assert.equal([ledger.strangers.first, ledger.strangers.retries], [1, 1]);
  assert.not.ok(ledger.lookWhoHangs(), "none was found since");
  const next = to({ lane: hanging });
  assert.is(claimOne(next).job?.stranger, true);
  // A call that runs into its deadline is no answer.
  ledger.end(
    {
      ...outcome(next, "failed"),
      attempt: { ...answered(next).attempt!, error: TIMEOUT, outcome: "failed" },
    },
    now,
  );
  assert.is(claimOne(to({ lane: hanging })).stranger, true);
  ledger.end(answered(a), now);
  assert.is(claimOne(to({ lane: hanging })).stranger, false);
  assert.equal(
    [ledger.strangers.first, ledger.strangers.retries],
    [1, 1],
    "those that were here stay what they are",
  );
});

test("a thousand known targets that begin to hang leave a dispatcher its room", () => {
  let now = 0;
  ledger = new Ledger({ holder: "h", capacity: 2_000, leaseMs: LEASE_MS, now: () => now });
  const room = new Room(512, ledger);
  claim(...Array.from({ length: 1_000 }, (_, i) => to({ lane: `lane ${i}` as Lane })));
  assert.ok(room.free <= 0);
  now = PATIENCE;
  ledger.lookWhoHangs();
  assert.is(room.free, 384);
});

test("what is reported says how long ago it ended, each time anew, and never that it is still to come", () => {
  const called = to();
  claimOne(called);
  const ended = end(called);
  const told = [0, 1, 1.9, 90_000].map((now) => ledger.outcomeOf(ended, now).endedMsAgo);
  assert.equal(told, [0, 0, 0, 89_999]);
});

test("counts leases by how far they have come, and by first calls and retries", () => {
  const [a, b] = [to(), to({ first: false, n: 3 })];
  const { fresh } = claim(a, b);
  assert.equal([counts(), ledger.ofLane(a.lane)], [[2, 1, 0], 2]);
  assert.equal(
    fresh.map((held) => ledger.state(held)),
    ["claimed", "claimed"],
  );
  ledger.marks.rest(fresh[0]?.job?.place);
  assert.is(ledger.state(fresh[0] as HeldLease), "begun");
  const ended = end(b);
  assert.equal(
    [ledger.state(ended), ended.job, counts(), ledger.ofLane(a.lane)],
    ["ended", null, [2, 1, 1], 1],
  );
  assert.equal(ledger.recorded([ended]), noReleases());
  assert.equal([counts(), ledger.oldestEnd()], [[1, 0, 0], undefined]);
  assert.is(ledger.end(outcome(b), 1), undefined, "what is said twice is said once");
});

test("A1: a retry that comes before the report of the attempt before is acknowledged is called", () => {
  const first = to();
  claimOne(first);
  const ended = end(first, "failed");
  const retry = nextCall(first);
  const held = claimOne(retry);
  assert.equal([counts(), held.lease.n], [[2, 1, 1], 2]);
  // The lease of attempt 1 is over: the retry is proof that it is on record.
  assert.equal(named(beat()), [[2, retry.dueAt]]);
  assert.is(ledger.outcomeOf(ended, 0).dueAt, first.dueAt);
  assert.equal(ledger.recorded([ended]), noReleases());
  assert.equal([counts(), ledger.find(retry)], [[1, 1, 0], held]);
  end(retry);
  assert.equal(counts(), [1, 1, 1]);
});

test("A1: of several attempts of a task each can go first", () => {
  const first = to();
  claimOne(first);
  const [second, third] = [nextCall(first), nextCall(nextCall(first))];
  const ended = [end(first, "failed")];
  claimOne(second);
  ended.push(end(second, "failed"));
  claimOne(third);
  ledger.recorded([ended[1] as HeldLease]);
  assert.equal([counts(), ledger.find(second)], [[2, 1, 1], undefined]);
  ledger.recorded([ended[0] as HeldLease]);
  assert.equal(counts(), [1, 1, 0]);
  assert.is(ledger.find(third)?.lease.n, 3);
});

test("the same attempt, leased anew, is not called beside itself: it goes on, or is reported, under the new lease", () => {
  const [called, known] = [to(), to()];
  claim(called, known);
  const ended = end(known);
  const [calledAgain, knownAgain] = [again(called), again(known)];
  assert.equal(claim(calledAgain, knownAgain), { fresh: [], superseded: [], surplus: [] });
  assert.is(ledger.outcomeOf(ended, 0).dueAt, knownAgain.dueAt);
  assert.is(ledger.outcomeOf(end(called), 0).dueAt, calledAgain.dueAt);
});

test("an attempt that waits while the next one is leased is on record elsewhere: it must not begin", () => {
  const first = to();
  const held = claimOne(first);
  const { fresh, superseded } = claim(nextCall(first));
  assert.equal([fresh.length, superseded], [1, [held]]);
  const { jobs, releases } = ledger.giveUp([first]);
  assert.equal([jobs.length, releases, counts()], [1, noReleases(), [1, 1, 0]]);
  // One for a call that was made long ago goes back.
  const { surplus } = claim(again(first));
  assert.equal(surplus.map(leaseOf), [leaseOf(again(first))]);
});

test("A4: a late `lost` does not touch the task's newer lease, nor a newer attempt", () => {
  const [one, other] = [to(), to()];
  claim(one, other);
  end(other, "failed");
  const sent = beat();
  claim(again(one), nextCall(other));
  const answer = ledger.renewed(sent, [one.taskId, other.taskId], []);
  assert.equal(answer, { lost: 0, dropped: [], releases: noReleases() });
  assert.equal(beat().length, 2);
});

test("A4: a job that is dropped although it was leased anew goes back", () => {
  const one = to();
  const held = claimOne(one);
  const { dropped, lost } = ledger.renewed(beat(), [one.taskId], []);
  assert.equal([lost, dropped], [1, [held]]);
  // The thread has been told already when the new lease comes.
  const anew = again(one);
  claim(anew);
  assert.equal(ledger.giveUp([one]).releases, { ...noReleases(), entries: [leaseOf(anew)] });
});

test("what is lost is renewed no more and not handed back; what is under way is still reported", () => {
  const [waiting, begun] = [to(), to()];
  claim(waiting, begun);
  const { lost } = ledger.renewed(beat(), [waiting.taskId, begun.taskId], []);
  assert.equal([lost, beat()], [2, []]);
  assert.equal(ledger.giveUp([waiting]).releases, noReleases());
  assert.equal(ledger.recorded([end(begun)]), noReleases());
  assert.is(ledger.size, 0);
});

test("A3: a lease that a late heartbeat brought back to life behind its record is ended", () => {
  const [before, behind, failed] = [to(), to(), to()];
  claim(before, behind, failed);
  const [held, heldBehind, heldFailed] = [end(before), end(behind), end(failed, "failed")];
  const sent = beat();
  ledger.recorded([held]);
  const adopted = [before, behind, failed].map(({ taskId }) => taskId);
  // The word of its record comes before the answer, or behind it.
  assert.equal(ledger.renewed(sent, [], adopted).releases, { ...noReleases(), ended: [leaseOf(before)] });
  assert.equal(ledger.recorded([heldBehind]), { ...noReleases(), ended: [leaseOf(behind)] });
  // Of one that failed the row knows whether there is a next call.
  assert.equal(ledger.recorded([heldFailed]), { ...noReleases(), entries: [leaseOf(failed)] });
});

test("A3: without a word of what was taken in, a lease that ended while the request was under way is handed back", () => {
  const [recorded, given] = [to(), to()];
  claim(recorded, given);
  const sent = beat();
  ledger.recorded([end(recorded)]);
  ledger.giveUp([given]);
  const { releases } = ledger.renewed(sent, [], []);
  assert.equal(releases, { ...noReleases(), entries: [leaseOf(recorded), leaseOf(given)] });
});

test("a lease in its row is left out while it is young, and known to the due set from the beat on that names it", () => {
  const now = 1_000_000;
  const young = to({ handedUntil: epochMs(now + LEASE_MS * 0.8) });
  const old = to({ handedUntil: epochMs(now + LEASE_MS * 0.8 - 1) });
  claim(young, old);
  const sent = ledger.promote(ledger.renewal(now, NOBODY));
  assert.equal(
    sent.map(({ lease }) => lease.taskId),
    [old.taskId],
  );
  // It was sent: whether it arrived nobody knows.
  assert.is(ledger.outcomeOf(end(old), 0).handed, undefined);
  const ended = end(young);
  assert.is(ledger.outcomeOf(ended, 0).handed, true);
  // Its report does not get through, and its lease grows older.
  beat(now + 1);
  assert.is(ledger.outcomeOf(ended, 0).handed, undefined);
});

test("while nobody knows whether a promotion arrived, a failure and a job handed back reach the due set either way", () => {
  const jobs = [to(), to(), to()].map((it) => ({ ...it, handedUntil: epochMs(1) }));
  const [failed, given, known] = jobs as [LeasedJob, LeasedJob, LeasedJob];
  claim(failed, given, known);
  const sent = beat();
  assert.is(ledger.outcomeOf(end(failed, "failed"), 0).handed, true, "its retry must get there");
  const { releases } = ledger.giveUp([given]);
  assert.equal(releases, { entries: [leaseOf(given)], handed: [leaseOf(given)], ended: [] });
  ledger.renewed(sent, [], [known.taskId]);
  assert.is(
    ledger.outcomeOf(end(known, "failed"), 0).handed,
    undefined,
    "the answer came: the due set has it",
  );
});

test("what is handed back goes where its lease is", () => {
  const [handed, leased] = [to({ handedUntil: epochMs(1_000_000_000) }), to()];
  claim(handed, leased);
  const { releases } = ledger.giveUp([handed, leased]);
  assert.equal(releases, { ended: [], handed: [leaseOf(handed)], entries: [leaseOf(leased)] });
});

test("A7: leases of a thread that does not answer are not renewed; outcomes that came from it are", () => {
  const [stuck, ended, other] = [to(), to(), to()];
  for (const [i, held] of claim(stuck, ended, other).fresh.entries()) held.thread = i === 2 ? 1 : 0;
  end(ended);
  const renewed = ledger.renewal(0, new Set([0]));
  assert.equal(
    renewed.map(({ lease }) => lease.taskId),
    [ended.taskId, other.taskId],
  );
});

test.run();
