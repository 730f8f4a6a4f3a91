/** Reads kkbida's database. Every statement is a SELECT, and pages by key, never by OFFSET. */
import type { Millis } from "../../core/clock.ts";
import { closeDatabase, type Database, openDatabase } from "../database.ts";
import { placeholders } from "../sql.ts";
import { LogIndex } from "./log-index.ts";
import {
  COLUMNS,
  type LogEntry,
  type SourceLog,
  type SourceTable,
  type SourceTask,
  type SourceWebhook,
} from "./rows.ts";

/** The source cannot be imported from; `message` is one line that says why. */
export class SourceError extends Error {
  override name = "SourceError";
}

/** Of an answer's or a parameter's text no more characters than this are read: what is longer is cut or refused. */
const MAX_TEXT = 1024 * 1024 + 1;
const MAX_RESPONSE_TEXT = 65_536;
/** Rows per statement where only keys are read. */
const KEYS = 20_000;

export interface Totals {
  tasks: number;
  logs: number;
  webhooks: number;
}

/** How a table is kept. */
export interface TableState {
  name: string;
  engine: string;
}

/** A call that kkbida made, with what is known of its task. */
export interface Call {
  url: string;
  requestMethod: string;
  /** From handing the task over to the record of this call; null where a date is missing. */
  seconds: number | null;
  /** The only one of its task. */
  isOnly: boolean;
  /** The beginning of its answer, where it failed. */
  text: string | null;
}

function opened(url: string): Database {
  try {
    return openDatabase({ databaseUrl: url, dataDir: "" });
  } catch (error) {
    throw new SourceError(`its URL ${(error as Error).message}`);
  }
}

export class Source {
  readonly db: Database;
  #index: LogIndex | null = null;

  private constructor(db: Database) {
    this.db = db;
  }

