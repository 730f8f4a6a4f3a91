/** What every due set must do. Run over each implementation by `memory.test.ts` and `redis.test.ts`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, later, millis } from "../../core/clock.ts";
import { NO_SETTINGS } from "../../core/destination.ts";
import { type Lane, laneOf, newTaskId } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import { type DueSet, type DueSetOptions, HANDOVER } from "../../due/due-set.ts";
import { laneRules } from "./lane-rules.ts";
import { accepted } from "./workbench.ts";

export const WINDOW = 4;
const LEASE = millis(400);

export function conformance(name: string, create: (options: DueSetOptions) => Promise<DueSet>): void {
  const test = suite(`due set: ${name}`);
  let set: DueSet;

  test.before.each(async () => {
    set = await create({ leaseMs: LEASE, window: WINDOW });
  });
  test.after.each(async () => {
    // Leases of the lane rules' own sets last longer than this one's could.
    const { ends: _, ...wrong } = (await set.check(false)).wrong;
    await set.close();
    assert.equal(wrong, {}, "whatever was done, the set is consistent");
  });

  const entry = (more: Partial<DueEntry> = {}): DueEntry => ({
    taskId: newTaskId(),
    lane: laneOf("http://a"),
    app: 0,
    first: true,
    dueAt: set.clock.now(),
    ...more,
  });
  /** Goes on with a set whose leases do not run out because the machine is busy. */
  const withLease = async (leaseMs: number) => {
    await set.close();
    set = await create({ leaseMs: millis(leaseMs), window: WINDOW });
  };
  const ids = (entries: DueEntry[]) => entries.map(({ taskId }) => taskId);
  /** Claims at every wake-up until something comes. */
  const claimWhenWoken = (holder: string, room = 100) =>
    new Promise<DueEntry[]>((resolve, reject) => {
      const attempt = () =>
        set.claim(holder, room).then((taken) => {
          if (taken.length > 0) resolve(taken);
        }, reject);
      set.onWake(attempt);
      attempt();
    });

  test("what is due is claimed once", async () => {
    const one = entry();
    await set.add([one]);
    assert.equal(ids(await set.claim("a", 10)), [one.taskId]);
    assert.equal(await set.claim("b", 10), []);
    assert.equal(await set.counts(), { waiting: 0, ready: 0, leased: 1 });
  });

  test("adding twice changes nothing, wherever the entry is", async () => {
    const due = entry();
    const waiting = entry({ dueAt: later(set.clock.now(), millis(60_000)) });
    assert.is(await set.add([due, waiting]), 2);
    assert.is(await set.add([due, waiting]), 0);
    await set.claim("a", 10);
    assert.is(await set.add([due, waiting, entry({ dueAt: waiting.dueAt })]), 1, "it says how many were new");
    assert.equal(await set.claim("b", 10), []);
    assert.equal(await set.counts(), { waiting: 2, ready: 0, leased: 1 });
  });

  test("nothing is claimed before its time, and a wake-up tells when", async () => {
    const dueAt = later(set.clock.now(), millis(150));
    const soon = entry({ dueAt });
    await set.add([soon]);
    assert.equal(await set.claim("a", 10), []);
    const [taken] = await claimWhenWoken("a");
    const late = set.clock.now() - dueAt;
    assert.is(taken?.taskId, soon.taskId);
    assert.ok(late >= 0 && late < 100, `claimed ${late} ms after its time`);
  });

  test("an earlier entry that arrives later brings the wake-up forward", async () => {
    await set.add([entry({ dueAt: later(set.clock.now(), millis(60_000)) })]);
    assert.equal(await set.claim("a", 10), []);
    const claimed = claimWhenWoken("a");
    const urgent = entry();
    await set.add([urgent]);
    assert.equal(ids(await claimed), [urgent.taskId]);
  });

  test("a lease that runs out gives the entry to the next claim", async () => {
    const one = entry();
    await set.add([one]);
    await set.claim("dead", 10);
    const leasedAt = performance.now();
    assert.equal(ids(await claimWhenWoken("alive")), [one.taskId]);
    assert.is(set.recovered, 1, "it is counted");
    assert.ok(performance.now() - leasedAt >= LEASE - 20);
    assert.equal(ids((await set.extend("dead", [one])).lost), [one.taskId], "the first holder has lost it");
  });

  test("an extended lease holds", async () => {
    const leaseMs = 3 * LEASE;
    await withLease(leaseMs);
    const one = entry();
    await set.add([one]);
    await set.claim("a", 10);
    const until = performance.now() + leaseMs * 1.5;
    const claimed = claimWhenWoken("b");
    const beat = setInterval(() => void set.extend("a", [one]), leaseMs / 8);
    await Promise.race([claimed, waitUntil(until)]);
    clearInterval(beat);
    assert.ok(performance.now() >= until - 5, "nobody else got it while it was extended");
    assert.equal(ids(await claimed), [one.taskId], "and somebody did once it was not");
  });

  test("extend takes back what the set has lost, and what ran out and waits again", async () => {
    const lost = entry();
    assert.equal(await set.extend("a", [lost]), { lost: [], adopted: [lost] });
    await set.add([lost]);
    assert.equal(await set.claim("b", 10), [], "it is leased again");
    assert.is((await set.leasedAmong([lost])).size, 1);
  });

  test("what is missing is told, wherever the rest is, and nothing is changed", async () => {
    const [leased, ready, waiting, unknown] = [
      entry(),
      entry(),
      entry({ dueAt: later(set.clock.now(), millis(60_000)) }),
      entry(),
    ];
    await set.add([leased]);
    await set.claim("a", 1);
    await set.add([ready, waiting]);
    const before = await set.counts();
    assert.equal(await set.missingAmong([leased, ready, waiting, unknown]), [unknown]);
    assert.equal(await set.missingAmong([]), []);
    assert.equal(await set.counts(), before);
  });

  test("a finished task that a late heartbeat takes in is told apart, and can be ended", async () => {
    const one = entry();
    await set.add([one]);
    await set.claim("a", 10);
    await set.settle("a", [{ entry: one, next: null, health: "ok" }]);
    const late = await set.extend("a", [one]);
    assert.equal(late, { lost: [], adopted: [one] });
    await set.settle("a", [{ entry: one, next: null, health: null }]);
    assert.equal(await set.counts(), { waiting: 0, ready: 0, leased: 0 });
  });

  test("a lease that was in the task's row only ends without one here: its retry waits, its health counts", async () => {
    const one = entry();
    const next = { ...one, first: false, dueAt: set.clock.now() };
    await set.settle("a", [{ entry: one, next, health: "bad", unheld: true }]);
    assert.equal(await set.counts(), { waiting: 0, ready: 1, leased: 0 });
    const status = (await set.lanes([one.lane])).get(one.lane);
    assert.is(status?.failures, 1);
    assert.equal(ids(await set.claim("a", 10)), [one.taskId]);
  });

  test("the end of a lease in a task's row, repeated when its retry is leased or waits, changes nothing", async () => {
    const one = entry();
    const next = { ...one, first: false, dueAt: set.clock.now() };
    const settlement = { entry: one, next, health: null, unheld: true };
    await set.settle("a", [settlement]);
    await set.settle("a", [settlement]);
    assert.equal(await set.counts(), { waiting: 0, ready: 1, leased: 0 });
    const [leased] = await set.claim("b", 10);
    await set.settle("a", [settlement]);
    await set.add([next]);
    assert.equal(await set.counts(), { waiting: 0, ready: 0, leased: 1 });
    assert.equal(await set.extend("b", [leased as DueEntry]), { lost: [], adopted: [] });
    const retry = { ...next, dueAt: later(set.clock.now(), millis(60_000)) };
    await set.settle("b", [{ entry: next, next: retry, health: null }]);
    await set.settle("a", [settlement]);
    assert.equal(await set.counts(), { waiting: 1, ready: 0, leased: 0 });
  });

  test("a lease that was in the task's row only leaves that of another holder alone", async () => {
    const one = entry();
    await set.add([one]);
    await set.claim("b", 10);
    await set.settle("a", [{ entry: one, next: null, health: null, unheld: true }]);
    assert.equal((await set.counts()).leased, 1);
    assert.equal((await set.extend("b", [one])).lost, []);
  });

  test("a lease that was in the task's row only and ran out: its holder may still have it, otherwise the next claim", async () => {
    await withLease(60_000);
    const [kept, left, ended] = [entry(), entry(), entry()];
    assert.is(await set.addOrphans([kept, left, ended]), 3);
    assert.is(await set.addOrphans([kept]), 0);
    assert.equal(await set.counts(), { waiting: 0, ready: 0, leased: 3 });
    assert.equal(await set.extend("a", [kept]), { lost: [], adopted: [kept] });
    await set.settle("a", [{ entry: ended, next: null, health: "ok", unheld: true }]);
    const beat = setInterval(() => void set.extend("a", [kept]), LEASE / 4);
    assert.equal(ids(await claimWhenWoken("b")), [left.taskId]);
    clearInterval(beat);
    assert.equal((await set.extend("a", [kept])).lost, []);
    assert.equal((await set.extend("a", [left])).lost, [left]);
    assert.equal(await set.counts(), { waiting: 0, ready: 0, leased: 2 });
  });

  test("calls that went well elsewhere widen the window and end a row of failures", async () => {
    const one = entry();
    await set.settle("a", [{ entry: one, next: null, health: "bad", unheld: true }]);
    assert.equal(await set.wentWell(new Map([[one.lane, 3]])), []);
    const status = (await set.lanes([one.lane])).get(one.lane);
    assert.is(status?.failures ?? 0, 0);
  });

  test("a lane is quiet until something of it waits, is set, or troubles it", async () => {
    const wide = await create({ leaseMs: LEASE, window: 256 });
    const lanes = ["waits", "set", "narrow", "calm"].map((name) => laneOf(`http://${name}`)) as Lane[];
    const [waits, set_, narrow, calm] = lanes as [Lane, Lane, Lane, Lane];
    assert.not.ok((await wide.quiet())(calm), "nothing is known before the set was built");
    await wide.markRebuilt();
    const before = await wide.quiet();
    assert.ok(lanes.every((lane) => before(lane)));
    await wide.add([entry({ lane: waits })]);
    await wide.configure(set_, { ...NO_SETTINGS, ratePerSecond: 1_000 });
    await wide.settle("a", [{ entry: entry({ lane: narrow }), next: null, health: "slow", unheld: true }]);
    await wide.settle("a", [{ entry: entry({ lane: calm }), next: null, health: "ok", unheld: true }]);
    const after = await wide.quiet();
    assert.equal(
      lanes.map((lane) => after(lane)),
      [false, false, false, true],
    );
    await wide.configure(set_, NO_SETTINGS);
    await wide.claim("a", 10);
    const later = await wide.quiet();
    assert.ok(later(waits) && later(set_), "and is again");
    await wide.close();
  });

  test("only the holder settles, releases and extends", async () => {
    const one = entry();
    await set.add([one]);
    await set.claim("a", 10);
    await set.settle("b", [{ entry: one, next: null, health: null }]);
    await set.release("b", [one]);
    assert.equal(ids((await set.extend("b", [one])).lost), [one.taskId]);
    assert.equal((await set.counts()).leased, 1);
    await set.settle("a", [{ entry: one, next: null, health: null }]);
    assert.equal(await set.counts(), { waiting: 0, ready: 0, leased: 0 });
  });

  test("an outcome that is reported again leaves the lease of the next call alone", async () => {
    const one = entry({ first: false, dueAt: epochMs(set.clock.now() - 10) });
    await set.add([one]);
    await set.claim("a", 10);
    const next = { ...one, dueAt: set.clock.now() };
    const settlement = { entry: one, next, health: null };
    await set.settle("a", [settlement]);
    const [again] = await claimWhenWoken("a");
    assert.is(again?.dueAt, next.dueAt);
    await set.settle("a", [settlement]);
    await set.release("a", [one]);
    assert.equal(ids((await set.extend("a", [one])).lost), [one.taskId], "the first lease is gone");
    assert.equal(await set.counts(), { waiting: 0, ready: 0, leased: 1 });
    assert.equal(await set.extend("a", [next]), { lost: [], adopted: [] });
  });

  test("a holder that claims again what it had lost has a lease of another name", async () => {
    const one = entry({ dueAt: epochMs(set.clock.now() - 10) });
    await set.add([one]);
    await set.claim("a", 10);
    const [again] = await claimWhenWoken("a");
    assert.is(again?.taskId, one.taskId);
    await set.settle("a", [{ entry: one, next: null, health: null }]);
    assert.equal((await set.counts()).leased, 1);
    await set.settle("a", [{ entry: again as DueEntry, next: null, health: null }]);
    assert.equal((await set.counts()).leased, 0);
  });

  test("settling with a next time makes it wait until then", async () => {
    const one = entry();
    await set.add([one]);
    await set.claim("a", 10);
    const next = { ...one, first: false, dueAt: later(set.clock.now(), millis(120)) };
    await set.settle("a", [{ entry: one, next, health: null }]);
    assert.equal(await set.claim("a", 10), []);
    const [again] = await claimWhenWoken("a");
    assert.ok(set.clock.now() >= next.dueAt);
    assert.is(again?.first, false);
  });

  test("released entries are ready at once", async () => {
    const one = entry();
    await set.add([one]);
    await set.claim("a", 10);
    await set.release("a", [one]);
    assert.equal(ids(await set.claim("b", 10)), [one.taskId]);
  });

  test("admit leases what is due, as far as there is room, and adds the rest", async () => {
    const [one, two, three] = [entry(), entry(), entry({ dueAt: later(set.clock.now(), millis(60_000)) })];
    assert.equal(ids(await set.admit([three, one, two].map(accepted), "a", 1)), [one.taskId]);
    assert.equal(ids(await set.claim("b", 10)), [two.taskId]);
    assert.equal(await set.counts(), { waiting: 1, ready: 0, leased: 2 });
  });

  test("admit only adds what was accepted too long ago, also where it is due just now", async () => {
    const past = (ms: number) => later(set.clock.now(), millis(-ms));
    const stale = { ...entry(), acceptedAt: past(HANDOVER + 1) };
    const fresh = { ...entry({ lane: laneOf("http://b") }), acceptedAt: past(HANDOVER / 2) };
    assert.equal(ids(await set.admit([stale, fresh], "a", 10)), [fresh.taskId]);
    assert.equal(ids(await set.claim("b", 10)), [stale.taskId]);
  });

  test("admit lets nobody overtake in a lane", async () => {
    const earlier = entry();
    await set.add([earlier]);
    assert.equal(await set.admit([accepted(entry())], "a", 10), []);
    assert.is((await set.claim("a", 1))[0]?.taskId, earlier.taskId);
  });

  test("a lane has at most its window leased; room comes back as leases end", async () => {
    await set.add(Array.from({ length: WINDOW + 3 }, () => entry()));
    const first = await set.claim("a", 100);
    assert.is(first.length, WINDOW);
    assert.equal(await set.claim("a", 100), []);
    const woken = claimWhenWoken("a");
    await set.settle("a", [{ entry: first[0] as DueEntry, next: null, health: null }]);
    assert.is((await woken).length, 1);
  });

  test("a full lane does not hold up others", async () => {
    await set.add(Array.from({ length: 50 }, () => entry()));
    await set.claim("a", 100);
    const other = entry({ lane: laneOf("http://b") });
    await set.add([other]);
    assert.equal(ids(await set.claim("a", 100)), [other.taskId]);
  });

  test("lanes take turns", async () => {
    const lanes = ["http://a", "http://b", "http://c"].map(laneOf);
    await set.add(lanes.flatMap((lane) => Array.from({ length: 20 }, () => entry({ lane }))));
    const taken = await set.claim("a", 100);
    const count = (lane: Lane) => taken.filter((one) => one.lane === lane).length;
    assert.equal(lanes.map(count), [WINDOW, WINDOW, WINDOW]);
  });

  test("first calls go before retries, which keep a share", async () => {
    const retries = Array.from({ length: 100 }, (_, i) =>
      entry({ lane: laneOf(`http://r${i}`), first: false }),
    );
    const firsts = Array.from({ length: 100 }, (_, i) => entry({ lane: laneOf(`http://f${i}`) }));
    await set.add(retries);
    await set.add(firsts);
    let taken: DueEntry[] = [];
    while (taken.length < 64) taken = taken.concat(await set.claim("a", 64 - taken.length));
    const calls = taken.filter(({ first }) => first).length;
    assert.ok(calls >= 40 && calls < 64, `${calls} first calls of 64`);
  });

  test("move brings a waiting entry forward, and leaves a leased one alone", async () => {
    const one = entry({ dueAt: later(set.clock.now(), millis(60_000)) });
    await set.add([one]);
    assert.is(await set.move({ ...one, dueAt: set.clock.now() }), true);
    assert.equal(ids(await set.claim("a", 10)), [one.taskId]);
    assert.is(await set.move({ ...one, dueAt: set.clock.now() }), false);
  });

  test("removed entries never come", async () => {
    const [ready, waiting, held] = [
      entry(),
      entry({ dueAt: later(set.clock.now(), millis(60_000)) }),
      entry(),
    ];
    await set.add([held]);
    await set.claim("a", 1);
    await set.add([ready, waiting]);
    await set.remove([ready, waiting, held]);
    assert.equal(await set.claim("a", 10), []);
    assert.equal(await set.counts(), { waiting: 0, ready: 0, leased: 1 });
  });

  test("leased entries can be asked for", async () => {
    const [one, two] = [entry(), entry()];
    await set.add([one]);
    await set.claim("a", 10);
    await set.add([two]);
    assert.equal(Array.from(await set.leasedAmong([one, two])), [one.taskId]);
    assert.equal(await set.allLeased(), [one.taskId]);
  });

  test("a new set asks to be rebuilt until it was", async () => {
    assert.is(await set.intact(), false);
    assert.is(await set.intact(), false);
    await set.markRebuilt();
    assert.is(await set.intact(), true);
  });

  test("claims by many at once share without overlap", async () => {
    const all = Array.from({ length: 200 }, (_, i) => entry({ lane: laneOf(`http://h${i}`) }));
    await set.add(all);
    const seen: string[] = [];
    const claimer = async (holder: string) => {
      for (let empty = 0; empty < 2; ) {
        const taken = await set.claim(holder, 7);
        if (taken.length === 0) empty += 1;
        seen.push(...ids(taken));
      }
    };
    await Promise.all(["a", "b", "c"].map(claimer));
    assert.is(seen.length, all.length);
    assert.is(new Set(seen).size, all.length);
  });

  laneRules(test, create);
  test.run();
}

const waitUntil = (time: number) => new Promise<void>((done) => setTimeout(done, time - performance.now()));
