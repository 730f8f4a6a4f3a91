import { test } from "uvu";
import * as assert from "uvu/assert";
import type { BidaError } from "../../core/errors.ts";
import { batchKeys, type KeyMeta } from "../../services/tasks/batch-keys.ts";
import { idempotencyOf } from "../../services/tasks/idempotency.ts";

const nameOf = (meta: KeyMeta, at: number) => {
  const key = batchKeys(meta)?.(at);
  return key && idempotencyOf(new Map(), key);
};

test("an item is named by the batch's key and its index in the batch, in whichever message it comes", () => {
  const whole = nameOf({ idempotencyKey: "b" }, 7);
  const part = nameOf({ idempotencyKey: "b#3", idempotencyPart: { key: "b", from: 5 } }, 2);
  assert.equal(part?.keyHash, whole?.keyHash);
  assert.is(batchKeys({}), null);
});

test("what a version before 0.2 accepted as a part is met again", () => {
  // There it was the item 2 of the batch "b#3".
  const then = nameOf({ idempotencyKey: "b#3" }, 2);
  const now = nameOf({ idempotencyKey: "b#3", idempotencyPart: { key: "b", from: 5 } }, 2);
  assert.equal(now?.former.keyHash, then?.former.keyHash);
});

test("what is no part is refused", () => {
  const parts = [5, {}, { key: "b" }, { key: "", from: 0 }, { key: "b", from: -1 }, { key: "b", from: 0.5 }];
  for (const idempotencyPart of [...parts, { key: "b", from: "1" }, { key: "ü", from: 0 }]) {
    try {
      batchKeys({ idempotencyPart } as KeyMeta);
      assert.unreachable();
    } catch (error) {
      assert.is((error as BidaError).code, "invalid_task", JSON.stringify(idempotencyPart));
    }
  }
});

test.run();
