// What is refused: every message names the field and the rule.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs } from "../../core/clock.ts";
import { parseTask } from "../../core/parse-task.ts";
import { MAX_BODY_BYTES } from "../../core/payload.ts";
import { refusal, request, text } from "./helpers.ts";

const test = suite("task schema: refused");
const NOW = epochMs(Date.UTC(2026, 0, 1, 12));

/** `field: message` of every wrong field. */
async function wrong(input: unknown): Promise<string[]> {
  const error = await refusal(() => parseTask(text(input), NOW));
  assert.is(error.code, "invalid_task");
  return error.errors.map(({ field, message }) => `${field}: ${message}`);
}

const STRATEGIES = "must be fixed, exponential or schedule";
const STATUS = 'must be a list of codes (100 to 599), or "2xx", "3xx", "4xx", "5xx"';
const MOMENT = "must be an ISO 8601 time with zone";
const SURROGATE = "must be well-formed Unicode (it holds a lone surrogate)";
const retry = (more: object) => ({ retry: { strategy: "fixed", delayMs: 1, ...more } });
const expect = (more: object) => ({ expect: more });

const RULES: [more: Record<string, unknown>, error: string][] = [
  [{ url: undefined }, "url: is required"],
  [{ url: null }, "url: must be a string"],
  [{ url: "" }, "url: must begin with http:// or https://"],
  [{ url: "ftp://a/" }, "url: must begin with http:// or https://"],
  [{ url: "//a/" }, "url: must begin with http:// or https://"],
  [{ url: " http://a/" }, "url: must begin with http:// or https://"],
  [{ url: "http://" }, "url: is not a valid URL"],
  [{ url: "http://a:99999/" }, "url: is not a valid URL"],
  [{ url: "http://a b/" }, "url: is not a valid URL"],
  [{ url: `http://a/${"x".repeat(2040)}` }, "url: must have at most 2048 characters"],
  [{ url: "http://u:p@a/" }, "url: must not hold a user name or password; send a header instead"],
  [{ url: "http://u@a/" }, "url: must not hold a user name or password; send a header instead"],
  [
    { headers: { "Content-Type": "application/json", "content-type": "text/xml" } },
    "headers.content-type: is given twice, in other letters",
  ],
  [{ url: "http://a/x\ny" }, "url: must not contain control characters"],
  [{ url: "http://a/\ud800" }, `url: ${SURROGATE}`],
  [{ url: "http://a/\0" }, "url: must not contain NUL"],
  [{ url: "http://a/{id}" }, "url: has a placeholder {id} that requestParam does not fill"],
  [
    { url: "http://a/{toString}", requestParam: {} },
    "url: has a placeholder {toString} that requestParam does not fill",
  ],
  [{ url: "http://{h}/", requestParam: { h: "a/b" } }, "url: is not a valid URL"],
  [
    { url: "http://a/{h}", requestParam: { h: "\udc00" } },
    "url: has a placeholder {h} filled with a lone surrogate",
  ],
  [{ requestMethod: undefined }, "requestMethod: is required"],
  [{ requestMethod: "HEAD" }, "requestMethod: must be one of GET, POST, PUT, PATCH, DELETE"],
  [{ requestMethod: "post" }, "requestMethod: must be one of GET, POST, PUT, PATCH, DELETE"],
  [{ limitCallCount: undefined }, "limitCallCount: is required"],
  [{ limitCallCount: 0 }, "limitCallCount: must be 1 to 100"],
  [{ limitCallCount: 101 }, "limitCallCount: must be 1 to 100"],
  [{ limitCallCount: 1.5 }, "limitCallCount: must be a whole number"],
  [{ limitCallCount: "3" }, "limitCallCount: must be a whole number"],
  [{ requestParam: [1] }, "requestParam: must be an object"],
  [{ requestParam: "a=b" }, "requestParam: must be an object"],
  [{ body: 5 }, "body: must be a string"],
  [{ body: { a: 1 } }, "body: must be a string"],
  [{ body: "\ud83d" }, `body: ${SURROGATE}`],
  [{ body: "x", requestParam: {} }, "body: cannot be given together with requestParam"],
  [{ body: "x", requestMethod: "GET" }, "body: cannot be sent with GET"],
  [{ contentType: "x".repeat(201), body: "" }, "contentType: must have at most 200 characters"],
  [{ contentType: "a", requestMethod: "GET" }, "contentType: is for requests with a body"],
  [{ contentType: "a", requestMethod: "DELETE" }, "contentType: is for requests with a body"],
  [{ contentType: "a\r\nx: y", body: "" }, "contentType: must be a valid header value"],
  [
    { contentType: "a", headers: { "Content-TYPE": "b" } },
    "contentType: cannot be given together with a content-type header",
  ],
  [{ headers: ["a"] }, "headers: must be an object"],
  [{ headers: { a: 1 } }, "headers.a: must be a string"],
  [{ headers: { Host: "a" } }, "headers.Host: is set by the HTTP client and cannot be given"],
  [{ headers: { "Bida-Attempt": "1" } }, "headers.Bida-Attempt: is Bida's own and cannot be given"],
  [
    { headers: { "webhook-signature": "v1,x" } },
    "headers.webhook-signature: is Bida's own and cannot be given",
  ],
  [{ headers: { "a b": "c" } }, "headers.a b: is not a valid header name"],
  [{ headers: { a: "b\r\nc: d" } }, "headers.a: has characters that a header cannot carry"],
  [{ headers: { a: "上海" } }, "headers.a: has characters that a header cannot carry"],
  [{ headers: { x: "y".repeat(16_384 - 4) } }, "headers: must take at most 16 KiB together"],
  [{ expectResult: "x".repeat(513) }, "expectResult: must have at most 512 characters"],
  [{ expectResult: "\0" }, "expectResult: must not contain NUL"],
  [{ orderKey: "" }, "orderKey: must not be empty"],
  [{ orderKey: "x".repeat(129) }, "orderKey: must have at most 128 characters"],
  [{ orderKey: 7 }, "orderKey: must be a string"],
  [{ orderKey: "a\0" }, "orderKey: must not contain NUL"],
  [{ orderKey: "\ud800" }, `orderKey: ${SURROGATE}`],
  [{ expect: [] }, "expect: must be an object"],
  [expect({ status: [] }), "expect.status: needs a code"],
  [expect({ status: [99] }), "expect.status.0: must be 100 to 599"],
  [expect({ status: [200, 600] }), "expect.status.1: must be 100 to 599"],
  [expect({ status: "1xx" }), `expect.status: must be a list of codes, or "2xx", "3xx", "4xx", "5xx"`],
  [expect({ status: 200 }), `expect.status: ${STATUS}`],
  [expect({ contains: "é".repeat(65_536) }), "expect.contains: must have at most 65535 characters"],
  [expect({ equals: "x".repeat(65_536) }), "expect.equals: must have at most 65535 characters"],
  [expect({ matches: "x".repeat(513) }), "expect.matches: must have at most 512 characters"],
  [expect({ json: [1] }), "expect.json: must be an object"],
  [
    expect({ json: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`$.a${i}`, i])) }),
    "expect.json: takes at most 20 paths",
  ],
  [expect({ json: { "$..a..b": 1 } }), "expect.json.$..a..b: may hold `..` once only"],
  [{ retry: "fixed" }, `retry: ${STRATEGIES}`],
  [{ retry: {} }, "retry.strategy: is required"],
  [{ retry: { strategy: "linear" } }, `retry.strategy: ${STRATEGIES}`],
  [{ retry: { strategy: "fixed" } }, "retry.delayMs: is required"],
  [retry({ delayMs: -1 }), "retry.delayMs: must be 0 to 2592000000"],
  [retry({ delayMs: 2_592_000_001 }), "retry.delayMs: must be 0 to 2592000000"],
  [retry({ delayMs: 1.5 }), "retry.delayMs: must be a whole number"],
  [retry({ jitter: 1.1 }), "retry.jitter: must be 0 to 1"],
  [retry({ jitter: -0.1 }), "retry.jitter: must be 0 to 1"],
  [
    { retry: { strategy: "exponential", delayMs: 1, factor: 0.5, maxDelayMs: 1 } },
    "retry.factor: must be 1 to 100",
  ],
  [
    { retry: { strategy: "exponential", delayMs: 1, factor: 101, maxDelayMs: 1 } },
    "retry.factor: must be 1 to 100",
  ],
  [{ retry: { strategy: "exponential", delayMs: 1, factor: 2 } }, "retry.maxDelayMs: is required"],
  [{ retry: { strategy: "schedule", delaysMs: [] } }, "retry.delaysMs: needs a delay"],
  [
    { retry: { strategy: "schedule", delaysMs: Array(101).fill(1) } },
    "retry.delaysMs: takes at most 100 delays",
  ],
  [{ retry: { strategy: "schedule", delaysMs: [1, -1] } }, "retry.delaysMs.1: must be 0 to 2592000000"],
  [{ timeoutMs: 99 }, "timeoutMs: must be 100 to 120000"],
  [{ timeoutMs: 120_001 }, "timeoutMs: must be 100 to 120000"],
  [{ delayMs: -1 }, "delayMs: must be 0 to 31536000000"],
  [{ delayMs: 31_536_000_001 }, "delayMs: must be 0 to 31536000000"],
  [{ callAt: "tomorrow" }, `callAt: ${MOMENT}`],
  [{ callAt: "2026-01-01T12:00:00" }, `callAt: ${MOMENT}`],
  [{ callAt: "2026-02-30T12:00:00Z" }, `callAt: ${MOMENT}`],
  [{ callAt: 1_700_000_000_000 }, `callAt: ${MOMENT}`],
  [{ callAt: "2027-01-01T12:00:00.001Z" }, "callAt: must lie within a year"],
  [{ callAt: "2026-01-02T00:00:00Z", delayMs: 0 }, "callAt: cannot be given together with delayMs"],
  [{ expiresAt: "soon" }, `expiresAt: ${MOMENT}`],
  [{ expiresAt: "2026-01-01T12:00:00Z" }, "expiresAt: must lie in the future, and after the first call"],
  [
    { expiresAt: "2026-01-01T12:00:10Z", delayMs: 10_000 },
    "expiresAt: must lie in the future, and after the first call",
  ],
  [
    { expiresAt: "2025-01-01T00:00:00Z", callAt: "2024-01-01T00:00:00Z" },
    "expiresAt: must lie in the future, and after the first call",
  ],
  [{ sourceAppName: "x".repeat(65) }, "sourceAppName: must have at most 64 characters"],
  [{ targetAppName: "a\0" }, "targetAppName: must not contain NUL"],
  [{ priority: 1 }, "priority: is not a known field"],
  [retry({ delaysMs: [1] }), "retry.delaysMs: is not a known field"],
  [expect({ header: "x" }), "expect.header: is not a known field"],
];
for (const [more, error] of RULES) {
  test(`${JSON.stringify(more).slice(0, 80)} → ${error}`, async () => {
    assert.equal(await wrong(request(more)), [error]);
  });
}

