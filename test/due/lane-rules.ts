/** The part of the conformance suite about windows, rates, breakers and turns: `due/lane-rules.ts` in each implementation. */
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { later, millis } from "../../core/clock.ts";
import { NO_SETTINGS } from "../../core/destination.ts";
import { type Lane, laneOf } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import type { Health } from "../../core/outcome.ts";
import type { DueSet, DueSetOptions } from "../../due/due-set.ts";
import { RULES, type Rules } from "../../due/lane-rules.ts";
import { until } from "../e2e/kit/until.ts";
import { accepted, Workbench } from "./workbench.ts";

const WIDE = 256;

export function laneRules(test: Test, create: (options: DueSetOptions) => Promise<DueSet>): void {
  const lane = laneOf("http://a");

  /** Runs `body` on a set with wide windows, whose breaker opens without waiting for seconds of failure. */
  const rule = (name: string, body: (set: Workbench) => Promise<void>, rules: Partial<Rules> = {}) =>
    test(name, async () => {
      const set = await create({ leaseMs: millis(10_000), window: WIDE, rules: { OPEN_MS: 0, ...rules } });
      try {
        await body(new Workbench(set, lane));
        assert.equal((await set.check(false)).wrong, {}, "whatever was done, the set is consistent");
      } finally {
        await set.close();
      }
    });

  rule("a lane begins with a small window, and each call that ends widens it", async (bench) => {
    await bench.add(300);
    const first = await bench.claim();
    assert.is(first.length, RULES.START_WINDOW);
    await bench.end(first, "ok");
    assert.is((await bench.claim()).length, 2 * RULES.START_WINDOW);
    assert.is((await bench.status()).window, 2 * RULES.START_WINDOW);
  });

  rule("calls that time out halve the window, once per second", async (bench) => {
    await bench.add(300);
    const first = await bench.claim();
    await bench.end(first.slice(0, 10), "slow");
    assert.is((await bench.status()).window, RULES.START_WINDOW / 2);
    await bench.end(first.slice(10), null);
    assert.is((await bench.claim()).length, RULES.START_WINDOW / 2);
  });

  rule("failures in a row open the breaker; then nothing is claimed, and it tells", async (bench) => {
    await bench.add(100);
    const changes = await bench.end(await bench.claim(), "bad");
    assert.equal(
      changes.map(({ lane, breaker }) => [lane, breaker]),
      [[lane, "opened"]],
    );
    assert.is(changes[0]?.status.failures, RULES.OPEN_AFTER);
    assert.equal(await bench.claim(), []);
    assert.is((await bench.status()).breaker, "open");
    assert.equal(await bench.set.troubledLanes(), [lane]);
  });

  const retryOf = (bench: Workbench, lane: Lane) => bench.entry({ lane, first: false });
  const inTurn = async (bench: Workbench, count: number) => {
    const taken: Lane[] = [];
    for (let i = 0; i < count; i++) taken.push(...(await bench.set.claim("a", 1)).map(({ lane }) => lane));
    return taken;
  };

  rule("retries of lanes that hang wait behind those of others, however many they are", async (bench) => {
    const lanes = Array.from({ length: 13 }, (_, i) => bench.lanesOfOnePartition(i));
    const [hang, well, once] = [lanes.slice(0, 10), lanes.slice(10, 11), lanes.slice(11)];
    const calls = (some: Lane[]) => some.map((lane) => bench.entry({ lane }));
    const end = async (some: Lane[], health: Health) => {
      await bench.set.add(calls(some));
      await bench.end(await bench.claim(), health);
    };
    // None of those has ever answered; these have, and one call of each that ran into its deadline says little.
    await end(well, "ok");
    for (const lane of once) {
      await bench.set.add(calls([lane, lane]));
      const [first, second] = (await bench.claim()) as [DueEntry, DueEntry];
      await bench.end([first], "ok");
      await bench.end([second], "slow");
    }
    await end(hang, "slow");
    for (const lane of [...hang, ...once, ...well]) await bench.set.add([retryOf(bench, lane)]);
    assert.equal((await inTurn(bench, 3)).sort(), [...once, ...well].sort());
    assert.equal(await inTurn(bench, 10), hang, "then they have their turns");
  });

  rule(
    "a lane whose calls came one by one and were answered does not hang after one that was not",
    async (bench) => {
      const [a, b] = [bench.lanesOfOnePartition(0), bench.lanesOfOnePartition(1)];
      const call = async (health: Health) => {
        await bench.set.add([bench.entry({ lane: a })]);
        await bench.end(await bench.claim(), health);
      };
      await call("ok");
      await call("slow");
      for (const lane of [a, b]) await bench.set.add([retryOf(bench, lane)]);
      assert.equal(await inTurn(bench, 2), [a, b]);
    },
  );

  rule(
    "three calls in a row that time out make a lane hang, and one that is answered ends that",
    async (bench) => {
      const [a, b] = [bench.lanesOfOnePartition(0), bench.lanesOfOnePartition(1)];
      const some = Array.from({ length: 6 }, () => bench.entry({ lane: a }));
      await bench.set.add(some);
      const held = await bench.claim();
      const next = async () => {
        await bench.set.add([retryOf(bench, a)]);
        await bench.set.add([retryOf(bench, b)]);
        const lanes = await inTurn(bench, 2);
        return lanes[0] === a ? "before" : "behind";
      };
      await bench.end(held.slice(0, 1), "bad");
      await bench.end(held.slice(1, 3), "slow");
      assert.is(await next(), "before");
      await bench.end(held.slice(3, 4), "slow");
      assert.is(await next(), "behind");
      await bench.end(held.slice(4, 5), "ok");
      assert.is(await next(), "before");
    },
  );

  rule(
    "a lane that hangs has its turn after so many of others",
    async (bench) => {
      const [a, b] = [bench.lanesOfOnePartition(0), bench.lanesOfOnePartition(1)];
      await bench.set.add([bench.entry({ lane: a })]);
      await bench.end(await bench.claim(), "slow");
      await bench.set.add([retryOf(bench, a)]);
      const taken: Lane[] = [];
      for (let i = 0; i < 100; i++) {
        await bench.set.add([retryOf(bench, b)]);
        taken.push(...(await inTurn(bench, 1)));
      }
      const place = taken.indexOf(a);
      assert.ok(place > 5 && place < 30, `${place}`);
    },
    { LEAD: 20 },
  );

  rule("an open breaker holds up no other lane", async (bench) => {
    await bench.open();
    const other = bench.entry({ lane: laneOf("http://b") });
    await bench.set.add([other]);
    assert.equal(
      (await bench.claim()).map(({ taskId }) => taskId),
      [other.taskId],
    );
    const direct = bench.entry({ lane: laneOf("http://c") });
    assert.is((await bench.set.admit([bench.entry(), direct].map(accepted), "a", 10)).length, 1);
  });

  rule("successes in between keep it closed, and so do answers that say nothing", async (bench) => {
    await bench.add(100);
    const some = await bench.claim();
    await bench.end(some.slice(0, 19), "bad");
    await bench.end(some.slice(19, 20), "ok");
    await bench.end(some.slice(20, 39), "bad");
    assert.equal(await bench.end(some.slice(39), null), []);
    assert.is((await bench.status()).breaker, "closed");
    assert.is((await bench.status()).failures, 19);
  });

  rule(
    "a burst of failures is no outage",
    async (bench) => {
      await bench.add(100);
      assert.equal(await bench.end(await bench.claim(), "bad"), []);
      assert.is((await bench.status()).breaker, "closed");
    },
    { OPEN_MS: 60_000 },
  );

  const RATE_MS = 500;
  rule(
    "a high rate of failures opens it, judged when its time is over",
    async (bench) => {
      await bench.add(100);
      const [last, ...some] = await bench.claim();
      // At one instant: how long the test takes is not what the rule counts.
      assert.equal(await bench.endEach(some, (i) => (i % 5 === 4 ? "ok" : "bad")), []);
      const endedAt = bench.set.clock.after(millis(0));
      await until("the time to be over", () => bench.set.clock.now() > endedAt + RATE_MS);
      const changes = await bench.end([last as DueEntry], "bad");
      assert.equal(
        changes.map(({ breaker }) => breaker),
        ["opened"],
      );
    },
    { RATE_MS, OPEN_MS: 60_000 },
  );

  rule(
    "a high rate of failures is seen where the lane is empty between its calls",
    async (bench) => {
      for (const health of ["bad", "bad", "bad", "bad", "ok"] as const) {
        await bench.add(1);
        assert.equal(await bench.end(await bench.claim(), health), []);
      }
      const endedAt = bench.set.clock.after(millis(0));
      await until("the time to be over", () => bench.set.clock.now() > endedAt + RATE_MS);
      await bench.add(1);
      const changes = await bench.end(await bench.claim(), "bad");
      assert.equal(
        changes.map(({ breaker }) => breaker),
        ["opened"],
      );
    },
    { RATE_MS, RATE_CALLS: 5, OPEN_MS: 60_000 },
  );

  rule("half-open: after its pause one call at a time; a success closes it", async (bench) => {
    await bench.open();
    const probe = await bench.claimWhenWoken();
    assert.is(probe.length, 1);
    assert.is((await bench.status()).breaker, "half_open");
    assert.equal(await bench.claim(), []);
    const changes = await bench.end(probe, "ok");
    assert.equal(
      changes.map(({ breaker }) => breaker),
      ["closed"],
    );
    assert.is((await bench.status()).breaker, "closed");
    assert.equal(await bench.set.troubledLanes(), []);
    assert.ok((await bench.claim()).length > 1);
  });

  rule("half-open: a failure opens it again, for longer", async (bench) => {
    await bench.open();
    const before = await bench.status();
    assert.equal(await bench.end(await bench.claimWhenWoken(), "bad"), []);
    const after = await bench.status();
    assert.is(after.breaker, "open");
    assert.is(after.openedAt, before.openedAt);
    const pause = Number(after.openUntil) - bench.set.clock.now();
    assert.ok(pause > RULES.PAUSE_MS * 1.5, `${pause} ms`);
  });

  rule("what a breaker has put off for a minute goes out as a trickle", async (bench) => {
    await bench.open();
    const late = later(bench.set.clock.now(), millis(-RULES.HOLD_MS - 1));
    const overdue = Array.from({ length: 10 }, () => bench.entry({ dueAt: late }));
    await bench.set.add(overdue);
    const taken = await bench.claim();
    assert.is(taken.length, RULES.TRICKLE);
    assert.ok(taken.every(({ taskId }) => overdue.some((one) => one.taskId === taskId)));
    await bench.end(taken.slice(0, 1), "ok");
    assert.is((await bench.status()).breaker, "open", "only a probe closes it");
    assert.is((await bench.claim()).length, 1);
  });

  const HOLD_MS = 500;
  rule(
    "what a breaker has put off too long goes out in its time, also beside calls of the trickle that hang",
    async (bench) => {
      await bench.add(RULES.START_WINDOW);
      await bench.end(await bench.claim(), "bad");
      const now = bench.set.clock.now();
      const [overdue, soon] = [-2 * HOLD_MS, 0].map((ms) => bench.entry({ dueAt: later(now, millis(ms)) }));
      await bench.set.add([overdue, soon] as DueEntry[]);
      const ids = (entries: DueEntry[]) => entries.map(({ taskId }) => taskId);
      assert.equal(ids(await bench.claim()), [overdue?.taskId]);
      assert.equal(ids(await bench.claimWhenWoken()), [soon?.taskId]);
      const waited = bench.set.clock.now() - now;
      assert.ok(waited >= HOLD_MS && waited < 5_000, `after ${waited} ms`);
    },
    { HOLD_MS, PAUSE_MS: RULES.MAX_PAUSE_MS },
  );

  rule("a probe that hangs does not hold up what has waited too long", async (bench) => {
    await bench.open();
    assert.is((await bench.claimWhenWoken()).length, 1);
    const late = later(bench.set.clock.now(), millis(-RULES.HOLD_MS - 1));
    await bench.set.add([bench.entry({ dueAt: late }), bench.entry({ dueAt: late })]);
    assert.is((await bench.claim()).length, 2);
    assert.equal(await bench.claim(), []);
  });

  rule("a breaker that is reset is closed at once; one that is switched off never opens", async (bench) => {
    await bench.open();
    await bench.set.resetBreaker(lane);
    const some = await bench.claim();
    assert.ok(some.length > 1);
    await bench.set.configure(lane, { ...NO_SETTINGS, breaker: false });
    assert.equal(await bench.end(some, "bad"), []);
    assert.is((await bench.status()).breaker, "closed");
  });

  rule("a paused lane gives nothing, by no way, until it is resumed", async (bench) => {
    await bench.set.configure(lane, { ...NO_SETTINGS, paused: true });
    await bench.add(3);
    assert.equal(await bench.claim(), []);
    assert.equal(await bench.set.admit([accepted(bench.entry())], "a", 10), []);
    const woken = bench.claimWhenWoken();
    await bench.set.configure(lane, NO_SETTINGS);
    assert.is((await woken).length, 4);
  });

  rule("a limit of concurrency holds for the whole cluster", async (bench) => {
    await bench.set.configure(lane, { ...NO_SETTINGS, concurrency: 2 });
    await bench.add(5);
    const two = await bench.set.claim("a", 10);
    assert.is(two.length, 2);
    assert.equal(await bench.set.claim("b", 10), []);
    await bench.end(two, "ok");
    assert.is((await bench.claim()).length, 2);
  });

  rule("a limit of concurrency above the usual window lets the window grow to it", async (bench) => {
    await bench.set.configure(lane, { ...NO_SETTINGS, concurrency: WIDE + 100 });
    for (const window of [RULES.START_WINDOW, 128, WIDE, WIDE + 100]) {
      await bench.add(WIDE + 100);
      const some = await bench.claim();
      assert.equal([some.length, (await bench.status()).window], [window, window]);
      await bench.end(some, "ok");
    }
  });

  rule("a rate lets a second's worth through at once, and then one after another", async (bench) => {
    await bench.set.configure(lane, { ...NO_SETTINGS, ratePerSecond: 10 });
    await bench.add(30);
    const beganAt = performance.now();
    const first = await bench.claim();
    assert.is(first.length, 10);
    await bench.end(first, "ok");
    let taken = 0;
    while (taken < 5) {
      const more = await bench.claimWhenWoken();
      taken += more.length;
      await bench.end(more, "ok");
    }
    const took = performance.now() - beganAt;
    assert.ok(took >= 490, `5 more after ${took} ms`);
  });

  rule("a rate goes on while calls stay under way, by the clock alone", async (bench) => {
    await bench.set.configure(lane, { ...NO_SETTINGS, ratePerSecond: 5 });
    await bench.add(30);
    const beganAt = performance.now();
    assert.is((await bench.claim()).length, 5);
    for (let taken = 0; taken < 3; ) taken += (await bench.claimWhenWoken()).length;
    const took = performance.now() - beganAt;
    assert.ok(took >= 590 && took < 5_000, `3 more after ${took} ms`);
  });

  rule("a rate holds where the lane is empty between its calls", async (bench) => {
    await bench.set.configure(lane, { ...NO_SETTINGS, ratePerSecond: 0.05 });
    await bench.add(1);
    await bench.end(await bench.claim(), "ok");
    await bench.add(1);
    assert.equal(await bench.claim(), []);
    assert.equal(await bench.set.admit([accepted(bench.entry())], "a", 10), []);
  });

  rule("a rate holds for what is admitted past the queues", async (bench) => {
    await bench.set.configure(lane, { ...NO_SETTINGS, ratePerSecond: 2 });
    const entries = Array.from({ length: 5 }, () => bench.entry());
    assert.is((await bench.set.admit(entries.map(accepted), "a", 10)).length, 2);
    assert.is((await bench.set.admit([accepted(bench.entry())], "a", 10)).length, 0);
  });

  rule("setting the same again changes nothing", async (bench) => {
    await bench.set.configure(lane, { ...NO_SETTINGS, ratePerSecond: 5 });
    await bench.add(30);
    assert.is((await bench.claim()).length, 5);
    await bench.set.configure(lane, { ...NO_SETTINGS, ratePerSecond: 5 });
    assert.ok((await bench.claim()).length <= 1);
  });

  rule("apps take turns, however many lanes one of them has", async (bench) => {
    const many = Array.from({ length: 40 }, (_, i) => bench.lanesOfOnePartition(i));
    await bench.set.add(
      many.flatMap((one) => Array.from({ length: 20 }, () => bench.entry({ lane: one, app: 1 }))),
    );
    await bench.set.add(Array.from({ length: 400 }, () => bench.entry({ lane: many[0] as Lane, app: 2 })));
    const taken = await bench.set.claim("a", 96);
    const ofTwo = taken.filter(({ app }) => app === 2).length;
    assert.ok(ofTwo >= 40 && ofTwo <= 56, `app 2 got ${ofTwo} of 96`);
  });

  rule("room for first calls takes no retries", async (bench) => {
    const [retry, first] = [bench.entry({ first: false }), bench.entry()];
    await bench.set.add([retry, first]);
    assert.equal(
      (await bench.set.claim("a", 10, 0)).map(({ taskId }) => taskId),
      [first.taskId],
    );
    assert.equal(await bench.set.claim("a", 10, 0), []);
    assert.equal(
      (await bench.set.claim("a", 10)).map(({ taskId }) => taskId),
      [retry.taskId],
    );
  });

  rule("a claim takes as many retries as it may, over all lanes", async (bench) => {
    const lanes = Array.from({ length: 20 }, (_, i) => laneOf(`http://many${i}`));
    await bench.set.add(lanes.flatMap((lane) => [0, 1].map(() => bench.entry({ lane, first: false }))));
    await bench.set.add(lanes.slice(0, 5).map((lane) => bench.entry({ lane })));
    const taken: DueEntry[] = [];
    for (const [allowed, retries] of [
      [7, 7],
      [1, 1],
      [0, 0],
      [100, 32],
    ] as const) {
      const part = await bench.set.claim("a", 100, allowed);
      assert.is(part.filter(({ first }) => !first).length, retries);
      taken.push(...part);
    }
    assert.is(taken.filter(({ first }) => first).length, 5);
  });

  rule("where a lane stands can be asked", async (bench) => {
    assert.is((await bench.set.lanes([laneOf("http://never")])).get(laneOf("http://never"))?.ready ?? 0, 0);
    await bench.add(70);
    await bench.claim();
    const { breaker, ready, leased, openedAt, openUntil } = await bench.status();
    assert.equal(
      [breaker, ready, leased, openedAt, openUntil],
      ["closed", 70 - RULES.START_WINDOW, RULES.START_WINDOW, null, null],
    );
  });
}
