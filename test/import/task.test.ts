// From kkbida's rows to a task and its attempts.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hours } from "../../core/clock.ts";
import { laneOf } from "../../core/ids.ts";
import { parseLegacyTask } from "../../core/legacy.ts";
import type { SourceLog, SourceTask } from "../../store/kkbida/rows.ts";
import { type MappedTask, mapTask } from "../../store/kkbida/task.ts";
import { text } from "../core/helpers.ts";
import { idOf, logRow, taskRow } from "./kkbida.ts";

const ZONE = hours(8);
const AT = Date.UTC(2026, 0, 31);

const source = (more: Record<string, unknown>) => taskRow(more) as unknown as SourceTask;
const logs = (...more: Record<string, unknown>[]) =>
  more.map((one, i) => ({ id: i + 1, ...logRow(one) })) as unknown as SourceLog[];

function mapped(more: Record<string, unknown> = {}, calls: SourceLog[] = logs({})): MappedTask {
  const result = mapTask(source(more), calls, ZONE);
  if (typeof result === "string") throw new Error(result);
  return result;
}

const refused = (more: Record<string, unknown>) => mapTask(source(more), [], ZONE);

test("in flight: pending, due when kkbida would have called", () => {
  const { task, attempts, uncallable } = mapped();
  assert.is(task.taskId, idOf(1));
  assert.is(task.state, "pending");
  assert.is(task.nextCallAt, AT + 61_000);
  assert.equal([task.callCount, task.manualCalls, task.limitCallCount], [1, 0, 3]);
  assert.equal([task.createdAt, task.updatedAt, task.finishedAt], [AT, AT + 1000, null]);
  assert.equal(task.lastError, { code: "bad_status", message: "500 null" });
  assert.is(task.lane, laneOf("http://target.example"));
  assert.is(task.sourceIp, "10.0.0.1");
  assert.is(uncallable, null);
  assert.equal(attempts, [
    {
      n: 1,
      startedAt: AT + 1000,
      durationMs: 0,
      outcome: "failed",
      statusCode: 500,
      error: { code: "bad_status", message: "500 null" },
      responseHeaders: null,
      responseBody: "500 null",
      responseEncoding: "text",
      responseTruncated: false,
      node: "kkbida",
      retryAfterMs: null,
    },
  ] as never);
});

test("what is asked for is what a new task of kkbida's client asks for", () => {
  const { task } = mapped({ callCount: 0 }, []);
  const fresh = parseLegacyTask(
    text({
      url: "http://target.example/cb",
      requestMethod: "POST",
      requestParam: { city: "上海" },
      sourceAppName: "xxx",
      targetAppName: "yyy",
      expectResult: "成功",
      limitCallCount: 3,
    }),
  );
  const { start: _, ...asked } = fresh.spec;
  for (const [field, value] of Object.entries(asked)) {
    assert.equal(task[field as keyof typeof task], value, field);
  }
});

test("succeeded, and exhausted", () => {
  const calls = logs({}, { createDate: "2026-01-31 08:01:02", responseTxt: "成功", isSuccess: 1 });
  const won = mapped({ callCount: 2, isSuccess: Buffer.from([1]), expireTimestamp: null }, calls);
  assert.equal(
    [won.task.state, won.task.nextCallAt, won.task.finishedAt, won.task.lastError],
    ["succeeded", null, AT + 62_000, null],
  );
  assert.equal([won.attempts[1]?.outcome, won.attempts[1]?.statusCode], ["succeeded", 200]);
  const lost = mapped({ callCount: 3, expireTimestamp: null }, logs({}, {}, { responseTxt: "404 null" }));
  assert.equal([lost.task.state, lost.task.nextCallAt, lost.task.manualCalls], ["exhausted", null, 0]);
  assert.equal(lost.task.lastError, { code: "bad_status", message: "404 null" });
});

test("a succeeded task is not called again, though its count is below the limit", () => {
  assert.is(mapped({ isSuccess: 1, callCount: 1, limitCallCount: 3 }).task.state, "succeeded");
});

test("in flight without a due time: a minute after the last call, or at once", () => {
  assert.is(mapped({ expireTimestamp: null }).task.nextCallAt, AT + 61_000);
  assert.is(
    mapped({ expireTimestamp: null, lastModifiedDate: null }).task.nextCallAt,
    AT + 61_000,
    "by the log",
  );
  assert.is(mapped({ expireTimestamp: null, lastModifiedDate: null, callCount: 0 }, []).task.nextCallAt, AT);
});

test("no dates at all, and zero dates", () => {
  for (const none of [null, "0000-00-00 00:00:00"]) {
    const dates = { createDate: none, lastModifiedDate: none, expireTimestamp: none };
    const { task, attempts } = mapped(dates, logs({ createDate: none, lastModifiedDate: none }));
    assert.equal([task.createdAt, task.updatedAt, task.nextCallAt], [0, 0, 0]);
    assert.is(attempts[0]?.startedAt, 0);
    assert.is(mapped(dates, logs({})).task.createdAt, AT + 1000, "the first log says when");
  }
});

