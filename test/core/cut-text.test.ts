import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutToBytes } from "../../core/cut-text.ts";

const test = suite("cut text");

for (const [text, max, cut, marked] of [
  ["abc", 3, "abc", "abc"],
  ["abcd", 3, "abc", "…"],
  ["abcde", 4, "abcd", "a…"],
  ["上海", 6, "上海", "上海"],
  ["上海", 5, "上", "…"],
  ["a😀b", 4, "a", "a…"],
  ["a😀b", 5, "a😀", "a…"],
  ["😀😀", 7, "😀", "😀…"],
  ["é", 1, "", "…"],
  ["", 0, "", ""],
  ["abc", 0, "", "…"],
] as const) {
  test(`"${text}" in ${max} bytes`, () => {
    assert.is(cutToBytes(text, max), cut);
    assert.is(cutToBytes(text, max, "…"), marked);
  });
}

test("any length: as long as it can be, whole characters, and the beginning", () => {
  const text = "aé上😀".repeat(40);
  for (let max = 3; max < 420; max++) {
    for (const mark of ["", "…"]) {
      const cut = cutToBytes(text, max, mark);
      const kept = cut === text ? cut : cut.slice(0, cut.length - mark.length);
      assert.ok(Buffer.byteLength(cut) <= max);
      assert.ok(text.startsWith(kept));
      assert.ok(kept.isWellFormed());
      const [next = ""] = text.slice(kept.length);
      assert.ok(
        kept === text ||
          Buffer.byteLength(cut) + Buffer.byteLength(next) > max ||
          next.charCodeAt(0) > 0xd7ff,
      );
    }
  }
});

test.run();
