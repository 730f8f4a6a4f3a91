import { suite } from "uvu";
import * as assert from "uvu/assert";
import { slopeOf } from "./harness/slope.ts";

const test = suite("slope");

test("a straight line has its slope and no error", () => {
  const { slope, error } = slopeOf([0, 1, 2, 5].map((x) => [x, 3 + 2 * x] as const));
  assert.ok(Math.abs(slope - 2) < 1e-9 && error < 1e-9);
});

test("noise around a level: no slope beyond twice its error", () => {
  const { slope, error } = slopeOf([5, 7, 4, 6, 5, 7, 4, 6].map((y, x) => [x, y] as const));
  assert.ok(Math.abs(slope) < 2 * error, `${slope} ± ${error}`);
});

test.run();
