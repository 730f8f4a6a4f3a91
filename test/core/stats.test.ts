import { test } from "uvu";
import * as assert from "uvu/assert";
import { laneOf } from "../../core/ids.ts";
import {
  ALL_LANES,
  decodeCell,
  emptyCell,
  encodeCell,
  floorTo,
  mergeCell,
  sumTallies,
  Tally,
} from "../../core/stats.ts";
import type { StoredState } from "../../core/task.ts";
import { outcome, storedTask } from "../store/fixtures.ts";

const lane = laneOf("http://a");

test("floorTo: minutes, hours and days of UTC", () => {
  const time = Date.parse("2026-03-04T05:06:07.008Z");
  const iso = (step: "minute" | "hour" | "day") => new Date(floorTo(time, step)).toISOString();
  assert.is(iso("minute"), "2026-03-04T05:06:00.000Z");
  assert.is(iso("hour"), "2026-03-04T05:00:00.000Z");
  assert.is(iso("day"), "2026-03-04T00:00:00.000Z");
});

test("transitions: what each counts", () => {
  const CASES: [StoredState | null, StoredState | null, Record<string, number>, Record<string, number>][] = [
    [null, "pending", { accepted: 1 }, { pending: 1 }],
    [null, "succeeded", { accepted: 1, succeeded: 1 }, { succeeded: 1 }],
    ["pending", "succeeded", { succeeded: 1 }, { pending: -1, succeeded: 1 }],
    ["pending", "exhausted", { exhausted: 1 }, { pending: -1, exhausted: 1 }],
    ["pending", "canceled", { canceled: 1 }, { pending: -1, canceled: 1 }],
    ["exhausted", "resolved", { resolved: 1 }, { exhausted: -1, resolved: 1 }],
    ["exhausted", "pending", { reopened: 1 }, { exhausted: -1, pending: 1 }],
    ["succeeded", null, {}, { succeeded: -1 }],
  ];
  for (const [from, to, counts, states] of CASES) {
    const tally = new Tally();
    tally.transition({ appId: 3, lane, from, to, count: 2 });
    const [entry] = sumTallies([{ at: 0, data: tally.encode() }]);
    const nonZero = (all: Record<string, number>) =>
      Object.fromEntries(
        Object.entries(all)
          .filter(([, n]) => n !== 0)
          .map(([name, n]) => [name, n / 2]),
      );
    const what = `${from} → ${to}`;
    assert.equal([entry!.appId, entry!.lane], [3, lane], what);
    assert.equal(nonZero(entry!.cell.counts), counts, what);
    assert.equal(nonZero(entry!.totals.states), states, what);
  }
});

test("a task that stays where it is counts nothing", () => {
  const tally = new Tally();
  tally.transition({ appId: 1, lane, from: "pending", to: "pending" });
  assert.ok(tally.empty);
});

test("summed up by app: what its lanes hold; not written twice where each app has one lane", () => {
  const other = laneOf("http://b");
  const tally = new Tally();
  for (const appId of [1, 2]) {
    tally.transition({ appId, lane, from: "pending", to: "exhausted", count: appId });
    tally.attempt(appId, lane, outcome(storedTask({ lane }), 2, "failed").attempt!);
  }
  assert.is(tally.encodeByApp(), null);
  tally.transition({ appId: 1, lane: other, from: null, to: "pending" });
  tally.attempt(1, other, outcome(storedTask({ lane: other }), 1, "succeeded").attempt!);
  const byApp = sumTallies([{ at: 0, data: tally.encodeByApp()! }]);
  assert.equal(byApp, sumTallies([{ at: 0, data: tally.encode() }], "together"));
  assert.equal(sumTallies([{ at: 0, data: tally.encodeByApp()! }], "together"), byApp);
  assert.equal(
    byApp.map((entry) => [entry.appId, entry.lane, entry.totals.states.pending, entry.totals.callsFailed]),
    [
      [1, ALL_LANES, 0, 1],
      [2, ALL_LANES, -2, 1],
    ],
  );
});

test("calls: by outcome, error code and duration; a tally and a cell come back as they were", () => {
  const tally = new Tally();
  const task = storedTask({ lane });
  for (const [n, kind] of [
    [1, "failed"],
    [2, "failed"],
    [3, "succeeded"],
  ] as const)
    tally.attempt(1, lane, outcome(task, n, kind).attempt!);
  const [entry] = sumTallies([{ at: 0, data: tally.encode() }]);
  const { cell } = entry!;
  assert.equal([cell.counts.callsSucceeded, cell.counts.callsFailed, cell.counts.retries], [1, 2, 2]);
  assert.equal(cell.errors, { bad_status: 2 });
  assert.equal(Object.values(cell.durations), [3]);
  assert.equal(decodeCell(encodeCell(cell)), cell);
  const sum = emptyCell();
  mergeCell(sum, cell);
  mergeCell(sum, cell);
  assert.is(sum.counts.callsFailed, 4);
  assert.equal(sum.errors, { bad_status: 4 });
});

test.run();
