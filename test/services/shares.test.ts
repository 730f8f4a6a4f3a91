/** What one caller may use of a node. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BidaError } from "../../core/errors.ts";
import { MAX_STREAMS, Shares } from "../../services/api/shares.ts";
import { OpenTasks } from "../../services/tasks/open-tasks.ts";
import { until } from "../e2e/kit/until.ts";
import { closeDatabase, freshDatabase, given, KINDS } from "../store/fixtures.ts";

const test = suite("shares");

const refusal = (run: () => void): BidaError | null => {
  try {
    run();
    return null;
  } catch (error) {
    return error as BidaError;
  }
};

test("bytes: two seconds' worth at once, then what the rate allows; each caller for itself", () => {
  const shares = new Shares(1_000);
  shares.checkBytes("a", 0);
  shares.spend("a", 2_000, 0);
  const error = refusal(() => shares.checkBytes("a", 0));
  assert.equal([error?.code, error?.status, error?.retryAfter], ["share_used_up", 429, 1]);
  assert.match(error?.message ?? "", "1000 bytes per second");
  assert.is(
    refusal(() => shares.checkBytes("b", 0)),
    null,
  );
  shares.checkBytes("a", 10);
  // A request that is larger than what is left is taken, and paid for afterwards.
  shares.spend("a", 5_010, 10);
  assert.is(refusal(() => shares.checkBytes("a", 20))?.retryAfter, 5);
  assert.is(refusal(() => shares.checkBytes("a", 4_900))?.retryAfter, 1);
  shares.checkBytes("a", 5_020);
  shares.checkBytes("a", 1e9);
  shares.spend("a", 2_000, 1e9);
  assert.ok(
    refusal(() => shares.checkBytes("a", 1e9)),
    "what was not used is not saved up",
  );
});

test("bytes: 0 is no limit", () => {
  const shares = new Shares(0);
  shares.spend("a", 1e12, 0);
  shares.checkBytes("a", 0);
});

test("streams: so many of one caller, whatever others have", () => {
  const shares = new Shares(0);
  const ends = Array.from({ length: MAX_STREAMS }, () => shares.openStream("a"));
  assert.equal(
    [refusal(() => shares.openStream("a"))?.code, refusal(() => shares.openStream("a"))?.retryAfter],
    ["share_used_up", 10],
  );
  shares.openStream("b");
  ends[0]?.();
  ends[0]?.();
  shares.openStream("a");
  assert.ok(
    refusal(() => shares.openStream("a")),
    "an end counts once",
  );
});

for (const kind of KINDS) {
  test(`${kind.name}: open tasks of an app are limited; of other apps, and of users, they are not`, async () => {
    const db = await freshDatabase(kind);
    const ended = { state: "canceled" as const, nextCallAt: null, finishedAt: 1 as never };
    await given(db, ...Array.from({ length: 5 }, () => ({ appId: 7 })), { appId: 7, ...ended }, { appId: 8 });
    const open = new OpenTasks({ db }, 6);
    open.check(7, 0);
    await until("its tasks to be counted", () => {
      open.accepted(7);
      return refusal(() => open.check(7, 0));
    });
    const error = refusal(() => open.check(7, 0));
    assert.equal([error?.code, error?.retryAfter], ["share_used_up", 5]);
    assert.match(error?.message ?? "", "6 tasks");
    for (const other of [0, 8]) for (let i = 0; i < 4; i++) open.check(other, 0);
    // Later they are counted again, and those that have ended are not among them.
    await db.knex("tasks").where("app_id", 7).update({ state: 3 });
    await db.knex("stats_deltas").del();
    await db.knex("stats_totals").del();
    await until(
      "them to be counted again",
      () => refusal(() => open.check(7, Number.POSITIVE_INFINITY)) === null,
    );
    new OpenTasks({ db }, 0).check(7, 0);
    await closeDatabase(db);
  });
}

test.run();
