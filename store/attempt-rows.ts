/** Between rows of attempts and what the rest of the program speaks. */
import { epochMs, millis } from "../core/clock.ts";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { AttemptRecord } from "../core/outcome.ts";
import { printPhases, readPhases } from "../core/phases.ts";
import { Columns, count, errorOf, headersOf, json, type Row, text, time } from "./columns.ts";
import { openerOf } from "./opener.ts";
import type { Sealing } from "./sealing.ts";

export const ATTEMPT_COLUMNS = [
  "task_id",
  "n",
  "started_at",
  "duration_ms",
  "succeeded",
  "status_code",
  "error_code",
  "error_message",
  "response_headers",
  "response_body",
  "response_base64",
  "response_truncated",
  "node",
  "sealed",
  "phases",
] as const;

export function attemptToRow(taskId: TaskId, attempt: AttemptRecord, sealing: Sealing): unknown[] {
  const id = taskIdToBytes(taskId);
  const box = sealing.forNew("attempts", id, attempt.n);
  const kept = (column: string, value: string | null) => (box === null ? value : box.seal(column, value));
  return [
    id,
    attempt.n,
    attempt.startedAt,
    attempt.durationMs,
    attempt.outcome === "succeeded" ? 1 : 0,
    attempt.statusCode,
    attempt.error?.code ?? null,
    attempt.error?.message.slice(0, 500) ?? null,
    kept("response_headers", json(attempt.responseHeaders)),
    kept("response_body", attempt.responseBody),
    attempt.responseEncoding === "base64" ? 1 : 0,
    attempt.responseTruncated ? 1 : 0,
    attempt.node,
    box?.keyId ?? null,
    attempt.phases ? printPhases(attempt.phases) : null,
  ];
}

/** Never throws for what stands in a column: what cannot be read is null. */
export function attemptFromRow(row: Row, sealing: Sealing): AttemptRecord {
  const columns = new Columns(row);
  const answer = openerOf(columns, row, sealing, "attempts", row.task_id as Buffer, row.n as number);
  return {
    n: columns.read("n", count, 0),
    startedAt: columns.read("started_at", time, epochMs(0)),
    durationMs: millis(columns.read("duration_ms", count, 0)),
    outcome: row.succeeded ? "succeeded" : "failed",
    statusCode: columns.optional("status_code", count),
    error: errorOf(columns, "error_code", "error_message"),
    responseHeaders: answer.optional("response_headers", headersOf<Answered>(true)),
    responseBody: answer.optional("response_body", text),
    responseEncoding: row.response_base64 ? "base64" : "text",
    responseTruncated: Boolean(row.response_truncated),
    node: columns.read("node", text, ""),
    retryAfterMs: null,
    phases: columns.optional("phases", readPhases),
  };
}

type Answered = NonNullable<AttemptRecord["responseHeaders"]>;
