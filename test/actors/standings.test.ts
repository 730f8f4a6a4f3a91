import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Standings } from "../../actors/standings.ts";
import { epochMs, millis } from "../../core/clock.ts";
import type { AttemptRecord } from "../../core/outcome.ts";

const test = suite("standings of targets");

/** A call that lasted from then to then, in ms. */
const answered = (from = 0, to = from) =>
  ({
    ...{ outcome: "succeeded", statusCode: 200, error: null },
    ...{ startedAt: epochMs(from), durationMs: millis(to - from) },
  }) as AttemptRecord;
const failedBy = (code: string, from = 0, to = from) =>
  ({
    ...answered(from, to),
    outcome: "failed",
    statusCode: null,
    error: { code, message: "" },
  }) as AttemptRecord;
const missed = (from: number, to: number) => failedBy("timeout", from, to);

test("a target is known once a call ended before its deadline, and silent after three in a row that did not", () => {
  const standings = new Standings();
  assert.is(standings.of("a"), "new");
  assert.is(standings.learn("a", null), "new", "no call was made");
  assert.is(standings.learn("a", failedBy("crashed")), "new", "it failed on our side");
  assert.is(standings.learn("a", failedBy("timeout")), "silent");
  assert.is(standings.learn("a", failedBy("refused")), "answering", "it holds nobody up");
  for (const standing of ["known", "known", "silent", "silent"])
    assert.is(standings.learn("a", failedBy("connect_timeout")), standing);
  assert.is(standings.learn("a", answered()), "answering");
  assert.is(standings.of("a"), "known");
});

test("a target that answers others meanwhile is not silent, however many calls run into their deadlines in a row", () => {
  const standings = new Standings();
  standings.learn("a", answered(0, 500));
  // Those began before that answer came.
  for (let i = 0; i < 10; i++) assert.is(standings.learn("a", missed(i, 1_000 + i)), "known");
  // And those after it.
  for (const standing of ["known", "known", "silent"])
    assert.is(standings.learn("a", missed(500, 1_500)), standing);
});

test("what was forgiven makes no silent target known", () => {
  const standings = new Standings();
  standings.learn("a", answered(0, 500));
  for (let i = 0; i < 3; i++) standings.learn("a", missed(600, 1_600));
  assert.is(standings.learn("a", missed(400, 1_700)), "silent");
});

test("an answer of a clock that was set back since forgives nothing", () => {
  const standings = new Standings();
  standings.learn("a", answered(100_000, 100_500));
  for (const standing of ["known", "known", "silent"])
    assert.is(standings.learn("a", missed(0, 1_000)), standing);
});

test("a target that others vouch for is known until its calls say otherwise", () => {
  const standings = new Standings();
  assert.is(standings.vouch("a"), "known");
  for (const standing of ["known", "known", "silent"])
    assert.is(standings.learn("a", missed(0, 1_000)), standing);
  assert.is(standings.vouch("a"), "silent", "what was seen here counts more");
});

test.run();
