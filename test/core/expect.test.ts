import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Expectation, judge, readExpectation } from "../../core/expect.ts";
import { json } from "./helpers.ts";

const test = suite("expect");

const verdict = (
  body: string,
  expect: Expectation | null,
  statusCode = 200,
  expectResult: string | null = null,
) => judge({ statusCode, body, truncated: false }, spec(expect), expectResult);

const spec = (expect: Expectation | null) => expect && readExpectation(json(expect));

const STATUS: [Expectation | null, number, boolean][] = [
  [null, 200, true],
  [null, 204, true],
  [null, 299, true],
  [null, 302, false],
  [null, 404, false],
  [{}, 201, true],
  [{}, 500, false],
  [{ status: "3xx" }, 302, true],
  [{ status: "3xx" }, 200, false],
  [{ status: "4xx" }, 499, true],
  [{ status: "5xx" }, 599, true],
  [{ status: [404, 410] }, 410, true],
  [{ status: [404, 410] }, 200, false],
  [{ status: [200] }, 201, false],
];
for (const [expect, code, ok] of STATUS) {
  test(`status ${code} for ${JSON.stringify(expect)}: ${ok}`, () => {
    const error = verdict("", expect, code);
    assert.is(error?.code, ok ? undefined : "bad_status");
    if (error) assert.match(error.message, `status ${code}, expected `);
  });
}

const DOC = JSON.stringify({
  code: 0,
  data: { ids: [1, 2, 3], name: "必达", none: null },
  list: [{ a: 1 }, { a: 2 }],
});

const BODIES: [name: string, body: string, expect: Expectation, ok: boolean][] = [
  ["contains", "all is success here", { contains: "success" }, true],
  ["contains, missing", "no", { contains: "success" }, false],
  ["contains is exact about case", "SUCCESS", { contains: "success" }, false],
  ["contains 上海", "在上海😀", { contains: "上海😀" }, true],
  ["equals", "ok", { equals: "ok" }, true],
  ["equals, longer", "ok\n", { equals: "ok" }, false],
  ["equals nothing", "", { equals: "" }, true],
  ["equals nothing, but there is some", "x", { equals: "" }, false],
  ["matches anywhere", "id=4711;", { matches: "id=\\d+" }, true],
  ["matches, anchored", "x id=4711;", { matches: "^id=\\d+" }, false],
  ["matches unicode", "价格：5元", { matches: "\\p{Han}+：\\d" }, true],
  ["matches with flags", "DONE", { matches: "(?i)done" }, true],
  ["json number", DOC, { json: { "$.code": 0 } }, true],
  ["json number as text", DOC, { json: { "$.code": "0" } }, false],
  ["json deep", DOC, { json: { "$.data.name": "必达" } }, true],
  ["json whole object, any order", DOC, { json: { "$.list[1]": { a: 2 } } }, true],
  ["json array", DOC, { json: { "$.data.ids": [1, 2, 3] } }, true],
  ["json array, other order", DOC, { json: { "$.data.ids": [3, 2, 1] } }, false],
  ["json null", DOC, { json: { "$.data.none": null } }, true],
  ["json, missing is not null", DOC, { json: { "$.data.other": null } }, false],
  ["json, one of several", DOC, { json: { "$.list[*].a": 2 } }, true],
  ["json, none of several", DOC, { json: { "$.list[*].a": 9 } }, false],
  ["json filter", DOC, { json: { "$.list[?@.a > 1].a": 2 } }, true],
  ["json everywhere", DOC, { json: { "$..name": "必达" } }, true],
  ["json, two paths", DOC, { json: { "$.code": 0, "$.data.ids[0]": 1 } }, true],
  ["json, the second path fails", DOC, { json: { "$.code": 0, "$.data.ids[0]": 2 } }, false],
  ["json of something else", "<html>", { json: { "$.code": 0 } }, false],
  ["json of nothing", "", { json: {} }, false],
  ["json literal", "true", { json: { $: true } }, true],
  ["all must hold", "ok 5", { contains: "ok", matches: "\\d" }, true],
  ["all must hold, one does not", "ok", { contains: "ok", matches: "\\d" }, false],
];
for (const [name, body, expect, ok] of BODIES) {
  test(name, () => assert.is(verdict(body, expect)?.code, ok ? undefined : "unexpected_result"));
}

test("kkbida's expectResult holds beside expect", () => {
  assert.is(verdict("success", { contains: "x" }, 200, "success")?.code, "unexpected_result");
  assert.is(verdict("success", null, 200, "success"), null);
  assert.is(verdict("fail", null, 200, "success")?.message, 'the body does not contain "success"');
});

test("of a cut answer only its beginning counts, which the message says", () => {
  const cut = (expect: Expectation) =>
    judge({ statusCode: 200, body: "begin", truncated: true }, spec(expect), null);
  assert.is(cut({ contains: "begin" }), null);
  assert.match(cut({ contains: "end" })?.message ?? "", "(only its first 64 KiB were read)");
  assert.is(cut({ equals: "begin" })?.code, "unexpected_result");
});

test("a long expectation is quoted in part", () => {
  assert.ok(verdict("", { contains: "x".repeat(512) })!.message.length < 200);
});

test("the status is judged first", () => assert.is(verdict("", { contains: "x" }, 500)?.code, "bad_status"));

test("a pattern that stops backtracking engines takes linear time", () => {
  const body = `${"a".repeat(65_000)}!`;
  const nested: Expectation[] = [
    { matches: "(a+)+$" },
    { matches: "(a|aa)*$" },
    { matches: "^(([a-z])+.)+[A-Z]$" },
  ];
  for (const expect of nested) {
    const started = performance.now();
    verdict(body, expect);
    const took = performance.now() - started;
    assert.ok(took < 3000, `${expect.matches} took ${Math.round(took)} ms`);
  }
});

test.run();
