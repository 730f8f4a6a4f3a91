import { suite } from "uvu";
import * as assert from "uvu/assert";
import { seconds } from "../../core/clock.ts";
import { parseLegacyTask } from "../../core/legacy.ts";
import type { TaskSpec } from "../../core/task.ts";
import { renderRequest } from "../../core/template.ts";
import { json, text } from "./helpers.ts";

const test = suite("legacy");

const URL_TEXT = "url为空或url格式不正确";
const LIMIT = "最大重试次数不能为空且不能大于100";
const NO_COUNT = "最大重试次数必须是整数";
const METHOD = "请求方式不能为空";
const EXPECT = "期待结果不能为空";
const PARAM = "请求参数必须是JSON对象";
const NAME = "服务名不能包含NUL字符";
const OTHER = "请求方式只能是GET或POST";
const UNFILLED = "url占位符在请求参数中没有可用的值";

const good = (more: Record<string, unknown> = {}) => ({
  url: "http://target.example/cb",
  requestMethod: "POST",
  limitCallCount: 3,
  expectResult: "success",
  ...more,
});
const refusalText = (input: unknown) => {
  try {
    parseLegacyTask(text(input));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};
const parsed = (input: unknown) => parseLegacyTask(text(input)).spec;

const REFUSED: [name: string, fields: Record<string, unknown>, reasons: string[]][] = [
  ["no url", { url: undefined }, [URL_TEXT]],
  ["null url", { url: null }, [URL_TEXT]],
  ["url of another type", { url: 5 }, [URL_TEXT]],
  ["url without scheme", { url: "target.example/cb" }, [URL_TEXT]],
  ["ftp url", { url: "ftp://a/" }, [URL_TEXT]],
  ["url that is none", { url: "http://" }, [URL_TEXT]],
  ["url with an unfilled placeholder", { url: "http://a/{id}" }, [UNFILLED]],
  [
    "url with a placeholder filled with dots",
    { url: "http://a/{id}", requestParam: { id: ".." } },
    [UNFILLED],
  ],
  ["url with NUL", { url: "http://a/\0" }, ["url不能包含NUL字符"]],
  ["url with half a character", { url: "http://a/\ud83d" }, ["url包含不完整的字符"]],
  ["url of 2049 characters", { url: `http://a/${"x".repeat(2040)}` }, ["url不能超过2048个字符"]],
  ["no limit", { limitCallCount: undefined }, [LIMIT]],
  ["limit 0", { limitCallCount: 0 }, [LIMIT]],
  ["limit 101", { limitCallCount: 101 }, [LIMIT]],
  ["limit 0.9", { limitCallCount: 0.9 }, [LIMIT]],
  ["limit as a text with a fraction", { limitCallCount: "3.7" }, [NO_COUNT]],
  ["limit as an empty text", { limitCallCount: "" }, [LIMIT]],
  ["limit as a boolean", { limitCallCount: true }, [NO_COUNT]],
  ["limit as a list", { limitCallCount: [3] }, [NO_COUNT]],
  ["limit of blanks", { limitCallCount: "  " }, [LIMIT]],
  ["limit as a long text", { limitCallCount: "9".repeat(30) }, [LIMIT]],
  ["limit in hexadecimal", { limitCallCount: "0x3" }, [NO_COUNT]],
  ["a method's number that kkbida lacks", { requestMethod: 2 }, [OTHER]],
  ["a list of parameters", { requestParam: [1] }, [PARAM]],
  ["a text as parameters", { requestParam: "a=b" }, [PARAM]],
  ["a number as parameters", { requestParam: 5 }, [PARAM]],
  ["a name with NUL", { targetAppName: "a\0b" }, [NAME]],
  ["an object as url", { url: {} }, [URL_TEXT]],
  ["a list as expectation", { expectResult: ["ok"] }, ["期待结果必须是文本"]],
  ["an object as method", { requestMethod: {} }, [OTHER]],
  [
    "a url too long once it is filled",
    { url: "http://a/{id}", requestParam: { id: "x".repeat(70_000) } },
    ["url填入请求参数后过长"],
  ],
  ["no method", { requestMethod: null }, [METHOD]],
  ["a method kkbida lacks", { requestMethod: "PUT" }, [OTHER]],
  ["method in lower case", { requestMethod: "get" }, [OTHER]],
  ["no expectation", { expectResult: undefined }, [EXPECT]],
  ["blank expectation", { expectResult: "  " }, [EXPECT]],
  ["expectation of 65,536 characters", { expectResult: "x".repeat(65_536) }, ["期待结果不能超过65535个字符"]],
  ["expectation with NUL", { expectResult: "a\0" }, ["期待结果不能包含NUL字符"]],
  ["expectation with half a character", { expectResult: "a\ud83d" }, ["期待结果包含不完整的字符"]],
  ["two reasons", { url: "", expectResult: "" }, [URL_TEXT, EXPECT]],
  ["three reasons", { limitCallCount: 0, requestMethod: "", expectResult: "" }, [LIMIT, METHOD, EXPECT]],
];
for (const [name, fields, reasons] of REFUSED) {
  test(`${name} is refused`, () =>
    assert.is(refusalText(good(fields)), `任务添加失败，${reasons.join("，")}`));
}

for (const nothing of [null, [], "text", 5, {}]) {
  test(`${JSON.stringify(nothing)} has all four wrong`, () =>
    assert.is(refusalText(nothing), `任务添加失败，${[URL_TEXT, LIMIT, METHOD, EXPECT].join("，")}`));
}

test("what it becomes", () => {
  assert.equal(parsed(good({ requestParam: { a: "上海" }, sourceAppName: "s", targetAppName: "t" })), {
    url: "http://target.example/cb",
    requestMethod: "POST",
    requestParam: json({ a: "上海" }),
    body: null,
    bodyBase64: null,
    contentType: null,
    headers: null,
    expectResult: "success",
    expect: { status: [200], stop: [] },
    limitCallCount: 3,
    retry: { strategy: "fixed", delayMs: 60_000 },
    timeoutMs: 60_000,
    start: { delayMs: 0 },
    expiresAt: null,
    sourceAppName: "s",
    targetAppName: "t",
    orderKey: null,
    profile: "kkbida",
  });
});

test("kkbida's own record and v1's fields are ignored", () => {
  const ignored = {
    taskId: "1",
    callCount: 7,
    status: 1,
    createTime: "2019-01-01",
    headers: { host: "x" },
    body: "x",
    retry: {},
    timeoutMs: 1,
    delayMs: 5,
    expiresAt: "garbage",
    orderKey: "x".repeat(500),
  };
  assert.equal(parsed(good(ignored)), parsed(good()));
});

test("placeholders are filled from requestParam", () =>
  assert.is(parsed(good({ url: "http://a/{id}", requestParam: { id: 1 } })).url, "http://a/{id}"));

test("without requestParam nothing is sent as a body", () => {
  for (const requestParam of [null, undefined]) {
    const { requestParam: param, body, contentType } = parsed(good({ requestParam }));
    assert.equal([param, body, contentType], [null, "", null]);
  }
  assert.is(parsed(good({ requestParam: {} })).requestParam, "{}");
});

/** As Jackson 2.9 takes them, see docs/migrating-from-kkbida.md. */
const COERCED: [name: string, fields: string, field: keyof TaskSpec, value: unknown][] = [
  ["limit as text", '"limitCallCount":"3"', "limitCallCount", 3],
  ["limit as text with blanks and zeros", '"limitCallCount":" 007 "', "limitCallCount", 7],
  ["limit with a fraction", '"limitCallCount":3.7', "limitCallCount", 3],
  ["limit with an exponent", '"limitCallCount":1e1', "limitCallCount", 10],
  ["method by its number", '"requestMethod":0,"requestParam":{}', "requestMethod", "GET"],
  ["method by its number as text", '"requestMethod":" 01 "', "requestMethod", "POST"],
  ["a number to expect, digit by digit", '"expectResult":1.50', "expectResult", "1.50"],
  ["a boolean to expect", '"expectResult":true', "expectResult", "true"],
  ["a number as app name", '"sourceAppName":7088992364139642881', "sourceAppName", "7088992364139642881"],
  ["the last of two keys", '"limitCallCount":9', "limitCallCount", 9],
];
for (const [name, fields, field, value] of COERCED) {
  test(`coerced: ${name}`, () => {
    const base = '{"url":"http://a/","requestMethod":"POST","limitCallCount":3,"expectResult":"x",';
    assert.is(parseLegacyTask(`${base}${fields}}`).spec[field], value);
  });
}

test("of a key that stands twice in requestParam the last one counts, at the place of the first", () => {
  const text = `{"url":"http://a/","requestMethod":"POST","limitCallCount":3,"expectResult":"x",
    "requestParam":{"a":1,"b":{"c":1,"c":2.50},"a":7088992364139642881}}`;
  assert.is(parseLegacyTask(text).spec.requestParam, '{"a":7088992364139642881,"b":{"c":2.50}}');
});

const APP_NAMES: [unknown, string | null][] = [
  ["x".repeat(65), "x".repeat(64)],
  ["a\ud800b", "a\ufffdb"],
  ["", null],
  [null, null],
  [5, "5"],
];
for (const [given, wanted] of APP_NAMES) {
  test(`app name ${JSON.stringify(given)} is no reason to refuse`, () =>
    assert.is(parsed(good({ sourceAppName: given })).sourceAppName, wanted));
}

test("an app name cut inside a character is still well-formed", () => {
  const name = parsed(good({ sourceAppName: `${"x".repeat(63)}😀` })).sourceAppName;
  assert.ok(name?.isWellFormed(), JSON.stringify(name));
});

test("a long expectation is kept as a whole, beside its beginning", () => {
  const expectResult = `${"x".repeat(511)}\u{1F600}${"y".repeat(300)}`;
  assert.equal(parsed(good({ expectResult })).expect, { status: [200], stop: [], contains: expectResult });
  assert.is(parsed(good({ expectResult })).expectResult, "x".repeat(511));
});

test("members that are null are left out of a body at every level, and stay in lists", () => {
  const requestParam = { a: null, b: { c: null, d: 1 }, l: [null, { x: null }], n: "null", "k:null": 1 };
  const wanted = '{"b":{"d":1},"l":[null,{}],"n":"null","k:null":1}';
  assert.is(parsed(good({ requestParam })).requestParam, wanted);
  const asGet = parsed(good({ requestMethod: "GET", requestParam: { a: null } }));
  assert.is(asGet.requestParam, '{"a":null}', "a placeholder may want it");
});

/** What is dropped is not stored either. */
const CREDENTIALS: [url: string, kept: string][] = [
  ["http://user:pw@a.example/x", "http://a.example/x"],
  ["HTTPS://u@a.example:8443?x=a@b", "HTTPS://a.example:8443?x=a@b"],
  ["http://a:b@c@d.example/", "http://d.example/"],
  ["http://{u}:{p}@a.example/{u}", "http://a.example/{u}"],
  ["http://a.example/x@y", "http://a.example/x@y"],
];
for (const [url, kept] of CREDENTIALS)
  test(`credentials in ${url} are dropped, and it is said`, () => {
    const task = parseLegacyTask(text(good({ url, requestParam: { u: "x", p: "y" } })));
    assert.is(task.spec.url, kept);
    assert.is(task.credentialsDropped, url !== kept);
    assert.is(task.origin, new URL(kept).origin);
  });

/** As Spring 5.0 fills them: recorded, see `test/e2e/kkbida/`. */
const FILLED: [url: string, param: Record<string, unknown>, path: string][] = [
  ["http://a/?city={city:.*}", { city: "x" }, "/?city=x"],
  ["http://a/{city:[a-z]{2}}/end", { city: "xy" }, "/xy/end"],
  ["http://a/{0}/{2nd}", { 0: "zero", "2nd": "two" }, "/zero/two"],
  ["http://a/{user id}/{$x}", { "user id": 1, $x: 2 }, "/1/2"],
  ["http://a/?q={x y}", {}, "/?q={x%20y}"],
];
for (const [url, requestParam, path] of FILLED)
  test(`placeholders of ${url}`, () => {
    const { spec } = parseLegacyTask(text(good({ url, requestMethod: "GET", requestParam })));
    assert.is(renderRequest(spec).path, path);
  });

test("of a GET only what a placeholder uses is sent, unless it is asked for", () => {
  const request = text(
    good({ url: "http://a/{b}?c=d'e", requestMethod: "GET", requestParam: { a: 1, b: 2 } }),
  );
  assert.is(renderRequest(parseLegacyTask(request).spec).path, "/2?c=d'e");
  const asked = parseLegacyTask(request, { timeoutMs: seconds(5), profile: "kkbida-query" }).spec;
  assert.is(renderRequest(asked).path, "/2?c=d'e&a=1");
  assert.is(asked.timeoutMs, 5_000);
});

test("without parameters a POST names the type that Java's client named", () => {
  const { body, contentType } = renderRequest(parsed(good()));
  assert.equal([body, contentType], ["", "application/x-www-form-urlencoded"]);
});

test.run();
