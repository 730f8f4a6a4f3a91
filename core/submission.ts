/** Tasks on their way in: what the REST API hands on, and what becomes of it. */
import type { FieldError } from "./errors.ts";

/** A task, or a part of one, as the JSON text that its caller wrote. */
export interface JsonEnvelope {
  json: string;
}

/** One item's answer in a batch. */
export type BatchResult = { taskId: string } | { errors: FieldError[] };

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
