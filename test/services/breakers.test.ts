// Breakers that open and close: what is told of them, and what makes up for it where it was not. @takes 8 s
import type { Logger, ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, millis, minutes } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { laneOf } from "../../core/ids.ts";
import type { LaneChange } from "../../due/due-set.ts";
import type { LaneStatus } from "../../due/lane-rules.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { change } from "../../services/admin/destinations.ts";
import { closeMissed, raiseMissed } from "../../services/notifier/breakers.ts";
import { announceBreakers } from "../../services/scheduler/breakers.ts";
import { routeAlarms } from "../../store/alarm-desk.ts";
import { listAudit } from "../../store/audit.ts";
import { breakerEvents } from "../../store/breaker-events.ts";
import { closeDatabase, type Database } from "../../store/database.ts";
import { addOrigins } from "../../store/destinations.ts";
import { refusal } from "../core/helpers.ts";
import { clock, freshDatabase, KINDS } from "../store/fixtures.ts";

const test = suite("breakers");
const ORIGIN = "https://a.example";
const LANE = laneOf(ORIGIN);
const away = async () => {
  throw new BidaError("unavailable", "no Redis");
};

let db: Database;
let due: MemoryDueSet;
let lines: string[];
let told: [event: string, payload: { origin: string }][];
let schedulers: number;
const log = Object.fromEntries(
  ["info", "warn", "error"].map((level) => [
    level,
    (_: unknown, text: string) => void lines.push(`${level}: ${text}`),
  ]),
) as unknown as Logger;
const broker = {
  logger: log,
  emit: async (event: string, payload: { origin: string }) => void told.push([event, payload]),
  registry: { actions: { get: () => ({ endpoints: [{ node: { id: "n", available: true } }] }) } },
  call: async () => void schedulers++,
} as unknown as ServiceBroker;

test.before.each(async () => {
  db = await freshDatabase(KINDS[0]!);
  due = new MemoryDueSet(clock, { leaseMs: millis(10_000), window: 256 });
  clock.advance(minutes(20));
  [lines, told, schedulers] = [[], [], 0];
});
test.after.each(async () => {
  await due.close();
  await closeDatabase(db);
});

/** The due set finds its breaker so, until it is reset. */
function opened(breaker: LaneStatus["breaker"] = "open", openedAt = clock.now()): void {
  let state = breaker;
  const status = () =>
    ({ breaker: state, openedAt, openUntil: openedAt + 1, failures: 20 }) as unknown as LaneStatus;
  Object.assign(due, {
    troubledLanes: async () => (state === "closed" ? [] : [LANE]),
    lanes: async () => new Map([[LANE, status()]]),
    resetBreaker: async () => {
      state = "closed";
    },
  });
}
const missed = () => raiseMissed({ db, due, clock }, log);
const route = () => routeAlarms(db, () => () => [7]);
const alarms = async () => (await db.knex("alarms").orderBy("id")).map((row) => JSON.parse(row.facts).since);
const events = async () => (await breakerEvents(db, LANE, 9)).map((one) => one.opened);

test("one that is open and whose event was lost is raised by the next check, once; also while it is probed", async () => {
  await addOrigins(db, [ORIGIN], clock.now());
  for (const breaker of ["open", "half_open"] as const) {
    const since = clock.now();
    opened(breaker, since);
    for (let minute = 0; minute < 3; minute++) {
      await missed();
      await route();
      clock.advance(minutes(1));
    }
    assert.is((await alarms()).at(-1), since);
    clock.advance(minutes(10));
  }
  assert.equal([(await alarms()).length, await events()], [2, [true, true]]);
  const [{ destination }] = await db.knex("alarms");
  assert.is(destination, ORIGIN);
  // The event comes late: its line is there already.
  opened("closed");
  await missed();
  assert.is((await alarms()).length, 2);
});

test("where the due set is away, or the destination has no name, nothing is raised and the check goes on", async () => {
  opened();
  await missed();
  Object.assign(due, { troubledLanes: away });
  await missed();
  opened();
  await addOrigins(db, [ORIGIN], clock.now());
  Object.assign(due, { lanes: away });
  await missed();
  assert.equal([await alarms(), lines], [[], []]);
});

test("a scheduler that cannot name the destination tells nobody, and says so in its log", async () => {
  const status = { failures: 20, openedAt: clock.now() } as unknown as LaneStatus;
  const changes = (["opened", "closed"] as const).map(
    (breaker): LaneChange => ({
      ...{ lane: LANE, breaker, status },
    }),
  );
  await announceBreakers({ db, clock }, broker, log, changes);
  const broken = { ...db, knex: undefined } as unknown as Database;
  await announceBreakers({ db: broken, clock }, broker, log, changes);
  assert.equal(told, []);
  assert.equal(lines, [
    "warn: breaker opened",
    "info: breaker closed",
    "warn: breaker opened",
    "info: breaker closed",
  ]);
  await addOrigins(db, [ORIGIN], clock.now());
  await announceBreakers({ db, clock }, broker, log, changes);
  assert.equal(
    told.map(([event, { origin }]) => [event, origin]),
    [
      ["destination.opened", ORIGIN],
      ["destination.closed", ORIGIN],
    ],
  );
});

const by = {
  actor: { kind: "user" as const, id: 1, name: "wang", role: null },
  sourceIp: null,
  requestPath: null,
};
const changed = (breaker: { enabled?: boolean; reset?: true }, more = {}) =>
  change({ db, due, clock } as never, broker, ORIGIN, { breaker, ...more } as never, by);
const audited = async () => (await listAudit(db, {}, 9, null)).items.map(({ after }) => after);

test("one that an operator resets or switches off is closed: on record, and told", async () => {
  opened("half_open");
  await changed({ reset: true });
  assert.equal([await events(), told.map(([event]) => event)], [[false], ["destination.closed"]]);
  assert.equal(await audited(), [{ breakerReset: true }]);
  clock.advance(1000);
  opened();
  await changed({ enabled: false });
  assert.equal([await events(), told.length], [[false, false], 2]);
  // A closed one does not close.
  opened("closed");
  await changed({ enabled: true, reset: true });
  await changed({ enabled: false });
  assert.equal([(await events()).length, told.length, schedulers], [2, 2, 4]);
});

test("where the due set is away the rest is set and the schedulers hear of it; the record has no reset", async () => {
  opened();
  Object.assign(due, { lanes: away, resetBreaker: away, configure: away });
  const answer = await refusal(() => changed({ reset: true }, { paused: true }));
  assert.equal([answer.code, schedulers, told], ["unavailable", 1, []]);
  assert.equal(await audited(), [{ paused: true }]);
  assert.equal(await events(), []);
});

test("an event that several hear of is kept once", async () => {
  await addOrigins(db, [ORIGIN], clock.now());
  const since = epochMs(clock.now() - 5);
  opened("open", since);
  await missed();
  await missed();
  assert.equal(await events(), [true]);
});

test("a breaker that closed unheard, as in a process that was started again, is on record as closed", async () => {
  await addOrigins(db, [ORIGIN], clock.now());
  opened();
  await missed();
  await route();
  assert.equal(await events(), [true]);
  const unheard = () => closeMissed({ db, due, clock }, log);
  await unheard();
  assert.equal(await events(), [true], "it is open");
  const { lanes } = due;
  Object.assign(due, { lanes: away });
  await unheard();
  assert.equal(await events(), [true], "nobody knows");
  Object.assign(due, { lanes: async () => new Map() });
  await unheard();
  await unheard();
  assert.equal(await events(), [false, true], "once");
  Object.assign(due, { lanes });
});

test.run();
