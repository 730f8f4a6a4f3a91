// Values as JSON text, and numbers by their value.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decimal } from "../../core/json/decimal.ts";
import { printJson } from "../../core/json/print.ts";
import { jsonFault as fault, rawJson } from "./helpers.ts";

const test = suite("printing JSON");

const PRINTED: [value: unknown, text: string][] = [
  [undefined, "null"],
  [{ a: undefined, b: [undefined, null] }, '{"b":[null,null]}'],
  // biome-ignore lint/suspicious/noSparseArray: the hole is what is printed
  [[1, , 2], "[1,null,2]"],
  [7088992364139642881n, "7088992364139642881"],
  [{ n: -0, l: [1e21, 1e-7, 0.1] }, '{"n":-0,"l":[1e+21,1e-7,0.1]}'],
  [{ v: rawJson("1.50"), w: rawJson("1e400") }, '{"v":1.50,"w":1e400}'],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ["\ud800x\u{1F600}\u2028\u0000", '"\\ud800x\u{1F600}\u2028\\u0000"'],
  [JSON.parse('{"__proto__":1,"constructor":2}'), '{"__proto__":1,"constructor":2}'],
  [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  [[Object(1), Object("x"), Object(true), Object(5n)], '[1,"x",true,5]'],
  [{ toJSON: (key: string) => ({ key }) }, '{"key":""}'],
  [{ a: { toJSON: (key: string) => key } }, '{"a":"a"}'],
];

test("values: as JSON.stringify prints them, and bigints and raw JSON to the last digit", () => {
  for (const [value, text] of PRINTED) assert.is(printJson(value), text);
  const itself = { a: 1, toJSON: () => itself };
  assert.is(printJson(itself), '{"a":1}');
});

const UNPRINTABLE: [value: unknown, field: string, message: RegExp][] = [
  [Number.NaN, "", /^is NaN/],
  [{ a: [{ b: Number.NEGATIVE_INFINITY }] }, "a.0.b", /^is -Infinity/],
  [{ a: new Map() }, "a", /^is a Map/],
  [{ a: new Set() }, "a", /^is a Set/],
  [{ a: /x/ }, "a", /^is a RegExp/],
  [{ a: Promise.resolve() }, "a", /^is a Promise/],
  [{ a: new Uint8Array(1) }, "a", /^is a Uint8Array/],
  [{ a: new ArrayBuffer(1) }, "a", /^is a ArrayBuffer/],
  [{ a: new Date(Number.NaN) }, "a", /^is an invalid date/],
  [{ a: Symbol("x") }, "a", /^is a symbol/],
  [{ a() {} }, "a", /^is a function/],
];

test("values that JSON does not have are refused, naming the member", () => {
  for (const [value, field, message] of UNPRINTABLE) {
    const error = fault(() => printJson(value));
    assert.equal([error.fault, error.field], ["value", field]);
    assert.match(error.message, message);
  }
  const loop: unknown[] = [];
  loop.push(loop);
  assert.match(fault(() => printJson(loop)).message, /deeper than 64 levels, or in itself/);
});

const DECIMALS: [source: string, value: string][] = [
  ["0", "0"],
  ["-0", "0"],
  ["-0.00e5", "0"],
  ["1", "1e0"],
  ["-120.0", "-12e1"],
  ["1.50", "15e-1"],
  ["15e-1", "15e-1"],
  ["0.000150E4", "15e-1"],
  ["1e400", "1e400"],
  ["10e399", "1e400"],
  ["9007199254740993", "9007199254740993e0"],
  ["0.1e99999999999999999999", "1e99999999999999999998"],
];

test("numbers by their value", () => {
  for (const [source, value] of DECIMALS) assert.is(decimal(source), value, source);
});

test.run();