test("more logs than the count: all are kept, and as many automatic calls are left as kkbida had left", () => {
  const { task, attempts } = mapped({ callCount: 1, limitCallCount: 3 }, logs({}, {}, {}, {}));
  assert.equal(
    attempts.map(({ n }) => n),
    [1, 2, 3, 4],
  );
  assert.equal([task.state, task.callCount, task.manualCalls], ["pending", 4, 3]);
});

test("fewer logs than the count: the count stands, so that no number is used twice", () => {
  const { task, attempts } = mapped({ callCount: 2 }, logs({}));
  assert.equal([task.callCount, task.manualCalls, attempts.length], [2, 0, 1]);
  const none = mapped({ callCount: 1 }, []);
  assert.equal(none.task.lastError, {
    code: "unexpected_result",
    message: "kkbida kept no answer of the call",
  });
});

test("called by hand beyond the limit: those calls are counted as such", () => {
  const { task } = mapped({ callCount: 5, limitCallCount: 3 }, logs({}, {}, {}, {}, {}));
  assert.equal([task.state, task.callCount, task.manualCalls], ["exhausted", 5, 2]);
});

test("answers: cut at 65 535 bytes, whole characters, and marked", () => {
  const body = (responseTxt: unknown) => mapped({}, logs({ responseTxt })).attempts[0];
  assert.equal(
    [body("a".repeat(65_534))?.responseTruncated, body("a".repeat(65_535))?.responseTruncated],
    [false, true],
  );
  const wide = body("上".repeat(40_000));
  assert.is(Buffer.byteLength(wide?.responseBody ?? ""), 65_535);
  assert.is(wide?.responseTruncated, true);
  const emoji = body("😀".repeat(20_000));
  assert.is(emoji?.responseBody, "😀".repeat(16_383));
  assert.equal([body(null)?.responseBody, body(null)?.responseTruncated], [null, false]);
  assert.is(body("")?.responseBody, "");
});

test("names and addresses that are too long are cut; empty ones are none", () => {
  const { task } = mapped({ sourceAppName: "s".repeat(200), targetAppName: "", sourceIp: "1".repeat(200) });
  assert.equal([task.sourceAppName?.length, task.targetAppName, task.sourceIp?.length], [64, null, 45]);
});

test("an expected text that is too long for its column is still expected as a whole", () => {
  const { task } = mapped({ expectResult: "长".repeat(600) });
  assert.is(task.expectResult, "长".repeat(512));
  assert.equal(task.expect, { status: [200], stop: [], contains: "长".repeat(600) });
  assert.equal(mapped({ expectResult: null }).task.expect, { status: [200], stop: [] });
});

test("numbers that JavaScript cannot hold are sent as they are", () => {
  const requestParamTxt = '{"id":1234567890123456789}';
  const post = mapped({ requestParamTxt }).task;
  assert.equal([post.requestParam, post.body], [requestParamTxt, null]);
  const get = mapped({ requestMethod: "GET", url: "http://target.example/{id}", requestParamTxt }).task;
  assert.equal([get.requestParam, get.body], [requestParamTxt, null]);
});

test("credentials in a URL are dropped, as kkbida never sent them", () => {
  const { task, changed, uncallable } = mapped({ url: "http://user:secret@target.example/x" });
  assert.equal([task.url, task.state, uncallable], ["http://target.example/x", "pending", null]);
  assert.match(changed ?? "", /user name and password/);
  assert.is(mapped().changed, null);
});

test("in flight, but not to be called: exhausted, with the reason", () => {
  for (const [more, reason] of [
    [{ requestParamTxt: "{broken" }, /requestParamTxt is not JSON/],
    [{ requestParamTxt: "[]" }, /not a JSON object/],
    [{ requestMethod: "GET", url: "http://target.example/{id}" }, /placeholder \{id\}/],
  ] as const) {
    const { task, uncallable } = mapped(more);
    assert.match(uncallable ?? "", reason);
    assert.equal([task.state, task.nextCallAt, task.lastError?.code], ["exhausted", null, "bad_request"]);
    assert.is(mapped({ ...more, isSuccess: 1 }).uncallable, null, "history stays what it is");
  }
});

test("what cannot be kept, and why", () => {
  assert.is(refused({ taskId: "42" }), "taskId is not a UUID");
  assert.match(refused({ requestMethod: null }) as string, /^requestMethod/);
  assert.match(refused({ requestMethod: "TRACE" }) as string, /^requestMethod/);
  assert.match(refused({ limitCallCount: null }) as string, /^limitCallCount/);
  for (const url of [
    null,
    "",
    "target.example/cb",
    "ftp://target.example/",
    "http://",
    "http://[::1/",
    `http://a/${"x".repeat(2048)}`,
    "http://a/\0",
  ]) {
    assert.match(refused({ url }) as string, /^url is not a valid/, String(url));
  }
  assert.match(refused({ requestParamTxt: `{"a":"${"x".repeat(1024 * 1024)}"}` }) as string, /1 MiB/);
});

test("ids in upper case are lowered, methods in lower case raised", () => {
  assert.is(mapped({ taskId: idOf(1).toUpperCase(), requestMethod: "post" }).task.taskId, idOf(1));
});

test.run();
