import { randomUUID } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AuditEntry } from "../../../core/audit.ts";
import type { Actor } from "../../../core/caller.ts";
import {
  type AuditFilter,
  auditNames,
  lastSaidOf,
  listAudit,
  recordAudit,
  recordAudits,
} from "../../../store/audit.ts";
import type { Database } from "../../../store/database.ts";
import { transaction } from "../../../store/failures.ts";
import { refusal } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, type Kind } from "../fixtures.ts";

const ANNA: Actor = { kind: "user", id: 3, name: "anna", role: "admin" };

export function auditing(kind: Kind): void {
  const test = suite(`${kind.name}: audit`);
  let db: Database;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.after(() => closeDatabase(db));

  const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
    at: clock.now(),
    actor: ANNA,
    sourceIp: "192.0.2.1",
    action: "app.create",
    target: { type: "app", id: "1" },
    ...more,
  });
  const list = async (filter: AuditFilter = {}) => (await listAudit(db, filter, 200, null)).items;

  test("an entry comes back as it was recorded, without the actor's role", async () => {
    const full = entry({
      before: { name: "旧", list: [1] },
      after: { name: "新\u{1F600}" },
      note: "说明",
      requestPath: "PATCH /v1/apps/1",
    });
    await recordAudit(db, full);
    await recordAudit(
      db,
      entry({ actor: { kind: "node", id: null, name: "n", role: null }, sourceIp: null }),
    );
    const [bare, stored] = await list();
    const { id, ...rest } = stored!;
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.equal(rest, { ...full, actor: { kind: "user", id: 3, name: "anna" }, group: null });
    assert.equal([bare?.before, bare?.after, bare?.note, bare?.requestPath], [null, null, null, null]);
  });

  test("what is too long is cut, not refused", async () => {
    const long = "长".repeat(600);
    await recordAudit(
      db,
      entry({ note: long, requestPath: long, target: { type: "destination", id: long } }),
    );
    const [stored] = await list({ target: { type: "destination", id: null } });
    assert.equal(
      [stored?.note?.length, stored?.requestPath?.length, stored?.target.id?.length],
      [500, 512, 512],
    );
  });

  test("with its change or not at all", async () => {
    const failing = transaction(db, async (within) => {
      await recordAudit(within, entry({ action: "never.happened" }));
      throw new Error("the change fails");
    });
    await failing.then(
      () => assert.unreachable(),
      () => undefined,
    );
    assert.equal(await list({ action: "never.happened" }), []);
  });

  test("filters: all that are given must hold; `from` is included, `to` is not", async () => {
    clock.advance(1000);
    const from = clock.now();
    await recordAudit(db, entry({ action: "task.retry", target: { type: "task", id: "t:1" } }));
    clock.advance(1000);
    const to = clock.now();
    const bob: Actor = { ...ANNA, id: 4, name: "bob" };
    await recordAudit(db, entry({ action: "task.retry", target: { type: "task", id: "t:1" }, actor: bob }));
    const count = async (filter: AuditFilter) => (await list(filter)).length;
    assert.is(await count({ action: "task.retry" }), 2);
    assert.is(await count({ action: "task.retry", actor: "bob" }), 1);
    assert.is(await count({ target: { type: "task", id: "t:1" } }), 2);
    assert.is(await count({ target: { type: "task", id: "t:2" } }), 0);
    assert.is(await count({ target: { type: "task", id: null } }), 2);
    assert.is(await count({ from, to }), 1);
    assert.is(await count({ from: to }), 1);
  });

  test("what belongs to one act stays out of the whole, and is found by the act, by its thing and by what was done", async () => {
    const [act, other] = [randomUUID(), randomUUID()];
    const of = (group: string | null, action: string, id: string) =>
      entry({ group, action, target: { type: group ? "task" : "bulk", id } });
    await recordAudits(db, [
      of(null, "bulk.mark", act),
      of(act, "task.mark", "m:1"),
      of(act, "task.mark", "m:2"),
      of(other, "task.mark", "m:1"),
    ]);
    const found = async (filter: AuditFilter) =>
      (await list(filter)).filter(({ action }) => action.endsWith(".mark")).map(({ target }) => target.id);
    assert.equal(await found({}), [act]);
    assert.equal(await found({ target: { type: "task", id: null } }), []);
    assert.equal((await found({ group: act })).sort(), ["m:1", "m:2"]);
    assert.equal(await found({ target: { type: "task", id: "m:1" } }), ["m:1", "m:1"]);
    assert.is((await found({ action: "task.mark" })).length, 3);
    assert.is((await found({ group: act, target: { type: "task", id: "m:1" } })).length, 1);
    const names = await auditNames(db);
    assert.ok(
      names.actions.includes("bulk.mark") && names.actors.includes("anna") && names.targets.includes("bulk"),
    );
    assert.equal(await lastSaidOf(db, "app", "99"), null);
  });

  test("pages hold each entry once, newest first, also within one millisecond", async () => {
    for (let i = 0; i < 7; i++) await recordAudit(db, entry({ action: "page.turn", after: { i } }));
    const seen: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listAudit>> = await listAudit(
        db,
        { action: "page.turn" },
        3,
        cursor,
      );
      seen.push(...page.items.map(({ after }) => (after as { i: number }).i));
      cursor = page.nextCursor;
      await recordAudit(db, entry({ action: "page.turn", at: clock.now(), after: { i: "new" } }));
    } while (cursor !== null);
    assert.equal(
      seen.filter((i) => i !== "new"),
      [6, 5, 4, 3, 2, 1, 0],
    );
    for (const wrong of ["x", "", Buffer.from("1.2").toString("base64url")])
      assert.is((await refusal(() => listAudit(db, {}, 3, wrong))).code, "invalid_query");
  });

  test.run();
}