const PAYLOADS: [string | null, Record<string, unknown> | null, boolean][] = [
  ["x".repeat(MAX_BODY_BYTES), null, true],
  ["x".repeat(MAX_BODY_BYTES + 1), null, false],
  ["界".repeat(MAX_BODY_BYTES / 3 + 1), null, false],
  [null, { a: "x".repeat(MAX_BODY_BYTES - 8) }, true],
  [null, { a: "x".repeat(MAX_BODY_BYTES) }, false],
  [null, null, true],
];
for (const [i, [body, requestParam, fits]] of PAYLOADS.entries()) {
  test(`payload ${i + 1} ${fits ? "fits" : "is too large"}`, async () => {
    const task = text(request({ body, requestParam }));
    if (fits) return assert.ok(parseTask(task, NOW));
    const error = await refusal(() => parseTask(task, NOW));
    assert.is(error.code, "body_too_large");
    assert.equal(error.errors, [
      { field: body === null ? "requestParam" : "body", message: "must have at most 1 MiB" },
    ]);
  });
}

test("what is nested too deeply is refused, not crashed on", async () => {
  const deep = `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`;
  const task = text(request({ requestParam: "deep" })).replace('"deep"', deep);
  const error = await refusal(() => parseTask(task, NOW));
  assert.equal(error.errors, [{ field: "body", message: "must not be nested deeper than 64 levels" }]);
});

