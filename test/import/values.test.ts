// Single values of kkbida's rows.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hours, millis } from "../../core/clock.ts";
import {
  parseZone,
  readCount,
  readFailure,
  readFlag,
  readParam,
  readTime,
} from "../../store/kkbida/values.ts";

const CHINA = hours(8);

test("times are wall clock of the zone", () => {
  assert.is(readTime("2026-01-31 08:00:00", CHINA), Date.UTC(2026, 0, 31));
  assert.is(readTime("2026-01-31 00:30:00", CHINA), Date.UTC(2026, 0, 30, 16, 30));
  assert.is(readTime("2026-01-31 08:00:00", millis(0)), Date.UTC(2026, 0, 31, 8));
  assert.is(readTime("2026-01-31T08:00:00.123456", CHINA), Date.UTC(2026, 0, 31, 0, 0, 0, 123));
  assert.is(readTime("2026-01-31 08:00:00.5", CHINA), Date.UTC(2026, 0, 31, 0, 0, 0, 500));
  assert.is(readTime("2026-01-31", CHINA), Date.UTC(2026, 0, 30, 16));
  assert.is(readTime("2024-02-29 08:00:00", CHINA), Date.UTC(2024, 1, 29));
});

test("numbers are seconds or milliseconds since the epoch", () => {
  assert.is(readTime("1769817600", CHINA), 1_769_817_600_000);
  assert.is(readTime(1_769_817_600_123, CHINA), 1_769_817_600_123);
});

test("NULL, zero dates and what is no time are none", () => {
  for (const value of [
    null,
    undefined,
    "",
    "0000-00-00 00:00:00",
    "2026-00-10 00:00:00",
    "2026-02-30 00:00:00",
    "2026-01-31 25:00:00",
    "soon",
  ]) {
    assert.is(readTime(value, CHINA), null, String(value));
  }
});

test("zones", () => {
  assert.is(parseZone("+08:00"), 8 * 3_600_000);
  assert.is(parseZone("-03:30"), -3.5 * 3_600_000);
  for (const text of ["8", "+8:00", "GMT+8", "+24:00x", ""]) assert.is(parseZone(text), null, text);
});

test("flags, whatever their column's type", () => {
  for (const yes of [Buffer.from([1]), 1, true, "1", "\u0001", "true", "Y"]) assert.is(readFlag(yes), true);
  for (const no of [Buffer.from([0]), 0, false, null, undefined, "0", "\0", "false", "N", ""]) {
    assert.is(readFlag(no), false);
  }
});

test("counts", () => {
  assert.is(readCount(3), 3);
  assert.is(readCount("3"), 3);
  for (const value of [null, undefined, "", -1, 1.5, "many", 2 ** 40]) assert.is(readCount(value), null);
});

test("requestParam: an object, or nothing, or why not", () => {
  assert.is(readParam(' {"city": "上海", "n":[1,2.5]}'), '{"city":"上海","n":[1,2.5]}');
  for (const nothing of [null, "", " ", "null"]) assert.is(readParam(nothing), null);
  const refused = (text: string, why: RegExp) => assert.throws(() => readParam(text), why);
  refused("[1]", /is not a JSON object/);
  refused('"text"', /is not a JSON object/);
  refused("{", /is not JSON/);
  refused(`{"a":${"[".repeat(65)}${"]".repeat(65)}}`, /deeper than 64/);
  refused(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, /deeper than 64/);
});

test("requestParam: numbers are kept as they are written", () => {
  const text =
    '{"id":1234567890123456789,"price":0.10,"pi":3.14159265358979323846,"e":1e3,"big":12345678901234567000,"2":0,"1":-0}';
  assert.is(readParam(text), text);
});

test("requestParam: of a key that stands twice the last one counts", () =>
  assert.is(readParam('{"a":1,"b":{"x":1,"x":2},"a":3}'), '{"a":3,"b":{"x":2}}'));

test("failures: what Java's client said, in our catalogue", () => {
  const io = (why: string) =>
    readFailure(`I/O error on POST request for "http://target.example/cb": ${why}`).error.code;
  assert.is(
    io("Connection refused (Connection refused); nested exception is java.net.ConnectException"),
    "refused",
  );
  assert.is(io("target.example; nested exception is java.net.UnknownHostException: target.example"), "dns");
  assert.is(io("connect timed out; nested exception is java.net.SocketTimeoutException"), "connect_timeout");
  assert.is(io("Read timed out; nested exception is java.net.SocketTimeoutException"), "timeout");
  assert.is(io("PKIX path building failed; nested exception is javax.net.ssl.SSLHandshakeException"), "tls");
  assert.is(io("Connection reset; nested exception is java.net.SocketException"), "reset");
  assert.is(io("something else"), "unreachable");
  for (const [text, status] of [
    ["500 null", 500],
    ["404 Not Found", 404],
    ["503 Service Unavailable: [busy]", 503],
  ] as const) {
    const { error, statusCode } = readFailure(text);
    assert.equal([error, statusCode], [{ code: "bad_status", message: text }, status]);
  }
  for (const text of ["500 errors", "404", "失败", "", null]) {
    assert.is(readFailure(text).error.code, "unexpected_result");
    assert.is(readFailure(text).statusCode, null);
  }
});

test.run();
