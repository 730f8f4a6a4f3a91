/** What the due set did not take while Redis was away: it gets there when Redis is back, without the reconciler. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { later, millis, systemClock } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { laneOf, newTaskId } from "../../core/ids.ts";
import { type DueEntry, dueEntryOf, leaseOf } from "../../core/job.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { Recorder } from "../../services/scheduler/recorder.ts";
import { DueRepeats, MOST } from "../../services/tasks/due-repeats.ts";
import { until } from "../e2e/kit/until.ts";
import { closeDatabase, freshDatabase, given, KINDS, outcome, taskIn } from "../store/fixtures.ts";

const test = suite("repeats for the due set");
const lane = laneOf("http://a");
const warnings: object[] = [];
const log = { debug: () => undefined, warn: (what: object) => void warnings.push(what) } as never;

/** A due set as Redis is: away at first. `runs`: scripts run, but their answers are lost. */
class Away extends MemoryDueSet {
  redis: "away" | "runs" | "there" = "away";
  readonly added: DueEntry[] = [];
  override async add(entries: DueEntry[]) {
    this.#reach();
    this.added.push(...entries);
    return super.add(entries);
  }
  override async settle(...settlement: Parameters<MemoryDueSet["settle"]>) {
    if (this.redis !== "away") {
      const changes = await super.settle(...settlement);
      if (this.redis === "there") return changes;
    }
    throw new BidaError("unavailable");
  }
  override async move(moved: DueEntry) {
    this.#reach();
    return super.move(moved);
  }
  override async intact() {
    this.#reach();
    return super.intact();
  }
  #reach() {
    if (this.redis !== "there") throw new BidaError("unavailable");
  }
}

let due: Away;
let repeats: DueRepeats;
test.before.each(async () => {
  warnings.length = 0;
  due = new Away(systemClock, { leaseMs: millis(10_000), window: 256 });
  await due.markRebuilt();
  repeats = new DueRepeats(due, log);
  repeats.start();
});
test.after.each(async () => {
  await repeats.stop();
  await due.close();
});

const entry = (more: Partial<DueEntry> = {}): DueEntry => ({
  taskId: newTaskId(),
  lane,
  app: 0,
  first: true,
  dueAt: systemClock.now(),
  ...more,
});
const ids = (entries: DueEntry[]) => entries.map(({ taskId }) => taskId);
const failed = (one: DueEntry) => ({
  entry: one,
  next: { ...one, first: false },
  health: "bad" as const,
  unheld: true,
});

test("the end of a lease in a row, and an entry to add, are repeated until they are taken", async () => {
  const [one, two] = [entry(), entry()];
  assert.equal(await repeats.settle("a", [failed(one)]), []);
  await repeats.add([two]).catch(() => undefined);
  assert.equal((await due.counts()).ready, 0);
  due.redis = "there";
  await until("both", async () => (await due.counts()).ready === 2);
  assert.is(
    (await due.lanes([lane])).get(lane)?.failures,
    0,
    "what is old by then says nothing of the target",
  );
});

test("a new time of a waiting entry, as of a task that a person retries, does not wait for its old time", async () => {
  const dueAt = later(systemClock.now(), millis(60_000));
  const [one, other] = [entry({ dueAt }), entry()];
  due.redis = "there";
  await repeats.add([one]);
  due.redis = "away";
  await repeats.move([{ ...one, dueAt: systemClock.now() }, other]);
  assert.equal(await due.counts(), { waiting: 1, ready: 0, leased: 0 });
  due.redis = "there";
  await until("both", async () => (await due.counts()).ready === 2);
});

test("a new time of an entry whose lease has ended unheard: it is told behind that end, whoever keeps it", async () => {
  const [here, elsewhere, other] = [entry(), entry(), entry()];
  due.redis = "there";
  await due.add([here, elsewhere]);
  assert.is((await due.claim("a", 10)).length, 2);
  due.redis = "away";
  const retry = (one: DueEntry, ms: number) => ({
    ...one,
    first: false,
    dueAt: later(systemClock.now(), millis(ms)),
  });
  const ended = (one: DueEntry) => ({ ...failed(one), next: retry(one, 3_600_000), unheld: false });
  await repeats.move([other]);
  await repeats.settle("a", [ended(here)]);
  await repeats.move([retry(here, 0), retry(elsewhere, 0)]);
  due.redis = "there";
  await until("the end that this node keeps, and what follows", async () => (await due.counts()).ready === 2);
  assert.equal(await due.counts(), { waiting: 0, ready: 2, leased: 1 });
  await due.settle("a", [ended(elsewhere)]);
  await until("the other node's", async () => (await due.counts()).ready === 3);
});

test("an end whose answer was lost is repeated without harm: nothing comes twice or counts twice", async () => {
  const one = entry();
  due.redis = "runs";
  await repeats.settle("a", [failed(one)]);
  assert.equal(ids(await due.claim("b", 10)), [one.taskId]);
  due.redis = "there";
  const two = entry();
  repeats.addLater([two]);
  await until("what came after it", async () => due.added.length > 0);
  assert.equal(await due.counts(), { waiting: 0, ready: 1, leased: 1 });
  assert.is((await due.lanes([lane])).get(lane)?.failures, 1);
});

test("nothing is put into a set that was emptied before it is built anew", async () => {
  due.redis = "there";
  await due.reset();
  repeats.addLater([entry()]);
  await repeats.stop();
  assert.equal(due.added, []);
});

test("of more than it keeps the oldest go, and it says so once", async () => {
  const dueAt = later(systemClock.now(), millis(60_000));
  const entries = Array.from({ length: MOST + 2 }, () => entry({ dueAt }));
  repeats.addLater(entries.slice(0, MOST));
  assert.is(warnings.length, 0);
  for (const one of entries.slice(MOST)) repeats.addLater([one]);
  assert.is(warnings.length, 1);
  due.redis = "there";
  await repeats.stop();
  assert.equal(ids(due.added), ids(entries.slice(2)));
});

test("a stop tries once more, and does not wait for a Redis that is away", async () => {
  const one = entry();
  repeats.addLater([one]);
  await repeats.stop();
  assert.equal(due.added, []);
});

test("a first call on the short way whose record Redis did not hear of, and the next of its line", async () => {
  const db = await freshDatabase(KINDS[0]!);
  const now = systemClock.now();
  const [task, head] = await given(
    db,
    { nextCallAt: now, createdAt: now, retry: { strategy: "fixed", delayMs: 1 } },
    { nextCallAt: now, createdAt: now, orderKey: "line" },
  );
  const [held] = await given(db, { nextCallAt: now, createdAt: now, orderKey: "line" });
  assert.is((await taskIn(db, held!.taskId)).nextCallAt, null, "it waits for its turn");
  const resources = { db, due, clock: systemClock, teller: { wantsSuccesses: false, tell: () => undefined } };
  const lanes = { ended: () => undefined, opened: () => undefined };
  const recorder = new Recorder(resources as never, lanes, repeats, {} as never, log);
  await recorder.report("a", [
    { ...outcome(task!, 1, "failed"), ...leaseOf(dueEntryOf(task!)!), handed: true },
    { ...outcome(head!, 1, "succeeded"), ...leaseOf(dueEntryOf(head!)!) },
  ]);
  due.redis = "there";
  await until("both", async () => {
    const missing = await due.missingAmong([
      entry({ taskId: task!.taskId }),
      entry({ taskId: held!.taskId }),
    ]);
    return missing.length === 0;
  });
  await closeDatabase(db);
});

test.run();
