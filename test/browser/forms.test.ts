/** What the console's forms make of tasks, and tasks of forms: text, to the last digit. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { JsonError } from "../../core/json/error.ts";
import { type JsonText, readJson } from "../../core/json/text.ts";
import { printTask, printTaskPage } from "../../core/task-json.ts";
import { taskOf, taskPageOf } from "../../ui/src/api/task-text.ts";
import type { Task } from "../../ui/src/api/types.ts";
import { en } from "../../ui/src/i18n/en.ts";
import { base64Of, base64Size } from "../../ui/src/lib/base64.ts";
import { type Draft, draftOf, EMPTY } from "../../ui/src/lib/draft.ts";
import { objectOf } from "../../ui/src/lib/json-object.ts";
import { changesOf, requestOf } from "../../ui/src/lib/request.ts";
import { EXACT } from "./mock/exact.ts";

const test = suite("console: forms");

const task = (more: Partial<Task> = {}): Task => ({
  taskId: EXACT.taskId,
  state: "exhausted",
  url: "http://target.example/cb",
  calledUrl: null,
  requestMethod: "POST",
  requestParam: null,
  body: null,
  bodyBase64: null,
  contentType: null,
  headers: null,
  expectResult: null,
  expect: null,
  callCount: 3,
  limitCallCount: 3,
  retry: { strategy: "fixed", delayMs: 1_000 },
  timeoutMs: 10_000,
  nextCallAt: null,
  expiresAt: null,
  sourceAppName: null,
  targetAppName: null,
  orderKey: null,
  businessKey: null,
  profile: null,
  app: null,
  sourceIp: null,
  lastError: null,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
  ...more,
});

/** What a copy sends when the form was changed so. */
function changed(original: Task, change: Partial<Draft>): Record<string, string> {
  const draft = draftOf(original);
  const before = requestOf(draft);
  const now = requestOf({ ...draft, ...change });
  assert.equal([...before.mistakes, ...now.mistakes], []);
  return Object.fromEntries(changesOf(before.form, now.form));
}

const sent = (draft: Partial<Draft>) => requestOf({ ...EMPTY, url: "http://a/", ...draft });

const RICH = task({
  requestParam: EXACT.requestParam,
  expect: EXACT.expect,
  contentType: "application/json;charset=GBK",
  headers: { "x-tenant": "7", "x-empty": "" },
  expectResult: " ok ",
  retry: { strategy: "exponential", delayMs: 1, factor: 1.5, maxDelayMs: 9, jitter: 0.25, on: [] },
  expiresAt: "2999-01-01T00:00:12.345Z",
  sourceAppName: "shop",
  orderKey: "o-1",
});

test("answers are cut apart, not parsed: payloads stay the text that they are", () => {
  const text = printTask({ ...RICH, url: 'http://a/"requestParam":{1}' } as never);
  const read = taskOf(text);
  assert.is(read.requestParam, EXACT.requestParam);
  assert.is(read.expect, EXACT.expect);
  assert.is(read.url, 'http://a/"requestParam":{1}');
  assert.equal(read.headers, RICH.headers);
  const page = taskPageOf(printTaskPage({ items: [RICH, task()] as never, nextCursor: "a" }));
  assert.is(page.nextCursor, "a");
  assert.equal(
    page.items.map(({ requestParam }) => requestParam),
    [EXACT.requestParam, null],
  );
  assert.equal(taskPageOf('{"items":[],"nextCursor":null}'), { items: [], nextCursor: null });
  assert.throws(() => taskOf("<html>"));
});

const ORIGINALS: [what: string, task: Task][] = [
  ["parameters and rules", RICH],
  ["a query", task({ requestMethod: "GET", requestParam: EXACT.requestParam })],
  ["a text", task({ body: "a\r\nb", contentType: "text/plain" })],
  ["an empty text", task({ body: "" })],
  ["bytes", task({ bodyBase64: "AP8=", contentType: "application/octet-stream" })],
  ["nothing", task({ contentType: "application/x-www-form-urlencoded" })],
  ["stop as a class", task({ expect: '{"stop":"4xx"}' as JsonText })],
  ["stop, but none", task({ expect: '{"stop":[]}' as JsonText })],
  ["an empty proof", task({ expect: "{}" as JsonText })],
  ["a schedule", task({ retry: { strategy: "schedule", delaysMs: [1, 2], on: [429, "5xx", "timeout"] } })],
];
for (const [what, original] of ORIGINALS)
  test(`a copy that changes nothing sends nothing: ${what}`, () => {
    assert.equal(changed(original, {}), {});
    assert.equal(changed(original, { url: "http://b/" }), { url: '"http://b/"' });
  });

