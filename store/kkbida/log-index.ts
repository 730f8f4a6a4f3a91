/** Which logs a task has, where kkbida's own table has no index for that: in a temporary file, so size is no matter. */
import SqliteDatabase, { type Database, type Statement } from "better-sqlite3";

export class LogIndex {
  readonly #file: Database;
  readonly #insert: Statement;
  readonly #select: Statement;

  constructor() {
    // An empty name: SQLite keeps it in memory as long as it is small, and removes its file by itself.
    this.#file = new SqliteDatabase("");
    this.#file.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    this.#file.exec("CREATE TABLE logs (task_id TEXT, id INTEGER, PRIMARY KEY (task_id, id)) WITHOUT ROWID");
    this.#insert = this.#file.prepare("INSERT INTO logs VALUES (?, ?)");
    this.#select = this.#file.prepare("SELECT id FROM logs WHERE task_id = ?").pluck();
  }

  add(rows: { id: number; taskId: string }[]): void {
    this.#file.transaction(() => {
      for (const { id, taskId } of rows) this.#insert.run(keyOf(taskId), id);
    })();
  }

  idsOf(taskIds: string[]): number[] {
    return taskIds.flatMap((taskId) => this.#select.all(keyOf(taskId)) as number[]);
  }

  close(): void {
    this.#file.close();
  }
}

/** MySQL's usual collations compare ids in this way. */
const keyOf = (taskId: string): string => taskId.toLowerCase();
