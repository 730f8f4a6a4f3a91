// JSON as text: what is read, what its normal form is, and where the fault lies in what is none.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elementsOf, membersOf } from "../../core/json/look.ts";
import { ACCEPTED_DEPTH } from "../../core/json/rules.ts";
import { skimList, skimObject } from "../../core/json/skim.ts";
import { readJson, readList, readObject } from "../../core/json/text.ts";
import { jsonFault as fault } from "./helpers.ts";

const test = suite("JSON as text");

const last = { duplicates: "last" } as const;

const NORMAL: [text: string, normal?: string][] = [
  ["null"],
  [" \t\r\n true ", "true"],
  ['{"a":1.50,"b":-0,"c":1E+5,"d":1e400,"10":7088992364139642881,"2":0.10}'],
  [' { "a" : [ 1 , 2 , { } , [ ] ] , "b" : "c d" } ', '{"a":[1,2,{},[]],"b":"c d"}'],
  ['"\\u0041\\/\\u000a\\u001F\\u2028\\ud83d\\ude00"', '"A/\\n\\u001f\u2028\u{1F600}"'],
  ['"\\uD800\\uDC00\\uDC00"', '"\u{10000}\\udc00"'],
  ['{"\\u0061":"\\u0062"}', '{"a":"b"}'],
  ['"\ud800"', '"\\ud800"'],
  ['{"\udc00":["\ud800",1]}', '{"\\udc00":["\\ud800",1]}'],
  ['{"__proto__":{"__proto__":1},"constructor":2}'],
  ['{"":{"":1}}'],
];

test("the normal form: no white space, the shortest escapes, everything else as it was", () => {
  for (const [text, normal = text] of NORMAL) {
    assert.is(readJson(text), normal);
    assert.is(readJson(normal), normal, "it is its own normal form");
  }
});

test("members and elements, in order, each in its normal form", () => {
  const text = '{ "z" : [ 1.0 ] , "10" : "\\u0041", "9":{ "a" : 1 }, "__proto__":2 }';
  assert.equal([...(readObject(text) ?? [])], [
    ["z", "[1.0]"],
    ["10", '"A"'],
    ["9", '{"a":1}'],
    ["__proto__", "2"],
  ] as never);
  assert.equal(readList('[ 1.50, "\\/", { "a" : [ ] } ]'), ["1.50", '"/"', '{"a":[]}'] as never);
  assert.equal(
    [readObject("[]"), readObject('"{}"'), readList("{}"), readList("1")],
    [null, null, null, null],
  );
  assert.equal([readObject(" {} ")?.size, readList(" [ ] ")], [0, []]);
});

test("keys that stand twice: refused, or the last one counts in the place of the first", () => {
  const cases: [text: string, field: string, kept: string][] = [
    ['{"a":1,"b":2,"a":3}', "a", '{"a":3,"b":2}'],
    ['{"a":1,"\\u0061":2}', "a", '{"a":2}'],
    ['{"x":[0,{"a":1,"b":{"c":1,"c":2},"a":"\\/"}]}', "x.1.b.c", '{"x":[0,{"a":"/","b":{"c":2}}]}'],
    ['{"__proto__":1,"__proto__":2}', "__proto__", '{"__proto__":2}'],
    ['{"2":1,"1":1,"2":{"d":1,"d":1.0}}', "2", '{"2":{"d":1.0},"1":1}'],
    ['{"a":{"b":1},"a":{"c":2}}', "a", '{"a":{"c":2}}'],
  ];
  for (const [text, field, kept] of cases) {
    const error = fault(() => readJson(text));
    assert.equal([error.fault, error.field], ["duplicate", field], text);
    assert.is(fault(() => readObject(text)).field, field);
    assert.is(readJson(text, last), kept);
    const members = Array.from(
      readObject(text, last) ?? [],
      ([name, value]) => `${JSON.stringify(name)}:${value}`,
    );
    assert.is(`{${members.join()}}`, kept);
  }
});

test("depth: 64 levels by default, of objects and lists alike", () => {
  const nested = (levels: number) => `${'{"a":['.repeat(levels / 2)}${"]}".repeat(levels / 2)}`;
  assert.is(readJson(nested(64)), nested(64));
  const error = fault(() => readJson(nested(66)));
  assert.equal([error.fault, error.message], ["depth", "must not be nested deeper than 64 levels"]);
  assert.is(fault(() => readJson("[".repeat(1_000_000))).fault, "depth");
  assert.is(fault(() => readObject('{"a":{"b":1}}', { depth: 1 })).fault, "depth");
  assert.is(readJson('{"a":1}', { depth: 1 }), '{"a":1}');
});

