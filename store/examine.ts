/** Looking at a database as a whole, for `bida doctor`. Reads only. */
import type { TaskId } from "../core/ids.ts";
import { taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Database } from "./database.ts";
import type { ServerDescription } from "./drivers/driver.ts";
import { reading } from "./failures.ts";
import { migrationState } from "./migrate.ts";
import { type Row, stateCode } from "./rows.ts";
import type { SecretBox } from "./secret-box.ts";

export interface DatabaseExamination extends ServerDescription {
  /** Migrations that have not run, and that this version does not know. */
  migrations: { pending: string[]; unknown: string[] };
  /** By how much the server's clock is ahead of this machine's, in ms. */
  aheadMs: number;
}

/** @throws BidaError unavailable */
export async function examineDatabase(db: Database): Promise<DatabaseExamination> {
  const described = await reading(db.driver.describe());
  const sentAt = Date.now();
  const theirs = await reading(db.driver.serverTime());
  // The answer is from some moment between the two.
  const aheadMs = Math.round(theirs - (sentAt + Date.now()) / 2);
  return { ...described, migrations: await migrationState(db), aheadMs };
}

/** How many sealed secrets there are, and how many of them `box` does not open. */
export async function examineSecrets(
  db: Database,
  box: SecretBox,
): Promise<{ sealed: number; unopened: number }> {
  const tables = ["apps", "webhooks"];
  const opened = await Promise.all(
    tables.map(async (table) => {
      const rows: Row[] = await reading<Row[]>(
        db.knex(table).whereNotNull("sealed_secrets").select("id", "sealed_secrets"),
      );
      return rows.map(({ id, sealed_secrets }) => opens(box, String(sealed_secrets), `${table}:${id}`));
    }),
  );
  const all = opened.flat();
  return { sealed: all.length, unopened: all.filter((isOpen) => !isOpen).length };
}

/** @param row what it is bound to, see {@link SecretBox.seal} */
function opens(box: SecretBox, text: string, row: string): boolean {
  try {
    box.open(text, row);
    return true;
  } catch {
    return false;
  }
}

/** Statements name so many tasks at once. */
const PAGE = 500;

/** Those of `ids` that are not open: they have ended, or were deleted. */
export async function notOpenAmong(db: Database, ids: TaskId[]): Promise<TaskId[]> {
  const open = new Set<TaskId>();
  for (let from = 0; from < ids.length; from += PAGE) {
    const page = ids.slice(from, from + PAGE).map(taskIdToBytes);
    const rows: Row[] = await reading(
      db.knex("tasks").select("task_id").whereIn("task_id", page).where("state", stateCode("pending")),
    );
    for (const row of rows) open.add(taskIdFromBytes(row.task_id as Uint8Array));
  }
  return ids.filter((id) => !open.has(id));
}
