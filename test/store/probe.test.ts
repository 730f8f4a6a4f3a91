import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BidaError } from "../../core/errors.ts";
import { closeDatabase, pingDatabase, probeDatabase } from "../../store/database.ts";
import { translated } from "../../store/failures.ts";
import { Probe } from "../../store/probe.ts";
import { thrown } from "../core/helpers.ts";
import { freshDatabase, KINDS } from "./fixtures.ts";

const test = suite("probe");

for (const kind of KINDS) {
  test(`${kind.name}: a database that only reads answers a ping, and fails the probe`, async () => {
    const db = await freshDatabase(kind);
    await probeDatabase(db);
    // One connection is all there is while the test is alone.
    const readOnly =
      kind.dialect === "sqlite" ? "PRAGMA query_only = 1" : "SET SESSION TRANSACTION READ ONLY";
    await db.knex.raw(readOnly);
    await pingDatabase(db);
    const error = translated(await thrown(() => new Probe().run(db.knex, 1_000)));
    assert.ok(error instanceof BidaError && error.code === "unavailable", String(error));
    await closeDatabase(db);
  });

  test(`${kind.name}: however many ask at once, one row is written once; an emptied table is made good`, async () => {
    const db = await freshDatabase(kind);
    await db.knex("probes").delete();
    let writes = 0;
    db.knex.on("query", ({ sql }: { sql: string }) => {
      if (/^(update|insert).*probes/i.test(sql)) writes += 1;
    });
    await Promise.all(Array.from({ length: 500 }, () => probeDatabase(db)));
    assert.is(writes, 2, "an update that finds nothing, and an insert");
    assert.is((await db.knex("probes")).length, 1);
    await closeDatabase(db);
  });
}

test.run();