for (const matches of ["(", "(?=a)", "(a)\\1"]) {
  test(`expect.matches ${matches} is refused with the engine's words`, async () => {
    const [error, ...others] = await wrong(request({ expect: { matches } }));
    assert.match(error ?? "", /^expect\.matches: .{5,200}$/);
    assert.equal(others, []);
  });
}

for (const nothing of [null, [], "text", 5]) {
  test(`${JSON.stringify(nothing)} is no task`, async () => {
    assert.equal((await wrong(nothing)).length, 1);
  });
}

test("nothing given: what is required is named", async () => {
  assert.equal((await wrong({})).sort(), [
    "limitCallCount: is required",
    "requestMethod: is required",
    "url: is required",
  ]);
});

test("every wrong field is named at once, of all levels, rules between fields included", async () => {
  const fields = await wrong({
    url: "http://a/{id}",
    requestMethod: "GET",
    body: "x",
    limitCallCount: 0,
    contentType: 5,
    headers: { host: "a", "x-fine": "b", "y z": "c" },
    expect: { status: [99], json: { "$[": 1 }, zap: 1 },
    retry: { strategy: "fixed", delayMs: -1, zip: 1 },
    callAt: "2026-01-02T00:00:00Z",
    delayMs: 5,
    timeoutMs: 5,
    foo: 1,
    bar: { deep: 1 },
  });
  assert.equal(fields.map((error) => error.split(": ")[0]).sort(), [
    ...["bar", "body", "callAt", "contentType", "expect.json.$[", "expect.status.0", "expect.zap", "foo"],
    ...["headers.host", "headers.y z", "limitCallCount", "retry.delayMs", "retry.zip", "timeoutMs", "url"],
  ]);
});

test.run();
