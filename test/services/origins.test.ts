import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type EpochMs, epochMs, hours } from "../../core/clock.ts";
import type { BidaError } from "../../core/errors.ts";
import { Origins } from "../../services/scheduler/origins.ts";
import { closeDatabase, type Database, openDatabase } from "../../store/database.ts";
import { addOrigins, latestOrigins, pruneDestinations, setDestination } from "../../store/destinations.ts";
import { migrate } from "../../store/migrate.ts";
import { mysqlDatabase } from "../servers/env.ts";
import { temporaryFolder } from "../servers/server.ts";
import { until } from "../e2e/kit/until.ts";

const START = 1_700_000_000_000;
const origin = (i: number) => `https://t${i}.example`;

for (const kind of ["sqlite", "mysql"]) {
  const test = suite(`origins (${kind})`);
  let db: Database;
  let time: EpochMs;
  let mono: number;
  test.before.each(async () => {
    const databaseUrl = kind === "mysql" ? await mysqlDatabase() : null;
    db = openDatabase({ databaseUrl, dataDir: databaseUrl ? "" : temporaryFolder("origins") });
    await migrate(db);
    [time, mono] = [epochMs(START), 0];
  });
  test.after.each(() => closeDatabase(db));

  const origins = (limit: number) =>
    new Origins({ db, clock: { now: () => time } as never, limit, now: () => mono });
  const refusal = (run: () => void): BidaError | null => {
    try {
      run();
      return null;
    } catch (error) {
      return error as BidaError;
    }
  };
  const stored = async () => (await latestOrigins(db, 100)).toSorted();

  test("new destinations of one caller are limited per minute; known ones, and others' calls, are not", async () => {
    await addOrigins(db, [origin(100), origin(101), origin(102), origin(103)], time);
    const seen = origins(3);
    await seen.load();
    for (const i of [100, 101, 102, 103, 1, 2, 3, 3, 1]) seen.saw(origin(i), 7);
    const refused = refusal(() => seen.saw(origin(4), 7));
    assert.equal(
      [refused?.code, refused?.message, refused?.retryAfter],
      ["too_many_requests", "More than 3 new destinations within a minute (BIDA_NEW_DESTINATIONS)", 60],
    );
    seen.saw(origin(2), 7);
    seen.saw(origin(5), 8);
    // What one caller made known is new for nobody.
    seen.saw(origin(1), 8);
    await until("they are written", async () => (await stored()).length === 8);
    assert.not.ok((await stored()).includes(origin(4)));
    mono = 59_999;
    assert.is(refusal(() => seen.saw(origin(4), 7))?.retryAfter, 1);
    mono = 60_000;
    seen.saw(origin(4), 7);
  });

  test("until it is known which there are, and without a limit, none counts", async () => {
    const early = origins(1);
    for (const i of [1, 2, 3]) early.saw(origin(i), 7);
    const unlimited = origins(0);
    await unlimited.load();
    for (const i of [4, 5, 6]) unlimited.saw(origin(i), 7);
    await until("they are written", async () => (await stored()).length === 6);
  });

  test("one that turns out to be in the table was not new", async () => {
    const seen = origins(1);
    await seen.load();
    // Another scheduler's.
    await addOrigins(db, [origin(1)], time);
    seen.saw(origin(1), 7);
    await until("there is room again", () => refusal(() => seen.saw(origin(2), 7)) === null);
    assert.is(refusal(() => seen.saw(origin(3), 7))?.code, "too_many_requests");
  });

  test("idle destinations go; those that are used, or that something is set for, stay", async () => {
    await addOrigins(db, [1, 2, 3, 4].map(origin), time);
    await setDestination(db, origin(2), { paused: true }, time);
    // As former versions wrote it.
    await db
      .knex("destinations")
      .where({ origin: origin(4) })
      .update({ used_at: null });
    const seen = origins(1_000);
    await seen.load();
    time = epochMs(START + hours(24 * 30));
    seen.saw(origin(1), 7);
    const usedAt = async () =>
      (
        await db
          .knex("destinations")
          .where({ origin: origin(1) })
          .first()
      ).used_at;
    await until("its use is noted", async () => (await usedAt()) === time);
    const cutoff = epochMs(START + 1);
    assert.equal(await pruneDestinations(db, epochMs(START), null, 100), { seen: 4, pruned: 0, next: null });
    const first = await pruneDestinations(db, cutoff, null, 3);
    const second = await pruneDestinations(db, cutoff, first.next, 3);
    assert.equal([first.seen, second.seen, first.pruned + second.pruned], [3, 1, 2]);
    assert.equal(await stored(), [origin(1), origin(2)]);
  });

  test.run();
}
