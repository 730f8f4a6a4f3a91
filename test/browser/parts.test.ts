/** What the console works out without a page: timelines, what is found and what differs, periods and what came before. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CHANNEL_TEST_LIMIT, MANY_TASKS_LIMIT } from "../../core/request-limits.ts";
import { timeLimitOf } from "../../ui/src/api/time-limit.ts";
import type { Attempt, StatsPoint } from "../../ui/src/api/types.ts";
import { changesOf, sameFields } from "../../ui/src/lib/changes.ts";
import { diffOf } from "../../ui/src/lib/diff.ts";
import { holds, MAX_HITS, partsOf } from "../../ui/src/lib/find.ts";
import {
  before,
  change,
  stretch,
  sumOf,
  throughputOf,
  wholeSteps,
  within,
} from "../../ui/src/lib/periods.ts";
import { timelineOf } from "../../ui/src/lib/timeline.ts";

const T0 = Date.parse("2026-11-27T12:00:00Z");
const iso = (after: number) => new Date(T0 + after).toISOString();
const attempt = (n: number, after: number, durationMs: number) =>
  ({ n, startedAt: iso(after), durationMs, outcome: "failed" }) as Attempt;

test("a timeline: pauses are since the end of the call before; what is to come follows on", () => {
  const task = {
    createdAt: iso(0),
    finishedAt: null,
    callCount: 2,
    plannedCalls: [iso(60_000), iso(120_000)],
  };
  const attempts = [attempt(2, 5_000, 100), attempt(1, 10, 200)];
  const line = timelineOf(task, attempts, T0 + 20_000);
  assert.equal(
    line.calls.map(({ n, pause }) => [n, pause]),
    [
      [1, 10],
      [2, 4_790],
    ],
  );
  assert.equal(
    line.planned.map(({ n, pause }) => [n, pause]),
    [
      [3, 54_900],
      [4, 60_000],
    ],
  );
  assert.equal([line.from - T0, line.soFar - T0, line.to - T0], [0, 20_000, 120_000]);
});

test("a timeline of an ended task goes to its end; with the latest calls only it begins with them", () => {
  const ended = { createdAt: iso(0), finishedAt: iso(9_000), callCount: 9, plannedCalls: [] };
  const line = timelineOf(ended, [attempt(9, 8_900, 50), attempt(8, 8_000, 50)], T0 + 500_000);
  assert.equal([line.from - T0, line.soFar - T0, line.to - T0], [8_000, 9_000, 9_000]);
  assert.equal(
    line.calls.map(({ pause }) => pause),
    [null, 850],
  );
  // A node whose clock is behind: no pause is less than none.
  const skewed = timelineOf({ ...ended, callCount: 1 }, [attempt(1, -300, 5)], T0);
  assert.equal([skewed.calls[0]?.pause, skewed.from - T0], [0, -300]);
});

test("what is found: capital or small, signs as they are, and the parts are the text", () => {
  const text = "Stock (a.b) stock STOCK";
  const parts = partsOf(text, "stock");
  assert.is(parts.map((part) => part.text).join(""), text);
  assert.is(parts.filter(({ hit }) => hit).length, 3);
  assert.equal(partsOf(text, "(a.b)").filter(({ hit }) => hit).length, 1);
  assert.equal(partsOf(text, ""), [{ text, hit: false }]);
  assert.equal([holds(text, "A.B"), holds(text, "axb"), holds(text, "")], [true, false, false]);
  for (const sign of ["\\", "[", "-", "/", "^", "$", "|", "{2}"]) assert.ok(holds(`a${sign}b`, sign), sign);
});

test("a sign that stands everywhere is marked so often as people look, and no text is lost", () => {
  const text = "a".repeat(100_000);
  const parts = partsOf(text, "a");
  assert.is(parts.filter(({ hit }) => hit).length, MAX_HITS);
  assert.is(parts.map((part) => part.text).join("").length, text.length);
});

test("what differs, with what stands around it; equal texts differ in nothing", () => {
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  const other = lines.with(50, "changed");
  assert.equal(diffOf("a\nb", "a\nb"), []);
  const found = diffOf(lines.join("\n"), other.join("\n")) ?? [];
  assert.equal(
    found.filter(({ kind }) => kind !== "same"),
    [
      { kind: "skipped", text: "47" },
      { kind: "gone", text: "line 50" },
      { kind: "new", text: "changed" },
    ],
  );
  assert.is(found.filter(({ kind }) => kind === "same").length, 6);
  assert.equal(
    diffOf("", "x")?.map(({ kind }) => kind),
    ["gone", "new"],
  );
});

test("more than can be compared is not compared for long", () => {
  const [a, b] = [1, 2].map((seed) =>
    Array.from({ length: 30_000 }, (_, i) => String((i * 7_919 * seed) % 10_007)).join("\n"),
  );
  const startedAt = performance.now();
  assert.is(diffOf(a as string, b as string), null);
  assert.ok(performance.now() - startedAt < 10_000);
  // One line of 64 KiB is cut.
  const [long] = diffOf("x".repeat(65_535), "y") ?? [];
  assert.ok((long?.text.length ?? 0) <= 2_001);
});

const point = (minute: number, succeeded: number, failed: number) =>
  ({ at: iso(minute * 60_000), succeeded, failed, accepted: succeeded, exhausted: failed }) as StatsPoint;

test("a period beside the one before it: whole steps, equally many", () => {
  const points = [point(0, 10, 0), point(1, 8, 2), point(2, 1, 0)];
  assert.equal(sumOf(points), { calls: 21, succeeded: 19, failed: 2, accepted: 19, exhausted: 2 });
  assert.is(wholeSteps(points).length, 2);
  assert.equal(before(points, "minute"), { from: iso(-120_000), to: iso(0) });
  assert.equal([before([], "minute"), before([point(0, 1, 0)], "minute")], [null, null]);
  assert.equal([change(15, 10), change(0, 10), change(3, 0)], [0.5, -1, null]);
  assert.equal([throughputOf(points), throughputOf([point(0, 5, 5)])], [10 / 60, null]);
});

test("a stretch is of whole steps, drawn either way; at least one", () => {
  const minute = 60_000;
  assert.equal(stretch(T0 + 90_000, T0 + 10_000, "minute"), { from: iso(0), to: iso(2 * minute) });
  assert.equal(stretch(T0, T0, "minute"), { from: iso(0), to: iso(minute) });
  const points = [point(0, 1, 0), point(1, 2, 0), point(2, 4, 0)];
  assert.is(sumOf(within(points, iso(minute), iso(2 * minute))).calls, 2);
});

test("the console waits longer for an answer than the server may take to give it", () => {
  const usual = timeLimitOf("/v1/tasks");
  assert.is(usual, 20_000);
  for (const path of ["/v1/tasks/retry", "/v1/incidents/7/resolve", "/v1/destinations/http%3A%2F%2Fa/replay"])
    assert.ok(timeLimitOf(path) > MANY_TASKS_LIMIT, path);
  for (const path of ["/v1/webhooks/test", "/v1/webhooks/12/test"])
    assert.ok(timeLimitOf(path) > CHANNEL_TEST_LIMIT, path);
  for (const path of ["/v1/webhooks/12", "/v1/tasks/0199b3c2-7d1e-7a40-9c55-2f8f0f6f8b11/retry"])
    assert.is(timeLimitOf(path), usual, path);
});

test("a form changes what differs from before; the undo has the same fields", () => {
  const before = { rate: null, names: ["a"], breaker: { enabled: true } };
  const now = { rate: 5, names: ["a"], breaker: { enabled: false } };
  const changes = changesOf<object>(before, now);
  assert.equal(changes, { rate: 5, breaker: { enabled: false } });
  assert.equal(sameFields<object>(before, changes), { rate: null, breaker: { enabled: true } });
  assert.equal(changesOf<object>(before, { ...before }), {});
});

test.run();