test("what was accepted is read again, also with the 100 levels of earlier releases, and in a page of a list", () => {
  const payload = (levels: number) =>
    readJson(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`, { depth: levels });
  assert.is([...membersOf(payload(100)).keys()].join(), "a");
  assert.is(elementsOf(readJson(`[${payload(99)}]`, { depth: 100 })).length, 1);
  const page = `{"items":[{"requestParam":${payload(63)}}],"nextCursor":null}`;
  assert.is(fault(() => readObject(page)).fault, "depth");
  assert.ok(readObject(page, { depth: ACCEPTED_DEPTH }));
});

/** What is no JSON, and where. */
const FAULTS: [text: string, line: number, column: number, message: RegExp][] = [
  ["", 1, 1, /ends too early/],
  ["  ", 1, 3, /ends too early/],
  ["{", 1, 2, /name in double quotes/],
  ['{"a"}', 1, 5, /colon/],
  ['{"a":}', 1, 6, /no JSON value/],
  ['{"a":1,}', 1, 8, /name in double quotes/],
  ['{"a":1\n "b":2}', 2, 2, /comma or \}/],
  ["[1 2]", 1, 4, /comma or \]/],
  ["[1,]", 1, 4, /no JSON value/],
  ["{'a':1}", 1, 2, /double quotes/],
  ["{a:1}", 1, 2, /double quotes/],
  ['{"a":1} x', 1, 9, /something behind its end/],
  ["01", 1, 1, /number/],
  ["+1", 1, 1, /no JSON value/],
  ["[\n\n  -]", 3, 3, /number/],
  ["1.", 1, 1, /number/],
  [".5", 1, 1, /no JSON value/],
  ["1e", 1, 1, /number/],
  ["1e+", 1, 1, /number/],
  ["NaN", 1, 1, /no JSON value/],
  ["-Infinity", 1, 1, /number/],
  ["tru", 1, 1, /no JSON value/],
  ["truex", 1, 5, /something behind its end/],
  ['"a', 1, 1, /does not end/],
  ['"a\\', 1, 1, /does not end/],
  ['"a\\"', 1, 1, /does not end/],
  ['"a\tb"', 1, 3, /control character/],
  ['"a\u0000b"', 1, 3, /control character/],
  ['"\\x41"', 1, 1, /escape/],
  ['"\\u12g4"', 1, 1, /escape/],
  ['"\\u12', 1, 1, /does not end/],
  ["\ufeff{}", 1, 1, /no JSON value/],
  ["\u00a0{}", 1, 1, /no JSON value/],
  ["{}\u2028", 1, 3, /something behind/],
  ["// x\n1", 1, 1, /no JSON value/],
];

test("what is no JSON is refused, with the place", () => {
  for (const [text, line, column, message] of FAULTS) {
    assert.throws(() => JSON.parse(text), undefined, text);
    for (const read of [readJson, readObject, readList]) {
      const error = fault(() => read(text));
      assert.equal([error.fault, error.line, error.column], ["syntax", line, column], JSON.stringify(text));
      assert.match(error.message, message);
    }
  }
  const { place, offset, field } = fault(() => readJson('{"a":\n{"b":[1,\n 2,x]}}'));
  assert.equal([place, offset, field], ["line 3, column 4", 18, "a.b.2"]);
});

test("skimming: an error in one part concerns no other", () => {
  assert.equal(skimList('[ {"a":01} , nope, "\\x" , {"a":1,"a":2} ]'), [
    '{"a":01}',
    "nope",
    '"\\x"',
    '{"a":1,"a":2}',
  ]);
  assert.equal(skimList(" [ ] "), []);
  assert.equal([skimList("{}"), skimObject("[]"), skimObject("")], [null, null, null]);
  assert.equal(
    [...(skimObject('{"a" : [1, "}"], "\\u0062":{"c":"\\"]"} }') ?? [])],
    [
      ["a", '[1, "}"]'],
      ["b", '{"c":"\\"]"}'],
    ],
  );
  const broken: [text: string, message: RegExp][] = [
    ["[1", /needs a ,/],
    ["[1,", /ends too early/],
    ["[1 2]", /needs a ,/],
    ["[1]x", /behind its end/],
    ['["a]', /does not end/],
    ["[{]", /./],
    ["[1,]", /no JSON value/],
  ];
  for (const [text, message] of broken) assert.match(fault(() => skimList(text)).message, message);
  assert.match(fault(() => skimObject('{"a" 1}')).message, /needs a :/);
  for (const text of ["{a:1}", '{["a"]:1}', "{1:1}", "{{}:1}"])
    assert.match(fault(() => skimObject(text)).message, /needs a name in double quotes/);
  assert.is(fault(() => skimObject('{"a":1,"\\u0061":2}')).fault, "duplicate");
  assert.equal(skimList("[1,2,3,x", 2), ["1", "2", "3"]);
});

test.run();
