/**
 * What tells this database from others (`id`), and from an older copy of itself (`epoch`, which only ever grows, and which the
 * due set remembers too: where the database knows a lower one it was restored from a backup). It keeps the time beside it:
 * a clock that shows less than what was seen already was set back, one that shows much more may be wrong.
 */
import { type EpochMs, epochMs, hours } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import type { DueEntry } from "../core/job.ts";
import type { Database } from "./database.ts";
import { reading, withRetries } from "./failures.ts";
import { type Row, stateCode } from "./rows.ts";
import { insertMany } from "./sql.ts";
import { entryOf } from "./waiting.ts";

export interface Installation {
  /** A UUID. */
  id: string;
  epoch: number;
  /** The cluster's clock when the epoch grew last. */
  seenAt: EpochMs;
}

/** @throws BidaError `unavailable` also where the row is missing: a backup is being restored */
export async function readInstallation(db: Database): Promise<Installation> {
  const row = await reading(db.knex("installation").first("id", "epoch", "seen_at"));
  if (!row) throw new BidaError("unavailable", "The database is not complete");
  return { id: row.id, epoch: Number(row.epoch), seenAt: epochMs(Number(row.seen_at)) };
}

/** @returns whether it grew; somebody else may have been faster */
export async function growEpoch(db: Database, from: number, now: EpochMs): Promise<boolean> {
  const grown = db
    .knex("installation")
    .where("epoch", from)
    .update({ epoch: from + 1, seen_at: now });
  return (await reading(grown)) > 0;
}

/** How far retention's clock may advance per sweep. Sweeps are ten minutes apart: a day of catching up per hour. */
const CATCH_UP = hours(4);

export interface PruningTime {
  /** What is old is told by this. */
  now: EpochMs;
  /** How far that is behind the clock, in ms. */
  behind: number;
}

/**
 * The clock that retention goes by. A clock that is wrong must not delete everything as too old; nothing tells it from a
 * machine that was switched off for long. So this one is never ahead of the cluster's, the machine's and the database server's,
 * and where those jump ahead it follows by {@link CATCH_UP} per sweep: there is time to notice, and little is lost.
 * @param now the cluster's clock
 */
export async function advancePruning(db: Database, now: EpochMs): Promise<PruningTime> {
  const row = await reading(db.knex("installation").first("pruned_at"));
  const clock = Math.min(now, await reading(db.driver.serverTime()));
  const known = Number(row?.pruned_at ?? clock);
  const next = Math.min(clock, known + CATCH_UP);
  if (next !== known) await reading(db.knex("installation").update({ pruned_at: next }));
  return { now: epochMs(next), behind: clock - next };
}

/** Retention's clock as the last sweep set it, for what else is deleted by age. Never ahead of `now`. */
export async function pruningTime(db: Database, now: EpochMs): Promise<EpochMs> {
  const row = await reading(db.knex("installation").first("pruned_at"));
  return epochMs(Math.min(now, Number(row?.pruned_at ?? 0)));
}

/** A node that was not heard of for so long is gone, in ms. */
const SILENT = 15_000;
/** Between two times that a node says so, in ms: each is a commit, with a disk's sync. */
const SAID_EVERY = 4_000;
/** Rows of nodes are kept this long, in ms. */
const KEPT = 86_400_000;

/**
 * Tells which due set this node uses.
 * @returns a node that uses another one, and has done so for longer than this node uses its own; null where there is none
 */
export async function announceDueSet(
  db: Database,
  nodeID: string,
  dueSet: string,
): Promise<{ nodeID: string } | null> {
  return withRetries(async () => {
    const now = await db.driver.serverTime();
    const nodes: Row[] = await db.knex("installation_nodes").select();
    const own = nodes.find(({ node_id }) => node_id === nodeID);
    const since = own?.due_set === dueSet ? Number(own.since) : now;
    const columns = ["node_id", "due_set", "since", "seen_at"];
    // Also after the server's clock was set back.
    const wasSaid = own?.due_set === dueSet && Math.abs(now - Number(own.seen_at)) < SAID_EVERY;
    if (!wasSaid)
      await insertMany(db.knex, "installation_nodes", columns, [[nodeID, dueSet, since, now]], "REPLACE");
    if (nodes.some(({ seen_at }) => Number(seen_at) < now - KEPT))
      await db
        .knex("installation_nodes")
        .where("seen_at", "<", now - KEPT)
        .delete();
    const isFirst = (other: Row) =>
      Number(other.since) < since || (Number(other.since) === since && String(other.node_id) < nodeID);
    const other = nodes.find(
      (node) =>
        node.node_id !== nodeID &&
        node.due_set !== dueSet &&
        Number(node.seen_at) > now - SILENT &&
        isFirst(node),
    );
    return other ? { nodeID: String(other.node_id) } : null;
  });
}

/** To be called when this node stops: others need not wait until it counts as gone. */
export async function forgetDueSet(db: Database, nodeID: string): Promise<void> {
  await reading(db.knex("installation_nodes").where("node_id", nodeID).delete());
}

const PULLED = [
  ...["task_id", "lane", "app_id", "call_count", "next_call_at"],
  ...["created_at", "updated_at", "handed_until"],
];

/** One that was handed over then has been called by now, and says so under the time that it was handed over with. */
const wasDueAtOnce = ({ next_call_at, created_at, handed_until }: Row): boolean =>
  handed_until === null && Number(next_call_at) <= Number(created_at);

/** Rows that are looked at together. */
const PAGE = 500;

/**
 * The clock was set back: calls that were put off by it while it was ahead would wait for that much longer. Rows that were
 * changed in what is the future now get back the pause that they were given: retries, and first calls that were due at once, unless
 * their row was their lease. (Others may have been asked for by the time of day, and stay.)
 * @returns what was changed, a page at a time
 */
export async function* pullBackCalls(db: Database, now: EpochMs): AsyncGenerator<DueEntry[]> {
  let after = { due: now as number, id: Buffer.alloc(0) };
  for (;;) {
    const rows: Row[] = await reading(
      db
        .knex("tasks")
        .select(PULLED)
        .where("state", stateCode("pending"))
        .where((rest) =>
          rest
            .where("next_call_at", ">", after.due)
            .orWhere((same) => same.where("next_call_at", after.due).where("task_id", ">", after.id)),
        )
        .orderBy([{ column: "next_call_at" }, { column: "task_id" }])
        .limit(PAGE),
    );
    const changed: DueEntry[] = [];
    for (const row of rows) {
      const ahead = Number(row.updated_at) - now;
      if (ahead <= 0 || (row.call_count === 0 && !wasDueAtOnce(row))) continue;
      const next = Number(row.next_call_at) - ahead;
      const update = db
        .knex("tasks")
        .where({ task_id: row.task_id, state: stateCode("pending"), next_call_at: row.next_call_at })
        .update({ next_call_at: next, updated_at: now });
      if ((await withRetries(async () => update)) > 0) changed.push(entryOf({ ...row, next_call_at: next }));
    }
    yield changed;
    const last = rows.at(-1);
    if (rows.length < PAGE || !last) return;
    after = { due: Number(last.next_call_at), id: Buffer.from(last.task_id as Uint8Array) };
  }
}
