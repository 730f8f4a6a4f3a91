import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, millis } from "../../../core/clock.ts";
import { laneOf } from "../../../core/ids.ts";
import { ALL_APPS, type Cell, emptyCell, floorTo, mergeCell, STEPS } from "../../../core/stats.ts";
import { addBreakerEvent, breakerEvents, pruneBreakerEvents } from "../../../store/breaker-events.ts";
import type { Database } from "../../../store/database.ts";
import { countExhausted, countOpen, openPerLane } from "../../../store/destination-tasks.ts";
import { setDestination, settingsSince } from "../../../store/destinations.ts";
import { recordOutcomes } from "../../../store/record.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { foldStats } from "../../../store/stats/fold.ts";
import { readStats } from "../../../store/stats/read.ts";
import { clock, closeDatabase, freshDatabase, given, type Kind, outcome } from "../fixtures.ts";

export function destinations(kind: Kind): void {
  const test = suite(`${kind.name}: destinations`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
    clock.advance(1000);
  });
  test.after.each(() => closeDatabase(db));

  const lane = laneOf("https://partner.example");
  const there = { url: "https://partner.example/a", lane };
  const elsewhere = { url: "https://other.example/a", lane: laneOf("https://other.example") };

  test("tasks of one destination are counted by state; those that were missed by when they ended", async () => {
    const once = { limitCallCount: 1 };
    const [early] = await given(db, { ...there, ...once });
    const fail = async (task: NonNullable<typeof early>) =>
      recordOutcomes(db, [outcome(task, 1, "failed")], clock, () => 0);
    await fail(early as NonNullable<typeof early>);
    clock.advance(60_000);
    const from = clock.now();
    const [missed, other] = await given(db, { ...there, ...once }, { ...elsewhere, ...once });
    for (const task of [missed, other]) await fail(task as NonNullable<typeof early>);
    await given(db, there, there, elsewhere);
    const to = epochMs(clock.now() + 1);

    assert.equal(await countOpen(db, lane), { count: 2, atLeast: false });
    const open = await openPerLane(db);
    assert.equal([open.counts.get(lane), open.atLeast], [2, false]);
    assert.is(open.counts.has(laneOf("https://nobody.example")), false);
    const { all, missed: found } = await countExhausted(db, lane, { from, to });
    assert.equal(all, { count: 2, atLeast: false });
    const { createdAt } = missed as NonNullable<typeof missed>;
    assert.equal(found, { count: 1, atLeast: false, firstCreatedAt: createdAt, lastCreatedAt: createdAt });
    const none = await countExhausted(db, lane, null);
    assert.equal(none.missed, { count: 0, atLeast: false, firstCreatedAt: null, lastCreatedAt: null });
    assert.equal(await countOpen(db, laneOf("https://nobody.example")), { count: 0, atLeast: false });
  });

  test("the last success and the last failure of each are told to the minute; and who handed over what", async () => {
    const minute = STEPS.minute;
    const call = async (task: StoredTask | undefined, end: "succeeded" | "failed") => {
      await recordOutcomes(db, [outcome(task as StoredTask, 1, end)], clock, () => 0);
      return floorTo(clock.now(), "minute");
    };
    const tasks = await given(db, there, there, there, elsewhere, { ...there, appId: 3 });
    const failedAt = await call(tasks[0], "failed");
    clock.advance(3 * STEPS.hour);
    const first = await call(tasks[1], "succeeded");
    clock.advance(7 * minute);
    const succeededAt = await call(tasks[2], "succeeded");
    assert.is.not(first, succeededAt);
    const other = await call(tasks[3], "failed");
    await call(tasks[4], "succeeded");
    while (await foldStats(db, clock.now(), millis(0)));
    const to = floorTo(clock.now(), "hour") + STEPS.hour;
    const range = { step: "hour" as const, from: to - 48 * STEPS.hour, to };
    const minutes = { step: "minute" as const, from: to - STEPS.hour, to };
    const [last, callers, lanes, sums, known] = await readStats(db, async (reader) => [
      await reader.lastCalls(ALL_APPS, range),
      await reader.callers(lane, range),
      await reader.lanes(ALL_APPS, range),
      await reader.laneSums(ALL_APPS, range, to),
      // What is known is taken as it is; what is not is looked for.
      await reader.lastCalls(ALL_APPS, range, new Map([[lane, { succeededAt: epochMs(7), failedAt: null }]])),
    ]);
    assert.equal(known.get(lane), { succeededAt: 7, failedAt });
    for (const [one, cells] of lanes) {
      const sum = emptyCell();
      for (const cell of cells.values()) mergeCell(sum, cell);
      assert.equal(sums.get(one)?.all, sum);
      assert.equal(sums.get(one)?.recent, emptyCell());
    }
    assert.is(sums.size, lanes.size);
    const halves = await readStats(db, (reader) => reader.laneSums(ALL_APPS, minutes, failedAt));
    const { all, recent, steps } = halves.get(lane)!;
    const calls = (cell: Cell) => cell.counts.callsSucceeded + cell.counts.callsFailed;
    const counted = (some: { calls: number }[]) => some.reduce((sum, one) => sum + one.calls, 0);
    assert.is(calls(all), counted([...steps.values()]));
    assert.is(calls(recent), counted([...steps].flatMap(([at, step]) => (at >= failedAt ? [step] : []))));
    assert.equal(last.get(lane), { succeededAt, failedAt });
    assert.equal(last.get(elsewhere.lane), { succeededAt: null, failedAt: other });
    assert.equal(callers.get(3), { calls: 1, failed: 0 });
    assert.is(last.size, 2);
  });

  test("what a breaker did is kept, newest first, and pruned", async () => {
    const now = clock.now();
    const events = [
      { at: now, opened: true, failures: 5 },
      { at: epochMs(now + 10), opened: false, failures: null },
      { at: epochMs(now + 20), opened: true, failures: 7 },
    ];
    for (const event of events) await addBreakerEvent(db, lane, event);
    await addBreakerEvent(db, laneOf("https://other.example"), { at: now, opened: true, failures: 5 });
    assert.equal(await breakerEvents(db, lane, 2), [events[2], events[1]]);
    assert.is(await pruneBreakerEvents(db, epochMs(now + 15), 2), true);
    assert.is(await pruneBreakerEvents(db, epochMs(now + 15), 2), false);
    assert.equal(await breakerEvents(db, lane, 10), [events[2]]);
  });

  test("a change that is committed behind a later one is found all the same; long after the last one, that alone is read", async () => {
    const start = clock.now();
    const at = (ms: number) => epochMs(start + ms);
    const set = (origin: string, now: ReturnType<typeof at>) =>
      setDestination(db, origin, { paused: true }, now);
    const found = async (since: ReturnType<typeof at> | null, now: ReturnType<typeof at>) => {
      const { settings, until } = await settingsSince(db, since, now);
      return [settings.map(({ origin }) => origin).join(), until];
    };
    assert.equal(await found(null, at(0)), ["", null]);
    await set("https://a.example", at(0));
    await set("https://c.example", at(90_000));
    const until = at(90_000);
    assert.equal(await found(null, at(91_000)), ["https://a.example,https://c.example", until]);
    // It was made before, and had to wait for a lock.
    await set("https://b.example", at(40_000));
    assert.equal(await found(until, at(95_000)), ["https://b.example,https://c.example", until]);
    assert.equal(await found(until, at(90_000 + 300_000)), ["https://c.example", until]);
  });

  test.run();
}
