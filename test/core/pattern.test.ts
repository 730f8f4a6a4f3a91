import type { JSONValue } from "json-p3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileJsonPath, compileRegex, OverBudget, StepBudget } from "../../core/pattern.ts";

const test = suite("pattern");

const REFUSED_REGEXES = [
  "(",
  "[a",
  "a**",
  "(?=a)",
  "(?!a)",
  "(?<=a)",
  "(a)\\1",
  "\\8",
  "a{2000}",
  "\\p{Nope}",
];
for (const source of REFUSED_REGEXES) {
  test(`the regular expression ${source} is refused with a message`, () =>
    assert.throws(
      () => compileRegex(source),
      (error: unknown) => error instanceof Error && error.message.length > 5,
    ));
}

const REFUSED_PATHS: [path: string, why: RegExp | undefined][] = [
  ["", undefined],
  ["code", undefined],
  ["$.", undefined],
  ["$[", undefined],
  ["$.a b", undefined],
  ["$..a..b", /`\.\.` once/],
  ["$..a[?@..b]", /`\.\.` once/],
  ["$.a[?@.b][?@.c]", /one filter/],
  ["$.a[?@.b[?@.c]]", /one filter/],
  ["$.a[?@.b == $.c]", /`\$` inside/],
  ["$.a[?@..b]", /inside or after/],
  ["$.a[?@.b]..c", /inside or after/],
  ["$[?match(@.a, 'x')]", /match/],
  ["$[?search(@.a, '(a+)+$')]", /search/],
  ["$[?@.id == 9007199254740993]", /more than 15 digits/],
];
for (const [path, why] of REFUSED_PATHS) {
  test(`the JSONPath ${JSON.stringify(path)} is refused`, () =>
    assert.throws(() => compileJsonPath(path), why ?? ((error: unknown) => error instanceof Error)));
}

const DOC = { a: [{ b: 1, "x..y": 2, "?": 3, $: 4 }, { b: 5 }], c: { b: 6 } };
const PATHS: [path: string, values: unknown[]][] = [
  ["$.a[0].b", [1]],
  ["$.a[-1].b", [5]],
  ["$..b", [1, 5, 6]],
  ["$.a[?@.b > 1].b", [5]],
  ["$..a[?@.b == 5].b", [5]],
  ["$.a[0]['x..y']", [2]],
  ['$.a[0]["x..y"]', [2]],
  ["$.a[0]['?']", [3]],
  ["$.a[0]['$']", [4]],
  ["$.a[?length(@.b) == 0]", []],
  ["$.a[?count(@.*) == 1].b", [5]],
  ["$.nothing", []],
];
for (const [path, values] of PATHS) {
  test(`the JSONPath ${path} selects ${JSON.stringify(values)}`, () =>
    assert.equal(
      compileJsonPath(path)
        .select(DOC)
        .map(({ value }) => value)
        .sort((x, y) => Number(x) - Number(y)),
      values as JSONValue[],
    ));
}

test("refused sources are refused again, good ones stay good, however many there are", () => {
  for (let i = 0; i < 1200; i++) compileRegex(`a{${i % 600}}b${i}`);
  assert.ok(compileRegex("a{1}b1").test("ab1"));
  assert.throws(() => compileRegex("("));
  assert.throws(() => compileRegex("("));
});

test("a path cannot multiply its results bracket by bracket", () => {
  assert.throws(() => compileJsonPath("$[*,*][*,*]"), /one bracket/);
  assert.throws(() => compileJsonPath(`$[${Array(11).fill("*").join()}]`), /at most 10/);
  const found = compileJsonPath("$[0,1]").select([1, 2, 3]);
  assert.equal(
    found.map(({ value, location }) => [value, location]),
    [
      [1, [0]],
      [2, [1]],
    ],
  );
});

test("a path over an answer of 64 KiB is quick, whatever its nesting", () => {
  const deep: JSONValue = JSON.parse(`${"[".repeat(5000)}1${"]".repeat(5000)}`);
  const wide: JSONValue = Array.from({ length: 8000 }, (_, i) => ({ b: i }));
  for (const path of ["$..b", "$..[?@.b == 7999]", "$..[?@ == 1]", "$..*"]) {
    for (const document of [deep, wide]) {
      const started = performance.now();
      try {
        compileJsonPath(path).select(document);
      } catch {
        // Too deep for the library: the delivery records that the answer cannot be judged.
      }
      const took = performance.now() - started;
      assert.ok(took < 3000, `${path} took ${Math.round(took)} ms`);
    }
  }
});

test("all paths of an answer share a budget of steps, and what is over it ends early", () => {
  const nested: JSONValue = JSON.parse(
    `[${Array(1600).fill("[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]").join()}]`,
  );
  const paths = Array.from({ length: 20 }, (_, i) => `$..[?@.a${i} == 1]`);
  const budget = new StepBudget();
  let done = 0;
  assert.throws(
    () => {
      for (const path of paths) {
        compileJsonPath(path).select(nested, budget);
        done += 1;
      }
    },
    (error: unknown) => error instanceof OverBudget,
  );
  assert.ok(done >= 1 && done < 15, `${done} of 20`);
  // What people write over answers as they are is far below it.
  const orders = JSON.parse(
    JSON.stringify(Array.from({ length: 400 }, (_, id) => ({ id, lines: [{ sku: "a" }] }))),
  );
  const usual = new StepBudget();
  for (const path of paths) compileJsonPath(path).select(orders, usual);
  for (const path of ["$[*].id", "$[7].lines[0].sku"]) compileJsonPath(path).select(orders, usual);
});

for (const [what, document] of [
  ["a long list", Array.from({ length: 30_000 }, (_, i) => i)],
  ["an object with many members", Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`m${i}`, i]))],
] as const) {
  test(`a filter counts each member of ${what}`, () => {
    const budget = new StepBudget();
    compileJsonPath("$[?@ == 3]").select(document as JSONValue, budget);
    assert.ok(budget.left <= 470_000);
  });
}

test.run();
