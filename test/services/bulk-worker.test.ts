/** Bulk jobs: one that fails is left alone for a while, and holds up no other. @takes 6 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../core/clock.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { BulkWorker } from "../../services/admin/bulk-worker.ts";
import { addJob, findJob, type NewJob } from "../../store/bulk-jobs.ts";
import { recordOutcomes } from "../../store/record.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { until } from "../e2e/kit/until.ts";
import { closeDatabase, freshDatabase, given, KINDS, outcome } from "../store/fixtures.ts";

const nobody = async () => undefined;
const newJob = (filter: object): NewJob => ({
  ...{ kind: "resolve", scope: EVERYTHING, filter, bound: systemClock.now(), matched: 3, expected: null },
  ...{ actor: { kind: "user", id: 1, name: "admin", role: "admin" }, sourceIp: null, requestPath: null },
  ...{ note: null, createdAt: systemClock.now() },
});

for (const kind of KINDS) {
  test(`${kind.name}: a job whose search fails backs off, and the job behind it is done`, async () => {
    const db = await freshDatabase(kind);
    const due = new MemoryDueSet(systemClock, { leaseMs: 10_000 as never, window: 10 });
    const tasks = await given(db, { limitCallCount: 1 }, { limitCallCount: 1 });
    await recordOutcomes(
      db,
      tasks.map((task) => outcome(task, 1, "failed")),
      systemClock,
      () => 0,
    );
    // A search that no database answers stands for one that reaches the limit of a statement.
    const failing = await addJob(db, newJob({ state: { length: 0 } }), nobody);
    const sound = await addJob(db, newJob({ state: ["exhausted"] }), nobody);
    const lines: [string, Record<string, unknown>][] = [];
    const log = Object.fromEntries(
      ["info", "warn", "error"].map((level) => [
        level,
        (fields: Record<string, unknown>, line: string) => void lines.push([line, fields]),
      ]),
    );
    const teller = { tell: () => undefined };
    const worker = new BulkWorker(
      { db, due, clock: systemClock, teller, config: { redisUrl: null } } as never,
      log as never,
    );
    worker.start();
    await until(
      "the sound job to be done",
      async () => (await findJob(db, EVERYTHING, sound.id)).state === "finished",
      20_000,
    );
    const { state, changed } = await findJob(db, EVERYTHING, failing.id);
    assert.equal([state, changed], ["running", 0]);
    assert.is((await findJob(db, EVERYTHING, sound.id)).changed, 2);
    const told = lines.filter(([line]) => line === "a bulk job cannot go on");
    assert.equal(
      told.map(([, { jobId, failures, againInMs }]) => [jobId, failures, againInMs]),
      [[failing.id, 1, 5_000]],
    );
    // Nobody takes it before its time, neither this node nor another.
    const [row] = await db.knex("bulk_jobs").where("state", "running");
    assert.ok(row.lease_until > systemClock.now());
    await worker.stop();
    await due.close();
    await closeDatabase(db);
  });
}

test.run();
