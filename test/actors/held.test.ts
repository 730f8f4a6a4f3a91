import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Held } from "../../actors/held.ts";

const test = suite("held");

test("counts what it holds, and the retries among it", () => {
  const held = new Held<{ first: boolean; name: string }>();
  held.set("a", { first: true, name: "first call" });
  held.set("b", { first: false, name: "retry" });
  assert.equal([held.size, held.retries], [2, 1]);
  held.set("a", { first: false, name: "its retry" });
  assert.equal([held.size, held.retries], [2, 2], "one task is held once");
  assert.is(held.take("a")?.name, "its retry");
  assert.is(held.take("a"), undefined);
  assert.equal([held.size, held.retries, [...held.keys()]], [1, 1, ["b"]]);
});

test("in the order in which they came", () => {
  const held = new Held<{ first: boolean; n: number }>();
  for (const n of [1, 2, 3]) held.set(`t${n}`, { first: true, n });
  held.set("t1", { first: true, n: 4 });
  assert.equal(
    Array.from(held.values(), ({ n }) => n),
    [2, 3, 4],
  );
});

test.run();
