import { test } from "uvu";
import * as assert from "uvu/assert";
import { cut } from "../../client/cut.ts";

test("what fits stays together", () => {
  assert.equal(cut(["a", "b"], 100), [["a", "b"]]);
  assert.equal(cut([], 100), [[]]);
});

test("bytes count, not characters; order is kept", () => {
  // "上海" takes 6 bytes, 2 quotes and a comma.
  assert.equal(cut(["上海", "上海", "上海"], 18), [["上海", "上海"], ["上海"]]);
});

test("what is larger than a part travels alone", () => {
  const large = "x".repeat(50);
  assert.equal(cut(["a", large, "b"], 20), [["a"], [large], ["b"]]);
});

test.run();
