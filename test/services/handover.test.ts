/** From a commit to a dispatcher without the due set: what is chosen, to whom it is given, and what takes the usual way after all. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { millis } from "../../core/clock.ts";
import { NO_SETTINGS } from "../../core/destination.ts";
import type { ClaimReply, ClaimRequest } from "../../core/job.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { ClaimDesk } from "../../services/scheduler/claim-desk.ts";
import { Handover } from "../../services/scheduler/handover.ts";
import { JobMaker } from "../../services/scheduler/jobs.ts";
import { LaneSettings } from "../../services/scheduler/lane-settings.ts";
import { DueRepeats } from "../../services/tasks/due-repeats.ts";
import { acceptTasks, type NewTask, newTask } from "../../store/accept.ts";
import type { Database } from "../../store/database.ts";
import { recordOutcomes } from "../../store/record.ts";
import type { StoredTask } from "../../store/rows.ts";
import { until } from "../e2e/kit/until.ts";
import { clock, closeDatabase, freshDatabase, inMs, KINDS, outcome, storedTask } from "../store/fixtures.ts";

const test = suite("handover");
const LEASE = millis(10_000);
const log = { warn: () => undefined, debug: () => undefined } as never;

let db: Database;
test.before(async () => {
  db = await freshDatabase(KINDS[0]!);
});
test.after(() => closeDatabase(db));

function desk(isQuiet = () => true, leaseMs = LEASE) {
  const due = new MemoryDueSet(clock, { leaseMs, window: 256 });
  const resources = { due, clock, config: { leaseMs, redisUrl: "redis://elsewhere" }, db } as never;
  const ended: string[] = [];
  const lanes = { take: isQuiet, isQuiet, ended: (lane: string) => void ended.push(lane) } as never;
  const repeats = new DueRepeats(due, log);
  const handover = new Handover(resources, lanes, () => own.roomForHandovers);
  const jobs = new JobMaker(resources, new LaneSettings(), repeats, log);
  const own: ClaimDesk = new ClaimDesk(resources, jobs, handover, repeats, log, "here");
  const claim = (more: Partial<ClaimRequest> = {}): Promise<ClaimReply> =>
    own.claim(
      {
        ...{ holder: "h", room: 10, retries: 0, keepsUp: true, waitMs: millis(60_000), handovers: true },
        ...more,
      },
      "there",
    );
  /** As a scheduler commits. */
  const commit = async (...tasks: StoredTask[]): Promise<NewTask[]> => {
    // A claim that has just come looks into the due set first.
    await new Promise((resolve) => setImmediate(resolve));
    const items = tasks.map((task) => newTask(task, null));
    handover.choose(items);
    await acceptTasks(db, items);
    return items;
  };
  const offer = (items: NewTask[]) => own.offer(items.map(({ task }) => task));
  const close = async () => {
    own.close();
    await due.close();
  };
  return { due, own, claim, commit, offer, ended, repeats, close };
}

const ids = ({ jobs }: ClaimReply) => jobs.map(({ taskId }) => taskId);

test("a task goes to the claim that is parked, with the time of its lease, and the due set knows nothing of it", async () => {
  const { due, claim, commit, offer, close } = desk();
  const parked = claim();
  const items = await commit(storedTask({}));
  const [{ task, row }] = items as [NewTask];
  assert.is(task.handedUntil, clock.now() + LEASE);
  assert.ok(row.includes(task.handedUntil), "it is in the row that is stored");
  offer(items);
  const reply = await parked;
  assert.equal(ids(reply), [task.taskId]);
  assert.is(reply.jobs[0]?.handedUntil, task.handedUntil);
  assert.is(reply.leasedAt, clock.now());
  assert.equal(await due.counts(), { waiting: 0, ready: 0, leased: 0 });
  await close();
});

test("with long leases a row is one for ten seconds, and the reply says when that began", async () => {
  const { claim, commit, offer, close } = desk(undefined, millis(60_000));
  const parked = claim();
  offer(await commit(storedTask({})));
  const { jobs, leasedAt } = await parked;
  assert.equal([jobs[0]?.handedUntil, leasedAt], [inMs(10_000), clock.now()]);
  await close();
});

