import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FairLine } from "../../core/fair-line.ts";

const test = suite("fair line");

const all = (line: FairLine<string>): string[] => {
  const one = line.shift();
  return one === null ? [] : [one, ...all(line)];
};

test("names take turns, whoever came how often", () => {
  const line = new FairLine<string>(10);
  for (const one of ["a1", "a2", "a3", "b1", "c1", "b2"]) assert.is(line.push(one[0] as string, one), null);
  assert.equal(all(line), ["a1", "b1", "c1", "a2", "b2", "a3"]);
  assert.is(line.shift(), null);
});

test("a full line: the last one of the name with the most has to go", () => {
  const line = new FairLine<string>(3);
  for (const one of ["a1", "a2", "a3"]) line.push("a", one);
  assert.is(line.push("a", "a4"), "a4");
  assert.is(line.push("b", "b1"), "a3");
  assert.is(line.push("c", "c1"), "a2");
  // All have one: who came last.
  assert.is(line.push("d", "d1"), "d1");
  assert.equal(all(line), ["a1", "b1", "c1"]);
});

test.run();
