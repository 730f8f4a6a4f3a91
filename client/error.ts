/** What both transports throw. */
import type { FieldError, RefusalCode } from "../core/errors.ts";

/**
 * Bida's refusals, and what only a client can meet: `network` (no connection, or it broke), `timeout` (no answer in
 * time), `wait_timeout` (the task did not get there in time), `bad_response` (what answered was not Bida).
 */
export type CallbackErrorCode = RefusalCode | "network" | "timeout" | "wait_timeout" | "bad_response";

/**
 * A refusal, or a failure to reach Bida.
 * @example
 * try {
 *   await bida.call(task);
 * } catch (error) {
 *   if (error instanceof CallbackError && error.code === "invalid_task") console.error(error.errors);
 * }
 */
export class CallbackError extends Error {
  /** A server newer than this package may send codes it does not know. */
  readonly code: CallbackErrorCode | (string & Record<never, never>);
  /** HTTP status of Bida's answer; null where none came. */
  readonly status: number | null;
  /** Each wrong field and the rule it breaks; empty where no field is to blame. */
  readonly errors: FieldError[];
  /** Seconds after which a new try makes sense; null where Bida did not say. */
  readonly retryAfter: number | null;
  /** `X-Request-ID` of a refusal over HTTP, by which Bida's log names the request; null where none came. */
  readonly requestId: string | null;

  constructor(
    code: CallbackError["code"],
    message: string,
    more: {
      status?: number | null | undefined;
      errors?: FieldError[] | undefined;
      retryAfter?: number | null | undefined;
      requestId?: string | null | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(withFields(message, more.errors ?? []), more.cause === undefined ? {} : { cause: more.cause });
    this.name = "CallbackError";
    this.code = code;
    this.status = more.status ?? null;
    this.errors = more.errors ?? [];
    this.retryAfter = more.retryAfter ?? null;
    this.requestId = more.requestId ?? null;
  }
}

/** The field errors as such from what an answer carried: it may come from anything on the way. */
export function fieldErrorsOf(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: Partial<FieldError> | null) => {
    const { field, message } = item ?? {};
    return typeof field === "string" && typeof message === "string" ? [{ field, message }] : [];
  });
}

/** Names the fields in the message too: it is often all that reaches a log. */
function withFields(message: string, errors: FieldError[]): string {
  const unsaid = errors.filter((error) => !message.includes(error.message));
  if (unsaid.length === 0) return message;
  return `${message}: ${unsaid.map((error) => `${error.field} ${error.message}`).join("; ")}`;
}
