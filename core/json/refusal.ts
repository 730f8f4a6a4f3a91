/** What a caller is told of JSON that breaks a rule. */
import { BidaError, type FieldError, type RefusalCode } from "../errors.ts";
import { JsonError } from "./error.ts";

/**
 * Runs `read` on a caller's JSON.
 * @param code for JSON that is well-formed, but breaks a rule of ours
 * @throws BidaError invalid_json, which says where; `code`, which names the member
 */
export function readingJson<T>(code: RefusalCode, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof JsonError ? refusalOf(error, code) : error;
  }
}

function refusalOf(error: JsonError, code: RefusalCode): BidaError {
  const { fault, message, place, offset } = error;
  const field = (fault !== "depth" && fault !== "values" && error.field) || "body";
  if (fault !== "syntax") return new BidaError(code, undefined, { errors: [{ field, message }] });
  const errors: FieldError[] = [{ field, message: `${message} (${place}, offset ${offset})` }];
  return new BidaError("invalid_json", `The body is not valid JSON: it ${message}, ${place}`, { errors });
}