  /**
   * Connects, and checks that all tables and columns are there.
   * @param url `mysql://user:pass@host:3306/callcenterdb`
   * @throws SourceError
   */
  static async open(url: string): Promise<Source> {
    const source = new Source(opened(url));
    // Counting tens of millions of logs takes longer than any statement of Bida's own may.
    source.db.limit.limitMs = Number.POSITIVE_INFINITY;
    try {
      await source.#check();
      return source;
    } catch (error) {
      await source.close();
      if (error instanceof SourceError) throw error;
      throw new SourceError(`${source.db.label} cannot be read: ${reasonOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.#index?.close();
    await closeDatabase(this.db);
  }

  async #check(): Promise<void> {
    const rows = await this.#query(
      `SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM information_schema.COLUMNS
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ${placeholders(3)}`,
      Object.keys(COLUMNS),
    );
    const found = (table: string) =>
      new Set(rows.filter(({ t }) => t === table).map(({ c }) => String(c).toLowerCase()));
    const problems = (Object.keys(COLUMNS) as SourceTable[]).flatMap((table) => {
      const there = found(table);
      if (there.size === 0) return [`has no table ${table}`];
      const missing = COLUMNS[table].filter((column) => !there.has(column.toLowerCase()));
      return missing.length > 0 ? [`its table ${table} has no column ${missing.join(", ")}`] : [];
    });
    if (problems.length > 0)
      throw new SourceError(
        `${this.db.label} is not a whole kkbida database: ${problems.join("; ")} (or ${userOf(this.db)} may not read it)`,
      );
  }

  async totals(): Promise<Totals> {
    const count = async (table: SourceTable) =>
      Number((await this.#query(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.n);
    return {
      tasks: await count("callback_task"),
      logs: await count("call_back_log"),
      webhooks: await count("web_hook"),
    };
  }

  /** The newest log's id; 0 without logs. It grows as long as kkbida runs. */
  async lastLogId(): Promise<number> {
    return Number((await this.#query("SELECT MAX(id) AS id FROM call_back_log"))[0]?.id ?? 0);
  }

  /** The next task ids behind `after`, in the order of the primary key; empty at the end. */
  async taskIds(after: string | null, limit: number): Promise<string[]> {
    const where = after === null ? "" : "WHERE taskId > ?";
    const sql = `SELECT taskId FROM callback_task ${where} ORDER BY taskId LIMIT ${limit}`;
    return (await this.#query(sql, after === null ? [] : [after])).map(({ taskId }) => String(taskId));
  }

  async tasks(ids: string[]): Promise<SourceTask[]> {
    if (ids.length === 0) return [];
    const columns = COLUMNS.callback_task.map((column) => {
      if (column === "requestParamTxt") return `LEFT(${column}, ${MAX_TEXT}) AS ${column}`;
      return /date$|timestamp$/i.test(column) ? asText(column) : column;
    });
    const sql = `SELECT ${columns} FROM callback_task WHERE taskId IN ${placeholders(ids.length)} ORDER BY taskId`;
    return (await this.#query(sql, ids)) as SourceTask[];
  }

  /** How many logs these tasks have. */
  async countLogs(ids: string[]): Promise<number> {
    if (ids.length === 0) return 0;
    if (await this.#needsIndex()) return this.#index?.idsOf(ids).length ?? 0;
    const sql = `SELECT COUNT(*) AS n FROM call_back_log WHERE taskId IN ${placeholders(ids.length)}`;
    return Number((await this.#query(sql, ids))[0]?.n);
  }

  /** The logs of these tasks without their texts, oldest first. */
  async logEntries(ids: string[]): Promise<LogEntry[]> {
    if (ids.length === 0) return [];
    const columns = "id, taskId, COALESCE(LENGTH(responseTxt), 0) AS bytes";
    const select = `SELECT ${columns} FROM call_back_log WHERE`;
    if (!(await this.#needsIndex())) {
      const sql = `${select} taskId IN ${placeholders(ids.length)}`;
      return ((await this.#query(sql, ids)) as unknown as LogEntry[]).sort((a, b) => a.id - b.id);
    }
    const logs = this.#index?.idsOf(ids) ?? [];
    const pages = await this.#paged(logs, (page) => `${select} id IN ${page}`);
    return (pages as unknown as LogEntry[]).sort((a, b) => a.id - b.id);
  }

  /** The logs with these ids, oldest first. */
  async logs(ids: number[]): Promise<SourceLog[]> {
    const columns = `id, taskId, isSuccess, LEFT(responseTxt, ${MAX_RESPONSE_TEXT}) AS responseTxt,
      ${asText("createDate")}, ${asText("lastModifiedDate")}`;
    const rows = await this.#paged(ids, (page) => `SELECT ${columns} FROM call_back_log WHERE id IN ${page}`);
    return (rows as SourceLog[]).sort((a, b) => a.id - b.id);
  }

  async tableStates(): Promise<TableState[]> {
    const rows = await this.#query(
      `SELECT TABLE_NAME AS name, ENGINE AS engine FROM information_schema.TABLES
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ${placeholders(3)} ORDER BY TABLE_NAME`,
      Object.keys(COLUMNS),
    );
    return rows.map(({ name, engine }) => ({ name: String(name), engine: String(engine) }));
  }

  /**
   * How far the newest task lies ahead of the server's clock, in ms.
   * @param zone of kkbida's wall clock
   */
  async newestAhead(zone: Millis): Promise<number | null> {
    const sql =
      "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), MAX(createDate)) AS ahead FROM callback_task WHERE createDate > '1970-01-02'";
    const ahead = (await this.#query(sql))[0]?.ahead ?? null;
    return ahead === null ? null : Number(ahead) * 1_000 - zone;
  }

  /** The newest calls, newest first. */
  async newestCalls(limit: number): Promise<Call[]> {
    const rows = await this.#query(
      `SELECT t.url, t.requestMethod, t.callCount = 1 AS isOnly,
         TIMESTAMPDIFF(SECOND, t.createDate, l.createDate) AS seconds,
         IF(l.isSuccess, NULL, LEFT(l.responseTxt, 500)) AS text
       FROM (SELECT taskId, createDate, isSuccess, responseTxt FROM call_back_log ORDER BY id DESC LIMIT ${limit}) l
       JOIN callback_task t ON t.taskId = l.taskId`,
    );
    return rows.map((row) => ({
      url: String(row.url ?? ""),
      requestMethod: String(row.requestMethod ?? ""),
      seconds: row.seconds === null ? null : Number(row.seconds),
      isOnly: Number(row.isOnly) === 1,
      text: row.text === null ? null : String(row.text),
    }));
  }

  async webhooks(): Promise<SourceWebhook[]> {
    const columns = COLUMNS.web_hook.map((column) =>
      column === "content" ? `LEFT(${column}, ${MAX_TEXT}) AS ${column}` : column,
    );
    return (await this.#query(`SELECT ${columns} FROM web_hook ORDER BY id`)) as SourceWebhook[];
  }

  /**
   * kkbida's own schema has an index of the logs by task. Where it is missing, every page of tasks would read the whole
   * table; then one pass over it builds an index in a temporary file here.
   */
  async #needsIndex(): Promise<boolean> {
    this.#hasOwnIndex ??= this.#query(
      `SELECT COUNT(*) AS n FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()
       AND TABLE_NAME = 'call_back_log' AND SEQ_IN_INDEX = 1 AND LOWER(COLUMN_NAME) = 'taskid'`,
    ).then((rows) => Number(rows[0]?.n) > 0);
    if (await this.#hasOwnIndex) return false;
    if (this.#index === null) {
      const index = new LogIndex();
      this.#index = index;
      for (let after = -1; ; ) {
        const sql = `SELECT id, taskId FROM call_back_log WHERE id > ? ORDER BY id LIMIT ${KEYS}`;
        const rows = (await this.#query(sql, [after])) as { id: number; taskId: string }[];
        if (rows.length === 0) break;
        index.add(rows);
        after = rows.at(-1)?.id as number;
      }
    }
    return true;
  }
  #hasOwnIndex: Promise<boolean> | undefined;

  async #paged(ids: number[], sql: (page: string) => string): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = [];
    for (let i = 0; i < ids.length; i += KEYS) {
      const page = ids.slice(i, i + KEYS);
      rows.push(...(await this.#query(sql(placeholders(page.length)), page)));
    }
    return rows;
  }

  async #query(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const [rows] = await this.db.knex.raw(sql, values as never[]);
    return rows;
  }
}

/** As it is on the wall clock, zero dates included, whatever the column's type. */
const asText = (column: string): string => `CAST(${column} AS CHAR) AS ${column}`;

const userOf = (db: Database): string =>
  String((db.knex.client.config.connection as { user?: string }).user || "the user");

/** The server's own words, without Knex's copy of the statement. */
function reasonOf(error: unknown): string {
  const { message, sqlMessage, code } = error as { message?: string; sqlMessage?: string; code?: string };
  return sqlMessage ?? (message || code || "it does not answer").split("\n")[0] ?? "";
}
