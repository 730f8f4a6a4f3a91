/**
 * Recording where one outcome of a batch may be what the database refuses. It is recorded without what may be the
 * reason; an outcome that is refused even then is nobody's fault but the row's, and the caller sets the task aside.
 */
import { type Clock, epochMs, millis } from "../core/clock.ts";
import { taskIdToBytes } from "../core/ids.ts";
import type { Outcome } from "../core/job.ts";
import type { AttemptRecord } from "../core/outcome.ts";
import { attemptToRow } from "./attempt-rows.ts";
import type { Database } from "./database.ts";
import { isDuplicate, reading } from "./failures.ts";
import { isolated } from "./isolate.ts";
import { cutTo, textBytes } from "./packet.ts";
import { type Recorded, recordOutcomes } from "./record.ts";

/** What could not be recorded as it came. */
export interface Refusal {
  outcome: Outcome;
  error: unknown;
  /** It is on record without its answer; otherwise not at all. */
  reduced: boolean;
}

/**
 * As {@link recordOutcomes}; what the database refuses is told to `onRefused` and fails no other.
 * @param onRecorded called after each commit, with the outcomes as they were given. It may take several commits; where one of them
 *   fails, what the others wrote stands, and recorded again it would be no news any more
 * @returns one result per outcome, in order; null for one that cannot be recorded in any form
 * @throws BidaError unavailable
 */
export async function recordEach(
  db: Database,
  outcomes: Outcome[],
  clock: Clock,
  random: () => number,
  onRefused: (refusal: Refusal) => void,
  wantsTasks = false,
  onRecorded: (recorded: Recorded[], given: Outcome[]) => void = () => undefined,
): Promise<(Recorded | null)[]> {
  /** Reduced ones, and what they were. */
  const given = new Map<Outcome, Outcome>();
  const record = async (some: Outcome[]) => {
    const recorded = await recordOutcomes(db, some, clock, random, wantsTasks);
    onRecorded(
      recorded,
      some.map((one) => given.get(one) ?? one),
    );
    return recorded;
  };
  const alone = async (outcome: Outcome, error: unknown): Promise<Recorded | null> => {
    const plain = { ...outcome, attempt: outcome.attempt && reduced(outcome.attempt, clock) };
    given.set(plain, outcome);
    if (isDuplicate(error)) await dropOrphan(db, outcome);
    const [recorded = null] = await isolated<Outcome, Recorded | null>([plain], record, () => null);
    onRefused({ outcome, error, reduced: recorded !== null });
    return recorded && { ...recorded, outcome: plain };
  };
  const { parts, oversize } = cutTo(outcomes, db.server.packet, atMost, (one) => exactly(db, one));
  const results = new Map<Outcome, Recorded | null>();
  for (const part of parts) {
    const recorded = await isolated<Outcome, Recorded | null>(part, record, alone);
    for (const [i, outcome] of part.entries()) results.set(outcome, recorded[i] ?? null);
  }
  const tooLong = new Error(`it is longer than max_allowed_packet, ${db.server.packet} bytes`);
  for (const outcome of oversize) results.set(outcome, await alone(outcome, tooLong));
  return outcomes.map((outcome) => results.get(outcome) ?? null);
}

/** Beside the answer: its headers are 16 KiB at most, and its row and what the task's own takes are short. */
const OTHERS = 4 * 16_384 + 4_000;
/** A character takes three bytes at most, and a third more where they are sealed, as base64. */
const atMost = ({ attempt }: Outcome): number => 4 * (attempt?.responseBody?.length ?? 0) + OTHERS;
/** The task's row is written too, by a CASE per column. */
const CHANGE = 2_000;
const exactly = (db: Database, { taskId, attempt }: Outcome): number =>
  CHANGE + (attempt ? textBytes(attemptToRow(taskId, attempt, db.sealing)) : 0);

/** An attempt as any database takes it. */
function reduced(attempt: AttemptRecord, clock: Clock): AttemptRecord {
  const { n, startedAt, durationMs, outcome, statusCode, error, node, retryAfterMs } = attempt;
  return {
    n,
    outcome,
    retryAfterMs,
    startedAt: Number.isSafeInteger(startedAt) ? epochMs(startedAt) : clock.now(),
    durationMs: millis(bounded(durationMs, 0, MAX_INT) ?? 0),
    statusCode: bounded(statusCode, 100, 999),
    error: error && { code: plain(error.code, 32) as typeof error.code, message: plain(error.message, 400) },
    responseHeaders: null,
    responseBody: null,
    responseEncoding: "text",
    responseTruncated: true,
    node: plain(node, 128),
  };
}

/** Of a column of 32 bits. */
const MAX_INT = 2 ** 31 - 1;

const bounded = (value: number | null, low: number, high: number): number | null =>
  value !== null && Number.isFinite(value) ? Math.min(Math.max(Math.round(value), low), high) : null;

/** Without what is not printable ASCII. */
const plain = (text: unknown, length: number): string =>
  String(text)
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, length);

/** A record of an attempt that the task's own row knows nothing of, after a restore of one table: the new one replaces it. */
async function dropOrphan(db: Database, { taskId, n }: Outcome): Promise<void> {
  const key = taskIdToBytes(taskId);
  const known = db.knex("tasks").select("call_count").where("task_id", key).where("call_count", ">=", n);
  await reading(db.knex("attempts").where({ task_id: key, n }).whereNotExists(known).delete());
}
