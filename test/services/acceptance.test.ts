import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../core/clock.ts";
import { loadConfig } from "../../core/config.ts";
import type { BidaError } from "../../core/errors.ts";
import { parseTask } from "../../core/parse-task.ts";
import { Acceptance } from "../../services/scheduler/acceptance.ts";
import type { Database } from "../../store/database.ts";
import { text } from "../core/helpers.ts";
import { until } from "../e2e/kit/until.ts";

const test = suite("acceptance");

/** A database that takes statements and never answers. */
const silent = () => ({
  driver: { writers: 3, commitInserts: () => new Promise(() => undefined) },
  server: { packet: Number.POSITIVE_INFINITY },
});
const spec = (body = "x") =>
  parseTask(text({ url: "http://a/", requestMethod: "POST", limitCallCount: 1, body }), systemClock.now());
/** Everything takes the usual way. */
const NO_HANDOVER = { choose: () => undefined, giveUp: () => undefined };
const origin = { appId: 0, api: "rpc", sourceIp: null } as const;

function acceptance(): Acceptance {
  const db = silent() as unknown as Database;
  return new Acceptance({ db, clock: systemClock, config: loadConfig({}) }, NO_HANDOVER, () => undefined);
}

const refusal = (run: () => void): BidaError | null => {
  try {
    run();
    return null;
  } catch (error) {
    return error as BidaError;
  }
};

test("scenario 24: where commits lag behind, callers are asked to slow down, and told for how long", async () => {
  const own = acceptance();
  // Three commits are under way; the rest waits.
  for (let i = 0; i < 1_600; i++) void own.accept(spec(), origin);
  assert.is(
    refusal(() => own.checkLoad(0)),
    null,
  );
  const error = await until("the lag to be too long", () => refusal(() => own.checkLoad(0)));
  assert.is(error.code, "too_many_requests");
  assert.ok((error.retryAfter ?? 0) >= 3, `${error.retryAfter} s`);
});

test("scenario 24: what waits is bounded in number and in size", async () => {
  const many = acceptance();
  for (let i = 0; i < 21_600; i++) void many.accept(spec(), origin);
  await until("many to wait", () => refusal(() => many.checkLoad(0)));
  const large = acceptance();
  const body = "x".repeat(1024 * 1024);
  for (let i = 0; i < 270; i++) void large.accept(spec(body), origin);
  const error = await until("much to wait", () => refusal(() => large.checkLoad(0)), 1_500);
  assert.is(error.code, "too_many_requests");
});

test.run();
