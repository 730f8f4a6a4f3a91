/**
 * Idempotency keys: what makes two submissions the same one. The hash of a submission covers what its caller sent: each
 * field in its normal form, in order of name. Not the defaults that are filled in, which differ from version to version;
 * nor whether it is still valid, for a repetition that comes after `expiresAt` is a repetition all the same.
 */
import { hash } from "node:crypto";
import { BidaError } from "../../core/errors.ts";
import { printExpectation } from "../../core/expect.ts";
import type { JsonText } from "../../core/json/text.ts";
import { checkTask, type TaskForm } from "../../core/parse-task.ts";
import type { TaskSpec } from "../../core/task.ts";
import { expectSchema } from "../../core/task-schema.ts";
import type { Idempotency } from "../../store/idempotency.ts";

/**
 * A caller's key, and what it is for: one task, one item of a batch by the item's own key, or the item at `index` of the
 * batch that has the key. Keys of different kinds are never the same.
 */
export type IdempotencyKey =
  | { kind: "task"; key: string }
  | { kind: "item"; key: string }
  | {
      kind: "batch";
      key: string;
      index: number;
      /** Its name in versions before 0.2, where it was another: they knew no parts of batches. */
      former?: string;
    };

/** @param form without `idempotencyKey` */
export function idempotencyOf(form: TaskForm, key: IdempotencyKey): Idempotency {
  const fields = Array.from(form).filter(([, json]) => json !== "null");
  const canonical = fields.map(([name, json]) => `${JSON.stringify(name)}:${json}`).sort();
  return {
    keyHash: hashOf(nameOf(key)),
    bodyHash: hashOf(canonical.join()),
    former: {
      keyHash: hashOf(key.kind === "batch" ? (key.former ?? `${key.key}#${key.index}`) : nameOf(key)),
      bodyHash: (createdAt) => {
        try {
          return hashOf(formerText(checkTask(form, createdAt).spec));
        } catch {
          return null;
        }
      },
    },
  };
}

/** How a caller's key may be stored: as that of a task, of an item, or of the first of a batch. */
export const hashesOfKey = (key: string): Buffer[] =>
  [
    nameOf({ kind: "task", key }),
    nameOf({ kind: "item", key }),
    nameOf({ kind: "batch", key, index: 0 }),
    `${key}#0`,
  ].map(hashOf);

const hashOf = (text: string): Buffer => hash("sha256", text, "buffer");

/** A key is printable ASCII: with a line break in it a name is nobody's key. */
function nameOf(key: IdempotencyKey): string {
  switch (key.kind) {
    case "task":
      return key.key;
    case "item":
      return `item\n${key.key}`;
    case "batch":
      return `batch\n${key.index}\n${key.key}`;
  }
}

/** What versions before 0.2 hashed. They kept a `requestParam` as JavaScript values, to which it is brought here. */
function formerText(spec: TaskSpec): string {
  const { bodyBase64, requestParam, expect, profile: _, ...rest } = spec;
  const { url, requestMethod, ...others } = rest;
  const { body, contentType, headers, expectResult, ...more } = others;
  return JSON.stringify({
    url,
    requestMethod,
    requestParam: requestParam && JSON.parse(requestParam),
    body,
    contentType,
    headers,
    expectResult,
    expect: expect && expectSchema.parse(JSON.parse(printExpectation(expect))),
    ...more,
  });
}

const RULE = "must be 1 to 255 printable ASCII characters";

/** @throws BidaError invalid_task where the key cannot be one */
export function checkIdempotencyKey(key: string | null | undefined): string | null {
  if (key === undefined || key === null) return null;
  if (/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) return key;
  throw new BidaError("invalid_task", undefined, { errors: [{ field: "idempotencyKey", message: RULE }] });
}

/**
 * Takes the item's own key out of a batch's item.
 * @throws BidaError invalid_task
 */
export function ownKeyOf(item: Map<string, JsonText>): string | null {
  const json = item.get("idempotencyKey") ?? "null";
  item.delete("idempotencyKey");
  const key: unknown = JSON.parse(json);
  if (key === null) return null;
  return checkIdempotencyKey(typeof key === "string" ? key : "");
}
