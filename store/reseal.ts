/**
 * After a change of `BIDA_SECRET_KEY` or `BIDA_ENCRYPT_PAYLOADS`: what is stored gets the form that new rows have. Payloads and
 * answers never change once they are stored, so rows can be written while nodes work; any number of runs may
 * end anywhere, and be begun again.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Knex } from "knex";
import type { Database } from "./database.ts";
import { reading, withRetries } from "./failures.ts";
import type { Row } from "./rows.ts";
import type { SecretBox } from "./secret-box.ts";

const PAGE = 200;
/** Of the time that work takes, so much is rested: nodes go first. */
const REST = 1;

const PAYLOADS = {
  tasks: { key: ["task_id"], columns: ["request_param", "body", "body_base64", "headers"] },
  attempts: { key: ["task_id", "n"], columns: ["response_headers", "response_body"] },
} as const;
type Table = keyof typeof PAYLOADS;

/** How many of each were written anew, and how many could not be opened and stay as they are. */
export interface Resealed {
  tasks: number;
  attempts: number;
  secrets: number;
  unopened: number;
}

/**
 * @param signal ends it between two rows
 * @param done counts as it goes on
 * @throws BidaError unavailable; the signal's reason
 */
export async function resealAll(
  db: Database,
  box: SecretBox,
  signal?: AbortSignal,
  done: Resealed = { tasks: 0, attempts: 0, secrets: 0, unopened: 0 },
): Promise<Resealed> {
  for (const table of ["apps", "webhooks"] as const) await resealSecrets(db, box, table, done, signal);
  for (const table of ["tasks", "attempts"] as const) await resealTable(db, table, done, signal);
  return done;
}

async function resealTable(
  db: Database,
  table: Table,
  done: Resealed,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { currentId } = db.sealing;
  const key: readonly string[] = PAYLOADS[table].key;
  for (let after: Row | null = null; ; ) {
    const began = performance.now();
    const query = db
      .knex(table)
      .select(...key, "sealed")
      .orderBy([...key])
      .limit(PAGE);
    if (after) behind(query, key, after);
    const rows: Row[] = await reading<Row[]>(query);
    for (const row of rows.filter(({ sealed }) => (sealed ?? null) !== currentId)) {
      signal?.throwIfAborted();
      const isDone = await withRetries(() => resealRow(db, table, row));
      if (isDone) done[table] += 1;
      else done.unopened += 1;
    }
    after = rows.at(-1) ?? null;
    if (rows.length < PAGE) return;
    await pause((performance.now() - began) * REST);
    signal?.throwIfAborted();
  }
}

/** Rows behind `after`, in the order of the key. */
function behind(query: Knex.QueryBuilder, key: readonly string[], after: Row): void {
  const [first = "", second] = key;
  if (second === undefined) query.where(first, ">", after[first] as Buffer);
  else
    query.whereRaw(`${first} >= ? AND (${first} > ? OR ${second} > ?)`, [
      ...[after[first], after[first], after[second]],
    ] as Knex.RawBinding[]);
}

/** @returns false where it cannot be opened */
async function resealRow(db: Database, table: Table, found: Row): Promise<boolean> {
  const { key, columns } = PAYLOADS[table];
  const where = Object.fromEntries(key.map((column) => [column, found[column]]));
  const row = await reading<Row | undefined>(
    db
      .knex(table)
      .where(where)
      .first(...columns, "sealed"),
  );
  // Pruned meanwhile.
  if (!row) return true;
  const parts = key.map((column) => found[column] as Buffer | number);
  const isSealed = (row.sealed ?? null) !== null;
  const from = isSealed ? db.sealing.forStored(row.sealed as number, table, ...parts) : null;
  if (isSealed && from === null) return false;
  const to = db.sealing.forNew(table, ...parts);
  const change: Row = { sealed: to?.keyId ?? null };
  // They were taken out of what is sealed now.
  if (table === "tasks" && to !== null) Object.assign(change, { called_url: null, business_key: null });
  try {
    for (const column of columns) {
      const value = (row[column] ?? null) as string | null;
      const text = value === null || from === null ? value : from.open(column, value);
      change[column] = to === null ? text : to.seal(column, text);
    }
  } catch {
    return false;
  }
  await reading(
    db
      .knex(table)
      .where({ ...where, sealed: row.sealed ?? null })
      .update(change),
  );
  return true;
}

async function resealSecrets(
  db: Database,
  box: SecretBox,
  table: "apps" | "webhooks",
  done: Resealed,
  signal: AbortSignal | undefined,
): Promise<void> {
  const rows = await reading<Row[]>(
    db.knex(table).whereNotNull("sealed_secrets").select("id", "sealed_secrets"),
  );
  for (const { id, sealed_secrets } of rows) {
    signal?.throwIfAborted();
    const name = `${table}:${id}`;
    let text: string;
    try {
      text = box.open(sealed_secrets as string, name);
    } catch {
      done.unopened += 1;
      continue;
    }
    if (box.isCurrent(sealed_secrets as string)) continue;
    // Unless somebody has changed them meanwhile: then they are in the new form already.
    await reading(
      db
        .knex(table)
        .where({ id, sealed_secrets } as Row)
        .update({ sealed_secrets: box.seal(text, name) }),
    );
    done.secrets += 1;
  }
}
