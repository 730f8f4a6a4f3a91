import { suite } from "uvu";
import * as assert from "uvu/assert";
import { closeDatabase, openDatabase, pingDatabase } from "../../../store/database.ts";
import { MIGRATION_NAMES, migrate, migrationState } from "../../../store/migrate.ts";
import { thrown } from "../../core/helpers.ts";
import { given, type Kind, taskIn } from "../fixtures.ts";

export function migrating(kind: Kind): void {
  const test = suite(`${kind.name}: migrate`);

  test("twice: the second time there is nothing to do, and what was stored stays", async () => {
    const place = await kind.place();
    const first = openDatabase(place);
    assert.equal(await migrate(first), MIGRATION_NAMES);
    const [task] = await given(first, {});
    assert.equal(await migrate(first), []);
    await closeDatabase(first);
    const second = openDatabase(place);
    assert.equal(await migrate(second), []);
    assert.equal(await taskIn(second, task!.taskId), task);
    await closeDatabase(second);
  });

  test("after a node died in the middle: its half schema and its lock are no obstacle", async () => {
    const db = openDatabase(await kind.place());
    await migrate(db);
    await db.knex.schema.dropTable("apps");
    await db.knex("bida_migrations").delete();
    await db.knex("bida_migrations_lock").update({ is_locked: 1 });
    assert.equal(await migrate(db), MIGRATION_NAMES);
    assert.equal(await db.knex("apps").select(), []);
    await closeDatabase(db);
  });

  test("ended between two migrations: the next run goes on from there", async () => {
    const db = openDatabase(await kind.place());
    let left = 3;
    const before = () => {
      left -= 1;
      if (left < 0) throw new Error("enough");
    };
    assert.is(((await thrown(() => migrate(db, before))) as Error).message, "enough");
    assert.equal((await migrationState(db)).pending, MIGRATION_NAMES.slice(3));
    assert.equal(await migrate(db), MIGRATION_NAMES.slice(3));
    await closeDatabase(db);
  });

  // SQLite's file belongs to one process, which migrates once.
  if (kind.dialect === "mysql") {
    test("five nodes at once: one runs it", async () => {
      const place = await kind.place();
      const nodes = Array.from({ length: 5 }, () => openDatabase(place));
      const ran = await Promise.all(nodes.map((db) => migrate(db)));
      assert.equal(ran.flat(), MIGRATION_NAMES);
      await Promise.all(nodes.map(closeDatabase));
    });
  }

  test("the label names the database and no secret; ping answers", async () => {
    const place = await kind.place();
    const db = openDatabase(place);
    assert.match(
      db.label,
      place.databaseUrl === null ? /^file:\/.*bida\.sqlite$/ : /^127\.0\.0\.1:\d+\/bida_/,
    );
    await pingDatabase(db);
    await closeDatabase(db);
  });

  test.run();
}
