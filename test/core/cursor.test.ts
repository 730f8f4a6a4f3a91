/** Cursors are taken exactly as they were given. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cursorOf, cursorParts } from "../../core/cursor.ts";
import type { BidaError } from "../../core/errors.ts";

const test = suite("cursor");
const ID = "0199aeb6-6c00-7c3f-9d4e-5b8f0c2a1d37";

function refused(cursor: string, count: number): boolean {
  try {
    cursorParts(cursor, count);
    return false;
  } catch (error) {
    const { code, errors } = error as BidaError;
    return code === "invalid_query" && errors[0]?.field === "cursor";
  }
}

test("what was put in comes out", () => {
  assert.equal(cursorParts(cursorOf("due", 1_700_000_000_000, ID), 3), ["due", "1700000000000", ID]);
  assert.equal(cursorParts(cursorOf("https://shop.example:8443"), 1), ["https://shop.example:8443"]);
});

test("cut, lengthened, changed in its form, or another list's: it is none", () => {
  const cursor = cursorOf("created", 1_700_000_000_000, ID);
  assert.not.ok(refused(cursor, 3));
  const others = [cursor.slice(1), `${cursor}.`, `${cursor} `, cursor + cursor, "", "%", "a%00b"];
  for (const other of others) assert.ok(refused(other, 3), other);
  assert.ok(refused(cursor, 2));
  assert.ok(refused(cursorOf("a", ""), 2));
});

test.run();