test("not chosen: ordered, due later, not quiet, more than there is room for, and where no claim takes such leases", async () => {
  const chosen = (items: NewTask[]) => items.map(({ task }) => task.handedUntil !== null);
  const one = desk();
  assert.equal(chosen(await one.commit(storedTask())), [false], "no claim is parked");
  void one.claim({ handovers: undefined as never });
  assert.equal(chosen(await one.commit(storedTask())), [false], "an older dispatcher");
  void one.claim({ room: 2 });
  const tasks = [{ orderKey: "k" }, { nextCallAt: inMs(1) }, {}, {}, {}].map((more) => storedTask(more));
  assert.equal(chosen(await one.commit(...tasks)), [false, false, true, true, false]);
  await one.close();
  const two = desk(() => false);
  void two.claim();
  assert.equal(chosen(await two.commit(storedTask())), [false]);
  await two.close();
});

test("what finds no claim any more is queued; what comes too late too", async () => {
  const { due, own, claim, commit, offer, ended, close } = desk();
  const gone = claim();
  const lost = await commit(storedTask({}));
  own.dropNode("there");
  assert.equal(ids(await gone), []);
  offer(lost);
  assert.equal(ids(await claim()), [lost[0]?.task.taskId], "from the due set, leased there");
  assert.is((await due.counts()).leased, 1);
  const parked = claim();
  const late = await commit(storedTask({}));
  clock.advance(LEASE * 0.6);
  offer(late);
  const reply = await parked;
  assert.equal(ids(reply), [late[0]?.task.taskId]);
  assert.is(reply.jobs[0]?.handedUntil, undefined);
  assert.is(ended.length, 2, "neither counts as handed over");
  await close();
});

test("a destination that was paused between choice and commit gets no call of a handed task", async () => {
  let quiet = true;
  const { due, claim, commit, offer, close } = desk(() => quiet);
  const parked = claim({ waitMs: millis(50) });
  const items = await commit(storedTask());
  await due.configure(items[0]!.task.lane, { ...NO_SETTINGS, paused: true });
  quiet = false;
  offer(items);
  assert.equal(ids(await parked), []);
  assert.is((await due.counts()).ready, 1);
  await close();
});

test("a task that was handed over and one that was not, of one commit, go to one claim each", async () => {
  const { claim, commit, offer, close } = desk();
  const [a, b] = [
    claim({ holder: "a", room: 1 }),
    claim({ holder: "b", room: 1, handovers: undefined as never }),
  ];
  const items = await commit(
    storedTask({}),
    storedTask({ url: "http://other.example/", lane: "other" as never }),
  );
  assert.equal(
    items.map(({ task }) => task.handedUntil !== null),
    [true, false],
  );
  offer(items);
  assert.equal([ids(await a), ids(await b)].flat().sort(), items.map(({ task }) => task.taskId).sort());
  await close();
});

test("a task that the due set did not take is added once it does, without the reconciler", async () => {
  const { due, commit, offer, repeats, close } = desk(() => false);
  await due.markRebuilt();
  repeats.start();
  const add = due.add.bind(due);
  due.add = async () => {
    throw new Error("Redis is away");
  };
  offer(await commit(storedTask()));
  due.add = add;
  await until("the task", async () => (await due.counts()).ready === 1);
  await repeats.stop();
  await close();
});

test("a task whose acceptance is long ago is added only, and its row decides: it was called meanwhile", async () => {
  const { due, claim, commit, offer, close } = desk(() => false);
  // Due just now, and accepted six seconds ago by a scheduler that stood still since; another one had it called.
  const [item] = await commit(storedTask({ createdAt: inMs(-6_000), nextCallAt: clock.now() }));
  const { task } = item as NewTask;
  await recordOutcomes(db, [outcome(task, 1, "succeeded")], clock, () => 0);
  const [parked, other] = [claim(), claim({ holder: "other", waitMs: millis(50) })];
  offer([item as NewTask]);
  assert.equal(ids(await other), []);
  await until("the entry to be dropped", async () => Object.values(await due.counts()).every((n) => n === 0));
  await close();
  assert.equal(ids(await parked), []);
});

test.run();
