/** A MySQL failover by name: the former primary turns read-only while our connections to it stay open. @takes 20 s */
import { connect, createServer, type Socket } from "node:net";
import { createConnection } from "mysql2/promise";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { acceptTasks, newTask } from "../../store/accept.ts";
import {
  closeDatabase,
  type Database,
  openDatabase,
  pingDatabase,
  probeDatabase,
} from "../../store/database.ts";
import { reading, translated } from "../../store/failures.ts";
import { migrate } from "../../store/migrate.ts";
import { recordOutcomes } from "../../store/record.ts";
import { refusal, thrown } from "../core/helpers.ts";
import * as mariadb from "../servers/mariadb.ts";
import type { TestServer } from "../servers/server.ts";
import { clock, given, outcome, storedTask, taskIn } from "./fixtures.ts";

const test = suite("failover");

/** A name that leads to another server from now on, for new connections; those that are open stay where they are. */
class Name {
  target: number;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((near) => {
    const far = connect(this.target, "127.0.0.1");
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
    }
    near.pipe(far).pipe(near);
  });

  constructor(target: number) {
    this.target = target;
  }

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

const USER =
  "CREATE OR REPLACE USER bida@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON bida.* TO bida@'127.0.0.1'";

async function asRoot(server: TestServer, sql: string): Promise<void> {
  const connection = await createConnection({ uri: server.url, multipleStatements: true });
  await connection.query(sql);
  await connection.end();
}

let former: TestServer;
let next: TestServer;
test.before(async () => {
  [former, next] = await Promise.all([mariadb.start(), mariadb.start()]);
});
test.before.each(async () => {
  const anew = `SET GLOBAL read_only = 0; CREATE OR REPLACE DATABASE bida CHARACTER SET utf8mb4; ${USER}`;
  await Promise.all([former, next].map((server) => asRoot(server, anew)));
});
test.after(async () => void (await Promise.all([former, next].map((server) => server.stop()))));

async function opened(port: number): Promise<Database> {
  const db = openDatabase({ databaseUrl: `mysql://bida:secret@127.0.0.1:${port}/bida`, dataDir: "unused" });
  await migrate(db);
  return db;
}

const nap = (db: Database) => db.knex.raw("SELECT SLEEP(0.05)");
/** Which server a connection leads to. */
const portOf = async (db: Database): Promise<number> =>
  (await db.knex.raw("SELECT @@port AS port"))[0][0].port;

test("the first write that is refused drops all connections: the next ones lead to the new primary", async () => {
  // The same schema on both, as replication would have it.
  await closeDatabase(await opened(next.port));
  const name = new Name(former.port);
  const db = await opened(await name.listen());
  // Several connections, all of them to the former primary.
  await Promise.all([nap(db), nap(db), nap(db), nap(db)]);
  await asRoot(former, "SET GLOBAL read_only = 1");
  name.target = next.port;
  const error = await refusal(() => acceptTasks(db, [newTask(storedTask(), null)]));
  assert.equal([error.code, error.retryAfter], ["unavailable", 2]);
  // None of them is used again, for reading neither.
  assert.equal(await Promise.all([1, 2, 3, 4, 5].map(() => portOf(db))), Array(5).fill(next.port));
  const task = storedTask();
  await acceptTasks(db, [newTask(task, null)]);
  await recordOutcomes(db, [outcome(task, 1, "succeeded")], clock, () => 0);
  assert.is((await taskIn(db, task.taskId)).state, "succeeded");
  await closeDatabase(db);
  name.close();
});

test("a process that writes nothing notices by its look once a second", async () => {
  await closeDatabase(await opened(next.port));
  const name = new Name(former.port);
  const db = await opened(await name.listen());
  await Promise.all([nap(db), nap(db)]);
  await pingDatabase(db);
  await asRoot(former, "SET GLOBAL read_only = 1");
  name.target = next.port;
  assert.is((translated(await thrown(() => pingDatabase(db))) as { code: string }).code, "unavailable");
  assert.is(await portOf(db), next.port);
  await pingDatabase(db);
  await closeDatabase(db);
  name.close();
});

test("a server that is read-only for others, and not for our account, is used", async () => {
  const db = openDatabase({ databaseUrl: `${former.url}bida`, dataDir: "unused" });
  await migrate(db);
  await asRoot(former, "SET GLOBAL read_only = 1");
  await pingDatabase(db);
  await given(db, {});
  await closeDatabase(db);
});

/** What an operator, or a limit, does to a server that works; and how it is undone. */
const TROUBLES: [string, string, string][] = [
  ["the password is changed", "SET PASSWORD FOR bida@'127.0.0.1' = PASSWORD('other')", USER],
  [
    "the account is locked",
    "ALTER USER bida@'127.0.0.1' ACCOUNT LOCK",
    "ALTER USER bida@'127.0.0.1' ACCOUNT UNLOCK",
  ],
  ["rights are revoked", "REVOKE ALL ON bida.* FROM bida@'127.0.0.1'", USER],
  [
    "the account has no connection left",
    "GRANT USAGE ON *.* TO bida@'127.0.0.1' WITH MAX_USER_CONNECTIONS 1",
    "GRANT USAGE ON *.* TO bida@'127.0.0.1' WITH MAX_USER_CONNECTIONS 0",
  ],
  ["a table is renamed", "RENAME TABLE bida.tasks TO bida.away", "RENAME TABLE bida.away TO bida.tasks"],
  ["nothing can be written", "SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"],
];

for (const [what, begin, end] of TROUBLES) {
  test(`${what}: unavailable, and it works again by itself`, async () => {
    const db = await opened(former.port);
    await asRoot(former, begin);
    // Sessions keep what they began with; the pool makes new ones sooner or later.
    db.limit.renew(new Error("test"));
    const held = what.includes("connection") ? await db.knex.client.acquireConnection() : null;
    const [task] = [storedTask()];
    const uses: (() => Promise<unknown>)[] = [
      () => acceptTasks(db, [newTask(task, null)]),
      () => acceptTasks(db, [newTask(storedTask({ orderKey: "a" }), null)]),
      () => recordOutcomes(db, [outcome(task, 1, "succeeded")], clock, () => 0),
    ];
    for (const use of uses) assert.is((await refusal(use)).code, "unavailable");
    if (held) await db.knex.client.releaseConnection(held);
    await asRoot(former, end);
    db.limit.renew(new Error("test"));
    await given(db, {});
    await probeDatabase(db);
    await closeDatabase(db);
  });
}

test("a query that is killed, or takes longer than the server lets it, is unavailable", async () => {
  const db = await opened(former.port);
  const limited = () => reading(db.knex.raw("SET STATEMENT max_statement_time = 0.05 FOR SELECT SLEEP(30)"));
  assert.is((await refusal(limited)).code, "unavailable");
  const slow = refusal(() => reading(db.knex.raw("SELECT SLEEP(60)")));
  const connection = await createConnection(former.url);
  const until = performance.now() + 20_000;
  for (let id = 0; id === 0 && performance.now() < until; ) {
    const [rows] = await connection.query<never[]>(
      "SELECT id FROM information_schema.processlist WHERE user = 'bida' AND info LIKE '%SLEEP%'",
    );
    id = (rows as { id: number }[])[0]?.id ?? 0;
    if (id > 0) await connection.query(`KILL QUERY ${id}`);
  }
  await connection.end();
  assert.is((await slow).code, "unavailable");
  await closeDatabase(db);
});

test.run();
