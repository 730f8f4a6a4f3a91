// Dubbo's protocol without a socket: recorded frames, requests and answers; which request repeats another one.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  exceptionAnswer,
  genericExceptionAnswer,
  problemAnswer,
  readsAttachments,
  textAnswer,
} from "../../../core/dubbo/answer.ts";
import { taskText, wantedBy } from "../../../core/dubbo/callback-service.ts";
import {
  answerFrame,
  eventAnswer,
  type Frame,
  FrameError,
  FrameReader,
  heartbeat,
  MAX_BODY,
  readOnly,
  STATUS,
} from "../../../core/dubbo/frame.ts";
import { providerUrl } from "../../../core/dubbo/provider-url.ts";
import { Repetitions } from "../../../core/dubbo/repetitions.ts";
import { readInvocation } from "../../../core/dubbo/request.ts";
import { HessianReader } from "../../../core/hessian/reader.ts";
import { HessianError, HessianObject, type HessianValue } from "../../../core/hessian/values.ts";
import { parseLegacyTask } from "../../../core/legacy.ts";
import { RECORDING, recorded } from "./recording.ts";

const test = suite("dubbo");

const framesOf = (bytes: Buffer, size = bytes.length): Frame[] => {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.read(bytes.subarray(at, at + size)));
  assert.not(reader.isWithinFrame);
  return frames;
};

const invocationOf = (name: string) => readInvocation(recorded(name).request.subarray(16));

test("recorded frames are found in a stream, however it is cut", () => {
  const all = Buffer.concat([...RECORDING.values()].flatMap(({ request, response }) => [request, response]));
  const whole = framesOf(all);
  assert.is(whole.length, 2 * RECORDING.size);
  for (const size of [1, 7, 16, 17, 1_000, 65_536]) assert.equal(framesOf(all, size), whole, `${size}`);
  const [request, response] = whole as [Frame, Frame];
  const { body, ...head } = request;
  assert.equal(head, {
    isRequest: true,
    isTwoWay: true,
    isEvent: false,
    serialization: 2,
    id: 0n,
    length: body?.length,
  });
  assert.not(response.isRequest);
});

test("signs of life and the goodbye are those that were recorded", () => {
  assert.is(heartbeat(1n).toString("hex"), "dabbe20000000000000000010000" + "00014e");
  assert.is(eventAnswer(256n).toString("hex"), "dabb22140000000000000100000000014e");
  assert.is(readOnly(0n).toString("hex"), "dabba2000000000000000000000000020152");
});

test("a body that is too long is skipped, what follows is read", () => {
  const long = Buffer.from(recorded("echo").request);
  long.writeUInt32BE(MAX_BODY + 1, 12);
  const filled = Buffer.concat([
    long.subarray(0, 16),
    Buffer.alloc(MAX_BODY + 1, 1),
    recorded("seed").request,
  ]);
  for (const size of [60_000, filled.length]) {
    const frames = framesOf(filled, size);
    assert.equal(
      frames.map(({ body, length }) => [body === null, length]),
      [
        [true, MAX_BODY + 1],
        [false, recorded("seed").request.length - 16],
      ],
    );
  }
});

test("memory grows with what has come, not with what a header promises", () => {
  const reader = new FrameReader();
  const head = Buffer.from(recorded("echo").request.subarray(0, 16));
  head.writeUInt32BE(MAX_BODY, 12);
  for (let i = 0; i < 16; i++) assert.is([...reader.read(head.subarray(i, i + 1))].length, 0);
  assert.ok(reader.size < 100);
  for (let i = 0; i < 100_000; i++) assert.is([...reader.read(Buffer.from([1]))].length, 0);
  assert.ok(reader.size < 300_000, `${reader.size}`);
});

test("what is no frame ends the stream at its second byte; so does a length that is none", () => {
  for (const bytes of ["GET / HTTP/1.1\r\n", "status\r\n", "\xda\xbc"])
    assert.throws(
      () => framesOf(Buffer.from(bytes, "latin1")),
      (error: Error) => error instanceof FrameError,
    );
  const head = Buffer.from(recorded("echo").request);
  for (const length of [0xffffffff, 0x80000000, 0x7fffffff]) {
    head.writeUInt32BE(length, 12);
    assert.throws(
      () => framesOf(head),
      (error: Error) => error instanceof FrameError,
    );
  }
});

