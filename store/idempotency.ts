/**
 * Idempotency keys. The first insert of a key wins; a concurrent one waits for its commit and then finds it. Rows of
 * scheme 0 were written before 0.2, with hashes that were made differently; they go with retention.
 */
import type { Knex } from "knex";
import type { EpochMs } from "../core/clock.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import type { Row } from "./rows.ts";
import { insertMany } from "./sql.ts";

/** A key and what it stands for; SHA-256 each. */
export interface Idempotency {
  keyHash: Buffer;
  bodyHash: Buffer;
  /** The same as a row of scheme 0 has it. */
  former: {
    keyHash: Buffer;
    /** @param createdAt of the row; null where the request could not have been accepted then */
    bodyHash(createdAt: EpochMs): Buffer | null;
  };
}

/** `repeated`: the key stands for the same request; `conflict`: for another one. */
export type Known = { kind: "repeated"; taskId: TaskId } | { kind: "conflict" };

/** A task that wants a key. */
export interface Claim {
  task: { taskId: TaskId; appId: number; createdAt: EpochMs };
  idempotency: Idempotency;
}

const SCHEME = 1;

/**
 * What a key stands for; null where it is free, or where a row of scheme 0 cannot be compared with the request.
 * @throws BidaError unavailable
 */
export async function findKnown(
  db: Database,
  appId: number,
  idempotency: Idempotency,
): Promise<Known | null> {
  const { keyHash, former } = idempotency;
  const rows = await reading<Row[]>(
    db.knex("idempotency_keys").where("app_id", appId).whereIn("key_hash", [keyHash, former.keyHash]),
  );
  const row = rows.find((one) => fits(one, idempotency));
  if (!row) return null;
  const isComparable = row.scheme === SCHEME || former.bodyHash(row.created_at as EpochMs) !== null;
  return isComparable ? knownBy(row, idempotency) : null;
}

/** In the transaction that stores the tasks. @returns one per claim, in order; null: the key is this task's now */
export async function claimKeys(db: Database, trx: Knex, claims: Claim[]): Promise<(Known | null)[]> {
  if (claims.length === 0) return [];
  const formerly = await rowsOfFormerKeys(trx, claims);
  const columns = ["app_id", "key_hash", "task_id", "body_hash", "created_at", "scheme"];
  const rows = claims
    .filter((claim) => !formerly.has(claim))
    .map(({ task, idempotency: { keyHash, bodyHash } }) => [
      task.appId,
      keyHash,
      taskIdToBytes(task.taskId),
      bodyHash,
      task.createdAt,
      SCHEME,
    ])
    // One order for everyone: two batches with the same keys wait for each other instead of deadlocking.
    .sort((a, b) => Buffer.compare(a[1] as Buffer, b[1] as Buffer));
  await insertMany(trx, "idempotency_keys", columns, rows, db.driver.insertIgnore);
  const found = await rowsOfKeys(
    trx,
    rows.map((row) => [row[0] as number, row[1] as Buffer]),
  );
  return claims.map((claim) => {
    const { task, idempotency } = claim;
    const row = formerly.get(claim) ?? (found.get(nameOf(task.appId, idempotency.keyHash)) as Row);
    return taskIdFromBytes(row.task_id as Buffer) === task.taskId ? null : knownBy(row, idempotency);
  });
}

/** Rows of scheme 0 whose key was hashed differently: those of items of batches. */
async function rowsOfFormerKeys(trx: Knex, claims: Claim[]): Promise<Map<Claim, Row>> {
  const moved = claims.filter(({ idempotency: { keyHash, former } }) => !former.keyHash.equals(keyHash));
  const keys = moved.map(({ task, idempotency }): [number, Buffer] => [
    task.appId,
    idempotency.former.keyHash,
  ]);
  const found = await rowsOfKeys(trx, keys);
  return new Map(
    moved.flatMap((claim): [Claim, Row][] => {
      const row = found.get(nameOf(claim.task.appId, claim.idempotency.former.keyHash));
      return row && fits(row, claim.idempotency) ? [[claim, row]] : [];
    }),
  );
}

async function rowsOfKeys(trx: Knex, keys: [appId: number, keyHash: Buffer][]): Promise<Map<string, Row>> {
  if (keys.length === 0) return new Map();
  const rows: Row[] = await trx("idempotency_keys").whereIn(["app_id", "key_hash"], keys);
  return new Map(rows.map((row) => [nameOf(row.app_id as number, row.key_hash as Buffer), row]));
}

const nameOf = (appId: number, keyHash: Buffer): string => `${appId}:${keyHash.toString("hex")}`;

/** Whether a row can be one of this request's: its key was hashed in the way of its scheme. */
function fits(row: Row, { keyHash, former }: Idempotency): boolean {
  const wanted = row.scheme === SCHEME ? keyHash : former.keyHash;
  return wanted.equals(row.key_hash as Buffer);
}

function knownBy(row: Row, { bodyHash, former }: Idempotency): Known {
  const wanted = row.scheme === SCHEME ? bodyHash : former.bodyHash(row.created_at as EpochMs);
  return wanted?.equals(row.body_hash as Buffer)
    ? { kind: "repeated", taskId: taskIdFromBytes(row.task_id as Buffer) }
    : { kind: "conflict" };
}
