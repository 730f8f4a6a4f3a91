/** Idempotency keys: one rule for both transports, so a key works through either. */
import { CallbackError } from "./error.ts";

/**
 * The key, or undefined where there is none.
 * @throws CallbackError invalid_task for one that an HTTP header cannot carry unchanged
 */
export function checkedKey(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(key)) return key;
  const message = "must be printable ASCII without blanks at its ends";
  throw new CallbackError("invalid_task", "The idempotency key is invalid", {
    errors: [{ field: "idempotencyKey", message }],
  });
}