test("what is changed is sent as it was typed, the rest stays away", () => {
  const edited = draftOf(RICH).requestParam.replace("1.50", "1.5000");
  assert.equal(changed(RICH, { requestParam: edited }), {
    requestParam: EXACT.requestParam.replace("1.50", "1.5000"),
  });
  assert.equal(changed(RICH, { expectStop: "404, 410" }), {
    expect: '{"json":{"$.id":9007199254740993,"$.rate":1.10},"stop":[404,410]}',
  });
  assert.equal(changed(RICH, { expectStop: "" }), {
    expect: '{"json":{"$.id":9007199254740993,"$.rate":1.10}}',
  });
  assert.equal(changed(RICH, { headers: "", sourceAppName: " " }), {
    headers: "null",
    sourceAppName: "null",
  });
});

test("one payload takes the place of another", () => {
  assert.equal(changed(RICH, { payload: "body", body: "", contentType: "" }), {
    body: '""',
    contentType: "null",
    requestParam: "null",
  });
  assert.equal(changed(RICH, { payload: "base64", bodyBase64: "AP8=\n" }), {
    bodyBase64: '"AP8="',
    requestParam: "null",
  });
  // What becomes a query has no media type.
  assert.equal(changed(RICH, { requestMethod: "DELETE" }), {
    requestMethod: '"DELETE"',
    contentType: "null",
  });
});

test("a new task has what was typed, without its white space", () => {
  const { form, mistakes } = sent({
    requestParam: ' { "id" : 7088992364139642881,\n"amount":1.50 }',
    expect: '{"json": {"$.id": 9007199254740993}}',
    expectStop: "4xx",
    contentType: " application/x-www-form-urlencoded ",
    limitCallCount: "3",
  });
  assert.equal(mistakes, []);
  assert.is(
    objectOf(form),
    '{"url":"http://a/","requestMethod":"POST","limitCallCount":3,' +
      '"requestParam":{"id":7088992364139642881,"amount":1.50},"contentType":"application/x-www-form-urlencoded",' +
      '"expect":{"json":{"$.id":9007199254740993},"stop":"4xx"}}',
  );
  assert.is(readJson(objectOf(form)), objectOf(form));
});

const MISTAKES: [draft: Partial<Draft>, wrong: string][] = [
  [{ requestParam: '{\n  "a": 1\n  "b": 2}' }, "requestParam json syntax 3:3"],
  [{ requestParam: '{"a":1,\n"b":{"id":1,"id":2}}' }, "requestParam json duplicate 2:13"],
  [{ requestParam: `{"a":${"[".repeat(65)}` }, "requestParam json depth 1:69"],
  [{ requestParam: "[1]" }, "requestParam object"],
  [{ expect: '{"json":{"$.a":01}}' }, "expect json syntax 1:16"],
  [{ expect: '{"stop":[404]}', expectStop: "410" }, "expect.stop stop"],
  [{ payload: "base64", bodyBase64: "AP8" }, "bodyBase64 base64"],
  [{ payload: "base64", bodyBase64: "äöü=" }, "bodyBase64 base64"],
  [{ headers: "x" }, "headers header"],
  [{ timeoutMs: "soon" }, "timeoutMs number"],
];
for (const [draft, wrong] of MISTAKES)
  test(`cannot be read: ${wrong}`, () => {
    const found = sent(draft).mistakes.map((mistake) =>
      mistake.code === "json"
        ? `${mistake.field} json ${mistake.error.fault} ${mistake.error.line}:${mistake.error.column}`
        : `${mistake.field} ${mistake.code}`,
    );
    assert.equal(found, [wrong]);
  });

test("lists of statuses: commas of both languages, words that the server shall refuse", () => {
  const stop = (expectStop: string) => sent({ expectStop }).form.get("expect");
  assert.is(stop("404，410、411"), '{"stop":[404,410,411]}');
  assert.is(stop("none"), '{"stop":[]}');
  assert.is(stop("gone 404"), '{"stop":["gone",404]}');
  assert.is(stop(" "), undefined);
});

test("the catalogue knows each rule of JSON by the parser's own words", () => {
  const BROKEN = [
    '{"a" 1}',
    '{"a":1 "b":2}',
    "[1 2]",
    "{a:1}",
    '["\n"]',
    '["a]',
    String.raw`["\x"]`,
    "[01]",
    "[1",
    "[",
    "[,]",
    "[]]",
  ];
  const said = new Set(BROKEN.map(ruleOf));
  const known = Object.entries(en).filter(([key]) => key.startsWith("json."));
  assert.equal([...said].toSorted(), known.map(([, text]) => text).toSorted());
});

function ruleOf(text: string): string {
  try {
    readJson(text);
  } catch (error) {
    if (error instanceof JsonError) return error.message;
  }
  throw new Error(`nothing is wrong with ${text}`);
}

test("bytes as base64, however many", () => {
  for (const length of [0, 1, 2, 3, 8_191, 8_193, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
    assert.is(base64Of(bytes), Buffer.from(bytes).toString("base64"));
    assert.is(base64Size(base64Of(bytes)), length);
  }
});

test.run();
