/** Originals whose copy has succeeded are resolved once, whatever fails in between and however many nodes look. @takes 10 s */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../core/clock.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { Originals } from "../../services/admin/originals.ts";
import { DueRepeats } from "../../services/tasks/due-repeats.ts";
import { listAudit } from "../../store/audit.ts";
import { linkResend } from "../../store/resends.ts";
import type { StoredTask } from "../../store/rows.ts";
import { closeDatabase, freshDatabase, given, KINDS, taskIn } from "../store/fixtures.ts";

const ended = { nextCallAt: null, finishedAt: systemClock.now() };
const by = {
  ...{ actor: { kind: "user", id: 1, name: "ann", role: "operator" } as const, sourceIp: "10.0.0.9" },
  ...{ requestPath: "POST /v1/tasks/x/resend", note: null },
};

for (const kind of KINDS) {
  test(`${kind.name}: a failure leaves both as they were; then two nodes at once: one entry in the audit log`, async () => {
    const db = await freshDatabase(kind);
    const due = new MemoryDueSet(systemClock, { leaseMs: 10_000 as never, window: 10 });
    const told: string[] = [];
    const teller = {
      tell: ({ type, tasks }: { type: string; tasks: unknown[] }) => void told.push(...tasks.map(() => type)),
    };
    const resources = {
      db,
      due,
      repeats: new DueRepeats(due, {} as never),
      clock: systemClock,
      teller,
    } as never;
    const node = () => new Originals(resources, { debug: () => undefined } as never);
    const [original, copy, other, waiting] = (await given(
      db,
      { state: "exhausted", ...ended },
      { state: "succeeded", ...ended },
      { state: "pending" },
      { state: "succeeded", ...ended },
    )) as [StoredTask, StoredTask, StoredTask, StoredTask];
    await linkResend(db, copy.taskId, original.taskId, by);
    await linkResend(db, waiting.taskId, other.taskId, by);
    // The entry cannot be written: nothing may be changed without it.
    await db.knex.schema.renameTable("audit", "audit_away");
    await node()
      .look()
      .then(
        () => assert.unreachable(),
        () => undefined,
      );
    assert.is((await taskIn(db, original.taskId)).state, "exhausted");
    await db.knex.schema.renameTable("audit_away", "audit");
    const nodes = [node(), node()];
    await Promise.all(nodes.map((one) => one.look()));
    assert.is((await taskIn(db, original.taskId)).state, "resolved");
    assert.is((await taskIn(db, other.taskId)).state, "pending", "it is called again: its end is waited for");
    const entries = (await listAudit(db, {}, 9, null)).items;
    assert.equal(
      entries.map(({ action, actor, sourceIp, note }) => [action, actor.name, sourceIp, note]),
      [["task.resolve", "ann", "10.0.0.9", `its copy ${copy.taskId} has succeeded`]],
    );
    assert.equal(told, ["task.resolved"]);
    await db.knex("tasks").where("state", 0).update({ state: 2, next_call_at: null, finished_at: 1 });
    await nodes[0]?.look();
    assert.is((await taskIn(db, other.taskId)).state, "resolved");
    await due.close();
    await closeDatabase(db);
  });
}

test.run();
