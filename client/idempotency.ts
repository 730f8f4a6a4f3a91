/** Idempotency keys: one rule for both transports, so a key works through either. */
import { createHash } from "node:crypto";
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

/** What Bida takes. */
const MAX_LENGTH = 255;

/** The part of `meta` that tells Bida of idempotency. */
export interface KeyMeta {
  idempotencyKey?: string;
  idempotencyPart?: { key: string; from: number };
}

/**
 * What goes with a message that carries a part of a batch. Bida knows an item by the batch's key and its index in the batch,
 * as it does over HTTP, where a batch is never cut. Servers that know no parts go by `idempotencyKey`, another for each part.
 * @param n of the part, from 1 @param from index of its first item
 */
export function partMeta(key: string, n: number, from: number): KeyMeta {
  const plain = `${key}#${n}`;
  const short = plain.length <= MAX_LENGTH ? plain : `${createHash("sha256").update(key).digest("hex")}#${n}`;
  return { idempotencyKey: short, idempotencyPart: { key, from } };
}
