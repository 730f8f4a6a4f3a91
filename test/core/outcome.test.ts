import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttemptRecord, type CallErrorCode, type Health, healthOf } from "../../core/outcome.ts";

const test = suite("outcome");

const failed = (code: CallErrorCode, durationMs = 0, statusCode: number | null = null): AttemptRecord =>
  ({ outcome: "failed", statusCode, durationMs, error: { code, message: "" } }) as AttemptRecord;

for (const [attempt, health] of [
  [{ outcome: "succeeded", statusCode: 200, durationMs: 0, error: null } as AttemptRecord, "ok"],
  [failed("bad_status", 0, 404), "ok"],
  [failed("unexpected_result", 0, 200), "ok"],
  [failed("bad_status", 0, 503), "bad"],
  [failed("bad_status", 0, 429), "bad"],
  [failed("refused"), "bad"],
  [failed("unreachable"), "bad"],
  [failed("timeout"), "slow"],
  [failed("connect_timeout"), "slow"],
  // No such name, said at once; and a name that nobody answers, which holds a slot for seconds.
  [failed("dns", 3), "bad"],
  [failed("dns", 5_000), "slow"],
  [failed("blocked", 5_000), null],
  [failed("crashed"), null],
] as [AttemptRecord, Health | null][]) {
  test(`${attempt.error?.code ?? "success"} ${attempt.statusCode ?? ""} after ${attempt.durationMs} ms: ${health}`, () =>
    assert.is(healthOf(attempt), health));
}

test.run();
