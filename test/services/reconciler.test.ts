/** When the reconciler looks: whether the due set was emptied, several times between the rounds that compare it. @takes 8 s */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { millis } from "../../core/clock.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { LaneSettings } from "../../services/scheduler/lane-settings.ts";
import { Reconciler } from "../../services/scheduler/reconciler.ts";
import type { Database } from "../../store/database.ts";
import { until } from "../e2e/kit/until.ts";
import { clock, closeDatabase, freshDatabase, KINDS } from "../store/fixtures.ts";

const test = suite("reconciler");
const LEASE = millis(10_000);
const log = { warn: () => undefined, debug: () => undefined, info: () => undefined } as never;

let db: Database;
test.before(async () => {
  db = await freshDatabase(KINDS[0]!);
});
test.after(() => closeDatabase(db));

test("a due set that was emptied is noticed between two rounds, and rebuilt", async () => {
  const due = new MemoryDueSet(clock, { leaseMs: LEASE, window: 256 });
  const seen: string[] = [];
  let isIntact = true;
  Object.assign(due, {
    intact: async () => {
      seen.push(isIntact ? "looks" : "sees it empty");
      return isIntact;
    },
    check: async () => {
      seen.push("compares");
      return { wrong: {}, settings: 0 };
    },
    markRebuilt: async () => {
      seen.push("has rebuilt");
      isIntact = true;
    },
  });
  const resources = { due, clock, db, config: { leaseMs: LEASE, redisUrl: null } } as never;
  const reconciler = new Reconciler(resources, new LaneSettings(), log);
  reconciler.start();
  try {
    await until("a look after the first round", () => seen.length >= 3);
    isIntact = false;
    await until("the rebuild", () => seen.includes("has rebuilt"));
    await until("the next round", () => seen.filter((one) => one === "compares").length === 2);
  } finally {
    await reconciler.stop();
    await due.close();
  }
  const [first, ...rest] = seen.join(", ").split("compares, ");
  assert.is(first, "looks, ");
  assert.match(rest.join(""), /^(looks, )+sees it empty, has rebuilt, (looks, ){2,}compares/);
});

test("a round that was left to holders goes on when they have had their time, and compares nothing until then", async () => {
  const due = new MemoryDueSet(clock, { leaseMs: LEASE, window: 256 });
  const seen: string[] = [];
  let awaits = true;
  Object.defineProperty(due, "awaitsHolders", { get: () => awaits });
  Object.assign(due, {
    intact: async () => seen.push("looks") > 0,
    check: async () => {
      seen.push("compares");
      return { wrong: {}, settings: 0 };
    },
    add: async () => {
      seen.push("adds");
      return 0;
    },
  });
  const resources = { due, clock, db, config: { leaseMs: LEASE, redisUrl: null } } as never;
  const reconciler = new Reconciler(resources, new LaneSettings(), log);
  reconciler.start();
  try {
    await until("some looks", () => seen.length >= 4);
    assert.equal(seen, ["looks", "compares", "looks", "looks"]);
    awaits = false;
    const since = performance.now();
    await until("the rest of the round", () => seen.includes("adds"));
    assert.ok(performance.now() - since < 4_500);
  } finally {
    await reconciler.stop();
    await due.close();
  }
});

test.run();
