/** Tasks on their way in: what the REST API hands on, and what becomes of it. */
import { type FieldError, MAX_ERRORS } from "./errors.ts";

/** A task, or a part of one, as the JSON text that its caller wrote. */
export interface JsonEnvelope {
  json: string;
}

/** One item's answer in a batch. */
export type BatchResult = { taskId: string } | { errors: FieldError[] };

/**
 * Results of a batch with {@link MAX_ERRORS} wrong fields in all; once these are named, each further task names its first one
 * only. Thousands of wrong fields must not make an answer of many megabytes.
 */
export function withinErrors(results: BatchResult[]): BatchResult[] {
  let left = MAX_ERRORS;
  return results.map((result) => {
    if (!("errors" in result)) return result;
    const errors = result.errors.slice(0, Math.max(1, left));
    left -= errors.length;
    return { errors };
  });
}

/** One caller's task as the REST API hands it on. */
export interface Submission {
  /** Whose rules check it: v1's, or kkbida's. */
  form: "v1" | "legacy";
  /** As the caller wrote it. */
  task: string;
  /** Chosen by the API, who may send the same submission again; there is one task per id. */
  taskId: string;
  /** The app that calls; 0 for users. */
  appId: number;
  sourceIp: string | null;
  idempotencyKey: string | null;
  /** `X-Request-ID`, for the log. */
  requestId: string | null;
}

export type SubmissionResult = { taskId: string } | { refusal: WireRefusal };

/** A refusal as it travels. */
export interface WireRefusal {
  /** A code of `core/errors.ts`. */
  type: string;
  message: string;
  data: { errors?: FieldError[]; retryAfter?: number };
}
