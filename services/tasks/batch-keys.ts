/** What the idempotency key of a batch makes of its items: the item at an index of the batch, however the batch travels. */
import { BidaError } from "../../core/errors.ts";
import { checkIdempotencyKey, type IdempotencyKey } from "./idempotency.ts";

/** Parts of more batches than anybody sends. */
const MAX_INDEX = 1_000_000_000;

/** A message that carries a part of a batch, for a batch may be larger than a message. */
export interface BatchPart {
  /** The batch's. */
  key: string;
  /** The index, in the batch, of the first item of the part. */
  from: number;
}

/** The part of a call's `meta` that is about keys. */
export interface KeyMeta {
  /** Of the batch; of a part, what servers go by that know no parts. */
  idempotencyKey?: string;
  idempotencyPart?: BatchPart;
}

/**
 * The keys of items by their place in this message; null where the batch has none.
 * @throws BidaError invalid_task
 */
export function batchKeys(meta: KeyMeta): ((index: number) => IdempotencyKey) | null {
  const ofMessage = checkIdempotencyKey(meta.idempotencyKey);
  const part = checkedPart(meta.idempotencyPart);
  if (part) {
    const { key, from } = part;
    return (at) => ({
      ...{ kind: "batch", key, index: from + at },
      ...(ofMessage !== null && { former: `${ofMessage}#${at}` }),
    });
  }
  return ofMessage === null ? null : (index) => ({ kind: "batch", key: ofMessage, index });
}

function checkedPart(part: unknown): BatchPart | null {
  if (part === undefined || part === null) return null;
  const { key, from } = part as Partial<Record<keyof BatchPart, unknown>>;
  const checked = checkIdempotencyKey(typeof key === "string" ? key : "");
  if (checked !== null && Number.isInteger(from) && (from as number) >= 0 && (from as number) <= MAX_INDEX)
    return { key: checked, from: from as number };
  const message = `must have the batch's key, and from: a whole number from 0 to ${MAX_INDEX}`;
  throw new BidaError("invalid_task", undefined, { errors: [{ field: "idempotencyPart", message }] });
}
