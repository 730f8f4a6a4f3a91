import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { acceptTasks, newTask } from "../../store/accept.ts";
import {
  closeDatabase,
  type Database,
  openDatabase,
  pingDatabase,
  sqliteFile,
} from "../../store/database.ts";
import { migrate } from "../../store/migrate.ts";
import { refusal } from "../core/helpers.ts";
import { temporaryFolder } from "../servers/server.ts";
import { given, storedTask } from "./fixtures.ts";

const test = suite("the database file");

/** @param happens to the folder's file while it is open */
const LOSSES: [string, RegExp, (file: string) => void][] = [
  ["unlinked", /bida.sqlite was removed/, (file) => rmSync(file)],
  ["moved away", /bida.sqlite was removed/, (file) => renameSync(file, `${file}.old`)],
  [
    "replaced by an older copy",
    /bida.sqlite was replaced/,
    (file) => {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
  ],
  ["left without its log", /bida.sqlite-wal was removed/, (file) => rmSync(`${file}-wal`)],
  [
    "gone with its folder",
    /bida.sqlite was removed/,
    (file) => {
      rmSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      mkdirSync(file.slice(0, file.lastIndexOf("/")));
    },
  ],
];

for (const [what, why, happens] of LOSSES) {
  test(`${what}: nothing is accepted from the next use on, and it is told once`, async () => {
    const dataDir = temporaryFolder("file");
    const db = openDatabase({ databaseUrl: null, dataDir });
    await migrate(db);
    await given(db, {});
    const told: string[] = [];
    db.onFileLost((reason) => told.push(reason));
    happens(sqliteFile(dataDir));
    const uses: ((on: Database) => Promise<unknown>)[] = [
      (on) => acceptTasks(on, [newTask(storedTask(), null)]),
      (on) => acceptTasks(on, [newTask(storedTask({ orderKey: "a" }), null)]),
      (on) => pingDatabase(on),
    ];
    for (const use of uses) {
      const error = await refusal(() => use(db));
      assert.is(error.code, "unavailable");
      assert.match(error.message, why);
    }
    assert.is(told.length, 1);
    assert.match(String(told[0]), why);
    await closeDatabase(db);
  });
}

test("a file that nobody touches is the same one after a checkpoint and a backup", async () => {
  const dataDir = temporaryFolder("file");
  const db = openDatabase({ databaseUrl: null, dataDir });
  await migrate(db);
  await given(db, {});
  await db.knex.raw("PRAGMA wal_checkpoint(TRUNCATE)");
  await db.knex.raw(`VACUUM INTO '${dataDir}/backup.sqlite'`);
  await given(db, {});
  await pingDatabase(db);
  await closeDatabase(db);
});

test("a search that stops the process for seconds does not fail those that wait for the connection", async () => {
  const db = openDatabase({ databaseUrl: null, dataDir: temporaryFolder("file") });
  await migrate(db);
  const trx = await db.knex.transaction();
  const accepted = acceptTasks(db, [newTask(storedTask(), null)]);
  // Their timer, if it has one, is due before the connection is free.
  const until = performance.now() + 3_300;
  while (performance.now() < until);
  await new Promise((turn) => setTimeout(turn, 10));
  await trx.commit();
  assert.is((await accepted)[0]?.kind, "created");
  await closeDatabase(db);
});

test.run();