test("recorded requests are read", () => {
  for (const name of RECORDING.keys()) {
    const { dubbo, path, version, types, args, attachments } = invocationOf(name);
    assert.equal(
      [dubbo, path, version],
      ["2.0.2", "cn.keking.callcenter.sdk.service.CallBackService", "1.0"],
      name,
    );
    assert.is(args.length, 1);
    assert.ok(types.startsWith("L"));
    assert.is(attachments.get("timeout"), "5000");
  }
});

test("a recorded task is the task that kkbida's HTTP client would have sent", () => {
  const { spec } = parseLegacyTask(taskText(invocationOf("seed").args[0] as HessianValue));
  assert.is(spec.url, "http://127.0.0.1:18240/ok/weatherApi");
  assert.is(spec.requestMethod, "GET");
  assert.is(spec.requestParam, '{"city":"上海"}');
  assert.is(spec.expectResult, "成功");
  assert.is(spec.limitCallCount, 3);
  assert.is(spec.sourceAppName, "xxx");
  assert.is(
    parseLegacyTask(taskText(invocationOf("null-params").args[0] as HessianValue)).spec.requestParam,
    null,
  );
});

test("refused tasks have the very texts that were recorded", () => {
  for (const name of ["bad-url", "no-expect", "all"]) {
    const expected = detailOf(recorded(name).response);
    assert.match(expected, /^任务添加失败，/);
    assert.throws(
      () => parseLegacyTask(taskText(invocationOf(name).args[0] as HessianValue)),
      (error: Error) => error.message === expected,
      name,
    );
  }
});

/** `detailMessage` of a recorded exception. */
function detailOf(response: Buffer): string {
  const reader = new HessianReader(response.subarray(16));
  assert.is(reader.value(), 4 - 1);
  return (reader.value() as HessianObject).fields.get("detailMessage") as string;
}

test("answers are those that were recorded, byte for byte", () => {
  for (const name of ["seed", "post", "null-params", "rich", "doCall"]) {
    const { request, response } = recorded(name);
    const reader = new HessianReader(response.subarray(16));
    reader.value();
    const taskId = reader.value() as string;
    const id = request.readBigInt64BE(4);
    const answer = answerFrame(id, STATUS.OK, textAnswer("2.0.2", taskId));
    assert.is(answer.toString("hex"), response.toString("hex"), name);
  }
});

test("consumers of each version get the form that they read", () => {
  const table: [version: string, withAttachments: boolean][] = [
    ["2.0.2", true],
    ["2.0.1", false],
    ["2.0.0", false],
    ["2.5.10", false],
    ["2.6.2", false],
    ["2.6.3", true],
    ["2.7.23", true],
    ["2.8.4", false],
    ["2.8.4a", false],
    ["3.2.16", true],
    ["2.0.2-SNAPSHOT", true],
    ["", false],
    ["x", false],
    ["9".repeat(100), true],
  ];
  for (const [version, expected] of table) assert.is(readsAttachments(version), expected, version);
  assert.is(textAnswer("2.0.1", "a").toString("hex"), "910161");
  assert.is(textAnswer("2.0.2", "a").toString("hex"), "940161480564756262" + "6f05322e302e325a");
  for (const [dubbo, mark] of [
    ["2.0.1", 0],
    ["2.0.2", 3],
  ] as const) {
    for (const answer of [exceptionAnswer, genericExceptionAnswer]) {
      const reader = new HessianReader(answer(dubbo, "任务添加失败，x"));
      assert.is(reader.value(), mark);
      const exception = reader.value() as HessianObject;
      assert.instance(exception, HessianObject);
      assert.match(exception.fields.get("detailMessage") as string, /任务添加失败，x$/);
    }
  }
  assert.is(new HessianReader(problemAnswer("no")).value(), "no");
});

