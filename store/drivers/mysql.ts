/** MySQL and MariaDB. */
import { setTimeout as pause } from "node:timers/promises";
import knexModule, { type Knex } from "knex";
import { type TaskId, taskIdToBytes } from "../../core/ids.ts";
import { type ServerTls, tlsOf } from "../../core/server-tls.ts";
import type { Row } from "../columns.ts";
import { lockStatement } from "../locking.ts";
import { Probe } from "../probe.ts";
import { type Plan, progressStatements } from "../progress.ts";
import { type LockedTask, lockedById } from "../rows.ts";
import type { Sealing } from "../sealing.ts";
import { insertStatement, placeholders } from "../sql.ts";
import type { Commits, Database, Driver, Reads, ServerDescription, Texts } from "./driver.ts";
import { lent } from "./lend.ts";
import { asked, BEGIN, COMMIT, committed, onlyOneEach, rollBack } from "./mysql-connection.ts";
import { mysqlLocks } from "./mysql-locks.ts";
import { setUp } from "./session.ts";
import type { Insert, Statement } from "./statement.ts";
import { type MysqlConnection, StatementLimit } from "./statement-limit.ts";

/** How long a statement waits for a connection before the database counts as gone, in ms. */
const ACQUIRE_TIMEOUT = 3_000;

/** As long as the longest call between services waits for its answer: nobody is interested after that. In ms. */
const STATEMENT_LIMIT = 10_000;

/** Before the server closes it, see `SILENCE_LIMIT`. */
const IDLE_LIMIT_MS = 10_000;

/** As mysql2 takes it. A server that has no TLS is refused then. */
const sslOf = ({ mode, ...files }: ServerTls) => ({
  ...files,
  rejectUnauthorized: mode !== "REQUIRED",
  verifyIdentity: mode === "VERIFY_IDENTITY",
});

/** Opens a database by its URL, see {@link tlsOf} for its parameters; connects lazily. @param log Knex's */
export function openMysql(url: string, sealing: Sealing, log: Knex.Logger): Database {
  const parsed = new URL(url);
  const port = Number(parsed.port || 3306);
  const name = decodeURIComponent(parsed.pathname.slice(1));
  const tls = tlsOf(url);
  const limit = new StatementLimit(STATEMENT_LIMIT);
  const server = { packet: Number.POSITIVE_INFINITY };
  const knex = knexModule({
    client: "mysql2",
    log,
    connection: {
      // URLs write IPv6 addresses in brackets, sockets do not.
      host: parsed.hostname.replace(/^\[|\]$/g, ""),
      port,
      database: name,
      user: decodeURIComponent(parsed.username),
      password: decodeURIComponent(parsed.password),
      charset: "utf8mb4",
      ...(tls && { ssl: sslOf(tls) }),
      connectTimeout: ACQUIRE_TIMEOUT,
      enableKeepAlive: true,
      keepAliveInitialDelay: 5_000,
      // Rows matched, not rows changed: an update that changes nothing still found its row.
      flags: ["+FOUND_ROWS"],
      // For `mysql-connection.ts`, which sends a transaction as one text; others cannot (`onlyOneEach`).
      multipleStatements: true,
    },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT,
    pool: {
      min: 0,
      max: 12,
      idleTimeoutMillis: IDLE_LIMIT_MS,
      createTimeoutMillis: 2 * ACQUIRE_TIMEOUT,
      afterCreate(connection: MysqlConnection, done: (error: Error | null, c: unknown) => void) {
        limit.guard(connection);
        setUp(connection).then(
          ({ packet }) => {
            server.packet = packet;
            onlyOneEach(connection);
            done(null, connection);
          },
          (error: Error) => done(error, connection),
        );
      },
    },
  });
  const label = `${parsed.hostname}:${port}/${name}`;
  const probe = new Probe();
  const driver: Driver = {
    name: "mysql",
    setting: "BIDA_DATABASE_URL",
    // The server syncs its log for several commits at once.
    writers: 3,
    ...texts,
    ...commitsOf(knex),
    ...readsOf(knex),
    ...mysqlLocks(knex, name, limit),
    async ping(withinMs) {
      const [[known]] = await knex
        .raw("SELECT @@global.read_only AS readOnly, @@global.max_allowed_packet AS packet")
        .options({ timeout: withinMs });
      server.packet = Math.min(server.packet, known.packet);
      // Some accounts may write all the same.
      if (known.readOnly === 1) await probe.run(knex, withinMs);
    },
    describe: () => described(knex),
    async serverTime() {
      const [[{ now }]] = await knex.raw("SELECT ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS now");
      return Number(now);
    },
    async close(withinMs) {
      const closed = knex.destroy();
      await (Number.isFinite(withinMs) ? Promise.race([closed, pause(withinMs)]) : closed);
    },
  };
  return { knex, searches: knex, driver, sealing, label, limit, probe, server, onFileLost: () => undefined };
}

