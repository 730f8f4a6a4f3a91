// What is accepted, and what it becomes. The refusals are in task-rules.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { z } from "zod";
import { epochMs } from "../../core/clock.ts";
import { parseTask } from "../../core/parse-task.ts";
import { MAX_BODY_BYTES } from "../../core/payload.ts";
import { parseWith } from "../../core/task-schema.ts";
import { json, refusal, request, text } from "./helpers.ts";

const test = suite("task schema: accepted");
const NOW = epochMs(Date.UTC(2026, 0, 1, 12));
const parse = (more: Record<string, unknown> = {}) => parseTask(text(request(more)), NOW).spec;

test("the smallest task, with every default filled in", () => {
  assert.equal(parse(), {
    url: "http://target.example/cb",
    requestMethod: "POST",
    requestParam: null,
    body: null,
    bodyBase64: null,
    contentType: null,
    headers: null,
    expectResult: null,
    expect: null,
    limitCallCount: 3,
    retry: {
      strategy: "schedule",
      delaysMs: [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200].map((s) => s * 1000),
      jitter: 0.1,
    },
    timeoutMs: 10_000,
    start: { delayMs: 0 },
    expiresAt: null,
    sourceAppName: null,
    targetAppName: null,
    orderKey: null,
    profile: null,
  });
});

test("null means not given", () => {
  const names = [
    ...["requestParam", "body", "contentType", "headers", "expectResult", "expect", "retry", "timeoutMs"],
    ...["delayMs", "callAt", "expiresAt", "sourceAppName", "targetAppName", "orderKey"],
  ];
  assert.equal(parse(Object.fromEntries(names.map((name) => [name, null]))), parse());
});

test("all fields at once", () => {
  const more = {
    url: "https://target.example/{id}?a=1",
    requestMethod: "PUT",
    requestParam: { id: "x y", deep: [{ a: null }, 1.5, true], 上海: "😀\0" },
    contentType: "application/vnd.shop+json",
    headers: { "X-Token": "abc", "x-empty": "" },
    expectResult: "ok",
    expect: { status: [200, 202], contains: "a", equals: "b", matches: "^c+$", json: { "$.d": { e: [1] } } },
    limitCallCount: 100,
    retry: { strategy: "exponential", delayMs: 1, factor: 1.5, maxDelayMs: 2_592_000_000, jitter: 1 },
    timeoutMs: 120_000,
    sourceAppName: "来源",
    targetAppName: "t".repeat(64),
    orderKey: "客户 😀".repeat(20),
  };
  const { delayMs: _, expiresAt: __, ...rest } = { delayMs: 0, expiresAt: null, ...more };
  assert.equal(parse({ ...more, callAt: "2026-01-02T00:00:00+08:00", expiresAt: "2026-01-02T00:00:00Z" }), {
    ...rest,
    requestParam: json(more.requestParam),
    expect: { ...more.expect, json: { "$.d": json({ e: [1] }) } },
    body: null,
    bodyBase64: null,
    start: { callAt: epochMs(Date.UTC(2026, 0, 1, 16)) },
    expiresAt: epochMs(Date.UTC(2026, 0, 2)),
    profile: null,
  } as unknown as ReturnType<typeof parse>);
});

const LIMITS: [name: string, more: Record<string, unknown>][] = [
  ["url of 2048 characters", { url: `http://a/${"x".repeat(2039)}` }],
  ["url with port, query and fragment", { url: "HTTP://a:8080/x?y=1#z" }],
  ["url with an IPv6 address", { url: "http://[::1]:80/" }],
  ["url in Chinese", { url: "http://必达.example/路径" }],
  ["the same placeholder twice", { url: "http://{h}/{h}", requestParam: { h: "a" } }],
  ["a placeholder filled with null", { url: "http://a/{h}", requestParam: { h: null } }],
  ["body of 1 MiB", { body: "x".repeat(MAX_BODY_BYTES) }],
  ["body of 1 MiB of emoji", { body: "😀".repeat(MAX_BODY_BYTES / 4) }],
  ["body with NUL", { body: "a\0b" }],
  ["empty body", { body: "" }],
  ["body with DELETE", { requestMethod: "DELETE", body: "x", contentType: "text/plain" }],
  ["expectResult of 512 characters", { expectResult: "x".repeat(512) }],
  ["limit 1", { limitCallCount: 1 }],
  ["timeout 100", { timeoutMs: 100 }],
  ["a delay of a year", { delayMs: 31_536_000_000 }],
  ["callAt in the past", { callAt: "2000-01-01T00:00:00Z" }],
  ["callAt in a year", { callAt: "2027-01-01T12:00:00Z" }],
  ["fixed retry without a pause", { retry: { strategy: "fixed", delayMs: 0 } }],
  ["100 delays", { retry: { strategy: "schedule", delaysMs: Array(100).fill(1) } }],
  ["an empty expectation", { expect: {} }],
  [
    "20 JSON paths",
    { expect: { json: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`$.a${i}`, i])) } },
  ],
  ["16 KiB of headers", { headers: { x: "y".repeat(16_384 - 5) } }],
  ["an own content-type header", { headers: { "Content-Type": "text/xml" }, body: "<a/>" }],
  ["orderKey of 128 characters", { orderKey: "k".repeat(128) }],
  ["text of 4-byte characters", { sourceAppName: "😀".repeat(32), targetAppName: "𠮷" }],
];
for (const [name, more] of LIMITS) test(`${name}`, () => assert.ok(parse(more)));

test("an empty expectResult asks for nothing", () =>
  assert.is(parse({ expectResult: "" }).expectResult, null));

test("a moment is read with its zone", () => {
  const at = (callAt: string) => parse({ callAt }).start;
  for (const text of ["2026-01-01T13:00:00Z", "2026-01-01T21:00:00+08:00", "2026-01-01T13:00:00.000Z"]) {
    assert.equal(at(text), { callAt: epochMs(Date.UTC(2026, 0, 1, 13)) }, text);
  }
});

test("parseWith: another schema, another code", async () => {
  const schema = z.strictObject({ limit: z.int("must be a whole number").default(50) });
  assert.equal(parseWith(schema, {}, "invalid_query"), { limit: 50 });
  const error = await refusal(() => parseWith(schema, { limit: "x", y: 1 }, "invalid_query"));
  assert.is(error.code, "invalid_query");
  assert.equal(error.errors, [
    { field: "limit", message: "must be a whole number" },
    { field: "y", message: "is not a known field" },
  ]);
});

test.run();
