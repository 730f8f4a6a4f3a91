/** What an error may say in the log. */
import knexModule from "knex";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BidaError } from "../../core/errors.ts";
import { serializeError } from "../../services/node/log.ts";
import { thrown } from "../core/helpers.ts";

const test = suite("log");

interface Shown {
  type: string;
  code?: string;
  message: string;
  stack: string;
  cause?: Shown;
}

test("an error of the database is shown without the statement's values", async () => {
  const knex = knexModule({
    client: "better-sqlite3",
    connection: { filename: ":memory:" },
    useNullAsDefault: true,
  });
  await knex.raw("CREATE TABLE things (name TEXT NOT NULL UNIQUE)");
  await knex("things").insert({ name: "s3cr3t - of the caller" });
  const error = await thrown(() => knex("things").insert({ name: "s3cr3t - of the caller" }));
  await knex.destroy();
  assert.match((error as Error).message, "s3cr3t", "Knex puts them there");
  const shown = serializeError(new BidaError("internal", undefined, { cause: error })) as Shown;
  assert.not.match(JSON.stringify(shown), "s3cr3t");
  assert.match(shown.cause?.message ?? "", /^UNIQUE constraint failed: things.name$/);
  assert.is(shown.cause?.code, "SQLITE_CONSTRAINT_UNIQUE");
  assert.match(shown.cause?.stack ?? "", /^\s+at /);
});

test("MySQL's own message stands", () => {
  const error = Object.assign(new Error("insert into `t` values ('s3cr3t') - Too long"), {
    code: "ER_DATA_TOO_LONG",
    sqlMessage: "Data too long for column 'url' at row 1",
  });
  const shown = serializeError(error) as Shown;
  assert.is(shown.message, "Data too long for column 'url' at row 1");
  assert.not.match(JSON.stringify(shown), "s3cr3t");
});

test("other errors stand as they are, and what is no error too", () => {
  const shown = serializeError(new TypeError("x - y is not a function")) as Shown;
  assert.equal([shown.type, shown.message], ["TypeError", "x - y is not a function"]);
  assert.is(serializeError("text"), "text");
});

test.run();