test("another interface, version, group or method is named in the reason", () => {
  const usual = invocationOf("seed");
  const table: [Partial<typeof usual>, RegExp][] = [
    [{ path: "a.B" }, /Not found exported service: a\.B:1\.0/],
    [{ version: "2.0" }, /CallBackService:2\.0;/],
    [{ attachments: new Map([["group", "g"]]) }, /g\/cn\.keking/],
    [{ method: "remove" }, /No such method remove\(/],
    [{ types: "Ljava/lang/Object;" }, /No such method call\(/],
    [{ method: "$echo", types: "I" }, /No such method/],
    [{ method: "$invoke", args: ["remove", null, null] }, /No such method remove/],
    [{ method: "$invoke", attachments: new Map([["generic", "nativejava"]]) }, /generic=true/],
    [{ path: "x".repeat(100_000) }, /^.{0,500}$/],
  ];
  for (const [change, words] of table) {
    const wanted = wantedBy({ ...usual, ...change });
    assert.is(wanted.kind, "unknown");
    if (wanted.kind === "unknown") assert.match(wanted.reason, words);
  }
});

test("bodies that are no request are refused", () => {
  const bodies = ["", "90", "05322e302e32", `${"0161".repeat(5)}90`, "0161 0161 0161 0161 0141 90 90"];
  for (const hex of bodies)
    assert.throws(
      () => readInvocation(Buffer.from(hex.replaceAll(" ", ""), "hex")),
      (error: Error) => error instanceof HessianError,
      hex,
    );
});

test("a provider's URL is that of kkbida, and the same at each start", () => {
  assert.is(
    providerUrl({ host: "192.0.2.2", port: 20880 }),
    "dubbo://192.0.2.2:20880/cn.keking.callcenter.sdk.service.CallBackService?anyhost=true&application=bida&dubbo=2.0.2&generic=false&interface=cn.keking.callcenter.sdk.service.CallBackService&methods=call,doCall&revision=1.0.1&serialization=hessian2&side=provider&version=1.0",
  );
});

const PROMPT = { delay: 0, timeout: 1_000 };

test("a request repeats another one that was not answered in time", () => {
  const known = new Repetitions<string>();
  known.add("a", "first", 0, PROMPT);
  assert.is(known.find("a", 900), null, "two equal tasks within the time-out");
  assert.is(known.find("b", 1_000), null, "another request");
  assert.is(known.find("a", 1_000), "first");
  assert.is(known.find("a", 2_000), "first", "the second repetition");
  known.answered("a", "first", 2_500);
  assert.is(known.find("a", 3_000), "first", "the answer came too late for it");
  assert.is(known.find("a", 10_001), null, "not after ten seconds");
});

test("a request that was answered in time is not repeated: an equal one is another task", () => {
  const known = new Repetitions<string>();
  known.add("a", "first", 0, PROMPT);
  known.answered("a", "first", 300);
  assert.is(known.size, 0);
  assert.is(known.find("a", 1_000), null);
});

test("equal requests at the same time are tasks of their own", () => {
  const known = new Repetitions<string>();
  known.add("a", "first", 0, PROMPT);
  assert.is(known.find("a", 10), null);
  known.add("a", "second", 10, PROMPT);
  known.answered("a", "first", 20);
  known.answered("a", "second", 30);
  assert.is(known.size, 0);
});

test("the consumer's own time-out counts", () => {
  const known = new Repetitions<string>();
  known.add("a", "first", 0, { delay: 0, timeout: 5_000 });
  assert.is(known.find("a", 2_000), null);
  assert.is(known.find("a", 5_000), "first");
});

test("after a standstill what is read at once may have been sent a second apart", () => {
  const known = new Repetitions<string>();
  known.add("a", "first", 0, { delay: 1_500, timeout: 1_000 });
  assert.is(known.find("a", 0), "first");
  known.answered("a", "first", 10);
  assert.is(known.find("a", 20), "first", "the answer came too late for it");
});

test("what is remembered of a connection is bounded", () => {
  const known = new Repetitions<number>();
  for (let i = 0; i < 20_000; i++) known.add(`${i}`, i, i / 100, PROMPT);
  assert.is(known.size, 10_000);
  known.add("late", 1, 60_000, PROMPT);
  assert.is(known.size, 1);
});

test.run();
