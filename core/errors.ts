/**
 * The catalogue of refusals: every error a caller can meet, with its HTTP status. `docs/errors.md` mirrors it
 * (a test compares the two). What goes wrong with a *call to a target* is in `outcome.ts`.
 */

/** code → HTTP status and title. Titles are constant; what is particular stands in `detail` and `errors`. */
export const REFUSALS = {
  invalid_json: [400, "The body is not valid JSON"],
  invalid_encoding: [400, "The body's bytes are not text in its charset"],
  invalid_task: [400, "The task has invalid fields"],
  invalid_body: [400, "The body has invalid fields"],
  invalid_query: [400, "The query has invalid parameters"],
  unauthorized: [401, "Credentials are missing or wrong"],
  forbidden: [403, "Not allowed"],
  not_found: [404, "There is no such thing here"],
  method_not_allowed: [405, "This takes other methods"],
  state_conflict: [409, "The task's state forbids it"],
  conflict: [409, "It conflicts with existing data"],
  limit_reached: [409, "There may be no more of it"],
  body_too_large: [413, "The body is too large"],
  unsupported_media_type: [415, "The body must be JSON"],
  misdirected: [421, "This host name is not served here"],
  idempotency_conflict: [422, "The idempotency key was used for another body"],
  too_many_requests: [429, "Too many requests; slow down"],
  share_used_up: [429, "This caller's share is used up; come back later"],
  headers_too_large: [431, "The request's headers are too large"],
  invalid_http: [400, "The request is not valid HTTP"],
  internal: [500, "Something went wrong here"],
  unavailable: [503, "Not available just now; try again"],
  unanswered: [503, "Whether it was accepted is not known; try again with the same idempotency key"],
  own_callback: [508, "This is a callback of Bida's own"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type RefusalCode = keyof typeof REFUSALS;

/** One wrong field: a path such as `retry.delayMs`, and the rule it breaks. */
export interface FieldError {
  field: string;
  message: string;
}

/** A refusal. Thrown anywhere below the API; the API turns it into RFC 9457, an RPC error or legacy text. */
export class BidaError extends Error {
  readonly code: RefusalCode;
  readonly errors: FieldError[];
  /** Seconds after which a new try makes sense, for `Retry-After`. */
  readonly retryAfter: number | undefined;

  constructor(
    code: RefusalCode,
    detail?: string,
    more: { errors?: FieldError[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(detail ?? REFUSALS[code][1], { cause: more.cause });
    this.name = "BidaError";
    this.code = code;
    this.errors = bounded(more.errors ?? []);
    this.retryAfter = more.retryAfter ?? (REFUSALS[code][0] === 503 ? 2 : undefined);
  }

  get status(): number {
    return REFUSALS[this.code][0];
  }

  get title(): string {
    return REFUSALS[this.code][1];
  }
}

/** An answer names so many wrong fields, each by so many characters: a caller's mistake may have any size. */
export const MAX_ERRORS = 50;
const MAX_FIELD = 256;

function bounded(errors: FieldError[]): FieldError[] {
  const shown = errors
    .slice(0, MAX_ERRORS)
    .map(({ field, message }) => ({ field: field.slice(0, MAX_FIELD), message }));
  if (errors.length > MAX_ERRORS)
    shown.push({ field: "body", message: `has ${errors.length - MAX_ERRORS} more wrong fields` });
  return shown;
}

/** Whether `code` is in the catalogue: foreign errors are not shown to callers. */
export function isRefusalCode(code: unknown): code is RefusalCode {
  return typeof code === "string" && Object.hasOwn(REFUSALS, code);
}

/** Null where `work` finds nothing: it is refused with `not_found`. */
export async function foundOrNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BidaError && error.code === "not_found") return null;
    throw error;
  }
}
