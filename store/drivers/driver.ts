/**
 * What differs between the databases, and nothing else does. A driver is made when the database is opened; no other
 * module asks which one it is (`test/structure.test.ts`). The conformance suite runs over both.
 */
import type { Knex } from "knex";
import type { TaskId } from "../../core/ids.ts";
import type { Row } from "../columns.ts";
import type { Probe } from "../probe.ts";
import type { Plan } from "../progress.ts";
import type { LockedTask } from "../rows.ts";
import type { Sealing } from "../sealing.ts";
import type { Insert, Statement } from "./statement.ts";
import type { StatementLimit } from "./statement-limit.ts";

export interface Database {
  knex: Knex;
  /** For SELECTs that may take long, outside of transactions: see {@link forSearch}. */
  searches: Knex;
  driver: Driver;
  /** `file:…` or `host:port/name`, without credentials; for logs. */
  label: string;
  /** How long a statement may take before its connection counts as dead; none while the schema is migrated. */
  limit: StatementLimit;
  /** How payloads and answers are kept. */
  sealing: Sealing;
  /** Finds out whether something can be written. */
  probe: Probe;
  /** What is known of the server. */
  server: {
    /** The longest statement that it takes, in bytes; infinite where there is no limit. */
    packet: number;
  };
  /** Has `listener` called once, when SQLite's file is removed or replaced while it is open. */
  onFileLost(listener: (why: string) => void): void;
}

/**
 * For reads that may take long: they hold up nobody who writes. A transaction keeps its own connection, whose writes they
 * are to see.
 */
export const forSearch = (db: Database): Database =>
  db.knex.isTransaction ? db : { ...db, knex: db.searches };

export interface Driver extends Texts, Commits, Reads, Locks {
  /** For people, tests and benchmarks; the program does not ask. */
  readonly name: "sqlite" | "mysql";
  /** The setting that says where the database is. */
  readonly setting: "BIDA_DATA_DIR" | "BIDA_DATABASE_URL";
  /** How many transactions are worth having under way at once. */
  readonly writers: number;
  /** Rejects where the database does not answer, or not within `withinMs`, or where a server has become read-only. */
  ping(withinMs: number): Promise<void>;
  /** What it is, for `bida doctor`. */
  describe(): Promise<ServerDescription>;
  /** The clock of the machine that the database is on, in ms since 1970. */
  serverTime(): Promise<number>;
  /** Ends all connections. A server that does not answer is waited for no longer than `withinMs`. */
  close(withinMs: number): Promise<void>;
}

/** A database server, or the library that stands in for one. */
export interface ServerDescription {
  /** Such as `MariaDB 10.11.6`. */
  version: string;
  /** Older than what Bida is tested with: what it should be at least. */
  tooOld: string | null;
  /** How the connection is encrypted; null: it is not. Undefined: there is no connection. */
  encrypted?: string | null;
  /** Settings of the server that speak against it, and what to set instead. */
  settings: { name: string; value: string; instead: string }[];
}

/** How a statement is written, and its answer read. */
export interface Texts {
  /** The rows in the answer of Knex's `raw`. */
  rowsOf(answer: unknown): Row[];
  /**
   * The end of a SELECT that locks what it finds, in one order for everyone. SQLite's transactions have the whole file.
   * @param wait `nowait`: it fails at once where another transaction holds one of the rows
   */
  forUpdate(orderBy: string, wait: "wait" | "nowait"): string;
  /** `INSERT`, silently leaving out rows whose key exists. */
  readonly insertIgnore: string;
  /** The end of an INSERT that changes rows whose key exists. */
  onConflict(key: string, update: string): string;
  /** In {@link onConflict}: the value that was to be inserted. */
  inserted(column: string): string;
  /** A JOIN that reads its tables in the order in which they stand. */
  readonly joinInOrder: string;
  /** A transaction all of whose statements see one state. */
  readonly snapshot: Knex.TransactionConfig | undefined;
  /**
   * What to compare, or group, a text by where only equal texts are to fall together. MySQL's `=` takes no notice of
   * blanks at the end (PAD SPACE), nor, where somebody has changed a table's collation, of case and accents.
   */
  exactText(expression: string): string;
  /** The name of the function that makes text lower case, when it is compared with `part`. */
  lowerFor(part: string): string;
}

/**
 * Transactions with as few steps as the database allows: the hot paths. Knex makes each statement a promise chain and, on
 * MySQL, a round trip of its own; here MySQL gets a transaction as one text, and SQLite runs statements that stay
 * prepared. docs/performance.md has the figures. All of them reject with the database's own error; then nothing is
 * stored, or the connection died during the commit and nobody knows.
 */
export interface Commits {
  /** Resolves once all rows are committed. */
  commitInserts(inserts: Insert[]): Promise<void>;
  /**
   * Locks and reads tasks, then writes what `plan` makes of them and commits.
   * @param plan runs once; null: nothing is changed
   * @returns whether there was a plan
   */
  commitPlan(ids: TaskId[], plan: (tasks: Map<TaskId, LockedTask>) => Plan | null): Promise<boolean>;
  /**
   * Commits `update` and `inserts`, or nothing where `update` finds another number of rows than `rows`; returns which.
   * Null where a step costs no round trip: there, to read the rows first is as cheap ({@link commitPlan}).
   */
  readonly commitGuarded: ((update: Statement, rows: number, inserts: Insert[]) => Promise<boolean>) | null;
}

/** What is read by the thousand, outside of transactions; as {@link Commits}, and for the same reason. */
export interface Reads {
  /** Rows of tasks, in no order; those that are gone are missing. */
  tasksById(ids: TaskId[]): Promise<Row[]>;
}

/** Gives a lock back. */
export type Release = () => Promise<void>;

/** Locks between processes, which a killed one never leaves behind. (SQLite's file is one process's.) */
export interface Locks {
  /**
   * Holds the whole database.
   * @param onLost called once when the lock is gone while we run (MySQL restarted, and another process was faster)
   * @returns null where another process has it
   */
  holdDatabase(onLost: () => void): Promise<Release | null>;
  /** {@link holdDatabase} for one kind of work, beside processes that do others. */
  holdTurn(what: string, onLost: () => void): Promise<Release | null>;
  /**
   * Runs `work` unless another process runs the same just now. Should the connection that holds the lock break, two may
   * run at the same time.
   * @returns null where another process is at it
   */
  inTurn<T>(what: string, work: () => Promise<T>): Promise<T | null>;
  /** Runs `work` once other processes have done theirs. @throws BidaError unavailable where that takes too long */
  whileMigrating<T>(work: () => Promise<T>): Promise<T>;
}