/** What Bida is tested with at least: MySQL 8 locks with NOWAIT, MariaDB since 10.3. */
const OLDEST = { MySQL: [8, 0], MariaDB: [10, 5] } as const;
/** Commits are synced, or a crash of the machine loses tasks whose ids were returned. */
const DURABLE = { innodb_flush_log_at_trx_commit: "1", sync_binlog: "1" };
/** A task has up to 1 MiB of payload, which escaping can make twice as long. */
const LEAST_PACKET = 4 * 1024 * 1024;

async function described(knex: Knex): Promise<ServerDescription> {
  const [[{ version, packet }]] = await knex.raw(
    "SELECT VERSION() AS version, @@global.max_allowed_packet AS packet",
  );
  const [[cipher]] = await knex.raw("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
  const [rows] = await knex.raw(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN (?, ?, 'log_bin')",
    Object.keys(DURABLE),
  );
  const known = new Map(
    (rows as { Variable_name: string; Value: string }[]).map((row) => [row.Variable_name, row.Value]),
  );
  const product = String(version).includes("MariaDB") ? "MariaDB" : "MySQL";
  const [major = 0, minor = 0] = String(version).split(".").map(Number);
  const [needMajor, needMinor] = OLDEST[product];
  const isOld = major < needMajor || (major === needMajor && minor < needMinor);
  const settings = Object.entries(DURABLE)
    // Without a binary log there is nothing to sync.
    .filter(([name]) => name !== "sync_binlog" || known.get("log_bin") === "ON")
    .map(([name, instead]) => ({ name, value: known.get(name) ?? "", instead }))
    .filter(({ value, instead }) => value !== instead);
  if (packet < LEAST_PACKET)
    settings.push({ name: "max_allowed_packet", value: String(packet), instead: `${LEAST_PACKET} or more` });
  return {
    version: `${product} ${String(version).split("-")[0]}`,
    tooOld: isOld ? `${product} ${OLDEST[product].join(".")}` : null,
    encrypted: cipher?.Value || null,
    settings,
  };
}

const texts: Texts = {
  rowsOf: (answer) => (answer as [Row[]])[0],
  forUpdate: (orderBy, wait) => `ORDER BY ${orderBy} FOR UPDATE${wait === "nowait" ? " NOWAIT" : ""}`,
  insertIgnore: "INSERT IGNORE",
  onConflict: (_, update) => `ON DUPLICATE KEY UPDATE ${update}`,
  inserted: (column) => `VALUES(${column})`,
  joinInOrder: "STRAIGHT_JOIN",
  // READ COMMITTED, as elsewhere, would show another state to every statement.
  snapshot: { isolationLevel: "repeatable read" },
  exactText: (expression) => `CAST(${expression} AS BINARY)`,
  lowerFor: () => "LOWER",
};

/** Fails with ER_DATA_OUT_OF_RANGE where the statement before it found another number of rows. */
const GUARD = "SELECT EXP(IF(ROW_COUNT() = ?, 0, 1000))";
const ER_DATA_OUT_OF_RANGE = 1690;

/** One round trip each, and two where rows have to be read before it is known what to write; one per statement would be six. */
function commitsOf(knex: Knex): Commits {
  return {
    commitInserts: (inserts) =>
      lent<MysqlConnection, void>(knex, (own) => committed(own, insertStatements(inserts))),
    commitPlan: (ids, plan) => lent<MysqlConnection, boolean>(knex, (own) => planned(own, ids, plan)),
    async commitGuarded(update, rows, inserts) {
      const guard = { text: GUARD, values: [rows] };
      const statements = [update, guard, ...insertStatements(inserts)];
      try {
        await lent<MysqlConnection, void>(knex, (own) => committed(own, statements));
        return true;
      } catch (error) {
        if ((error as { errno?: number }).errno === ER_DATA_OUT_OF_RANGE) return false;
        throw error;
      }
    },
  };
}

function readsOf(knex: Knex): Reads {
  return {
    async tasksById(ids) {
      const text = `SELECT * FROM tasks WHERE task_id IN ${placeholders(ids.length)}`;
      const statement = { text, values: ids.map(taskIdToBytes) };
      const [rows] = await lent<MysqlConnection, unknown[]>(knex, (own) => asked(own, [statement]));
      return rows as Row[];
    },
  };
}

async function planned(
  connection: MysqlConnection,
  ids: TaskId[],
  plan: (tasks: Map<TaskId, LockedTask>) => Plan | null,
): Promise<boolean> {
  try {
    const [, rows] = await asked(connection, [BEGIN, lockStatement(texts, ids, "wait")]);
    const made = plan(lockedById(rows as Row[]));
    if (made)
      await asked(connection, [...insertStatements(made.inserts), ...progressStatements(made), COMMIT]);
    else await rollBack(connection);
    return made !== null;
  } catch (error) {
    // The server stops at what failed, with the transaction open.
    await rollBack(connection);
    throw error;
  }
}

const insertStatements = (inserts: Insert[]): Statement[] =>
  inserts.filter(({ rows }) => rows.length > 0).map((one) => insertStatement(one));
