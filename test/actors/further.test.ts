// Proof of success behind the first 64 KiB of an answer, against a real server.
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AnswerRoom } from "../../actors/answer-room.ts";
import type { DeliveryContext } from "../../actors/delivery.ts";
import { guardedConnector } from "../../actors/egress.ts";
import { TextSearch } from "../../actors/text-search.ts";
import { systemClock } from "../../core/clock.ts";
import type { ExpectationSpec } from "../../core/expect.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import { allowLoopback, connectionsTo, delivered, httpTarget, job } from "./targets.ts";

const test = suite("further");
const connector = guardedConnector(allowLoopback);
const KIB = 1024;
const MIB = 1024 * KIB;
const TEXT = "成功 ok";

interface Asked {
  expect?: ExpectationSpec;
  expectResult?: string;
  timeoutMs?: number;
  answers?: AnswerRoom;
  judge?: DeliveryContext["judge"];
}

async function attempt(answer: (res: ServerResponse) => void, asked: Asked): Promise<AttemptRecord> {
  const target = await httpTarget((_, res) => answer(res.on("error", () => undefined)));
  const connections = connectionsTo(target.url);
  const { expect = null, expectResult = null, timeoutMs = 20_000, answers = new AnswerRoom() } = asked;
  const { judge } = asked;
  try {
    const made = job(target.url, { expect, expectResult, timeoutMs: timeoutMs as never });
    const context = {
      connections,
      connector,
      clock: systemClock,
      node: "n",
      answers,
      ...(judge && { judge }),
    };
    return (await delivered(made, context)).attempt!;
  } finally {
    connections.destroy();
    await target.stop();
  }
}

const padding = (bytes: number): string => "x".repeat(bytes);
/** Nothing compresses it. */
function noise(bytes: number): string {
  let text = "";
  for (let i = 0; text.length < bytes; i++) text += createHash("sha256").update(String(i)).digest("base64");
  return text.slice(0, bytes);
}
const gbk = Buffer.from("b3c9b9a6", "hex");
const whole =
  (body: string | Buffer, headers: Record<string, string> = {}) =>
  (res: ServerResponse) =>
    void res.writeHead(200, { "content-type": "text/plain;charset=utf-8", ...headers }).end(body);

interface Row extends Asked {
  what: string;
  answer: (res: ServerResponse) => void;
  /** Null: it succeeds. */
  error: RegExp | null;
}

const contains = (more: ExpectationSpec = {}) => ({ expect: { contains: TEXT, ...more } });
const big = (bytes: number, value: number) => `{"pad":"${padding(bytes)}","ok":${value}}`;

const ROWS: Row[] = [
  { what: "a text at 300 KiB", answer: whole(padding(300 * KIB) + TEXT), ...contains(), error: null },
  {
    what: "kkbida's text at 300 KiB",
    answer: whole(padding(300 * KIB) + TEXT),
    expectResult: TEXT,
    error: null,
  },
  {
    what: "a text over the 64 KiB line",
    answer: whole(padding(65_532) + TEXT + padding(9)),
    ...contains(),
    error: null,
  },
  {
    what: "no such text",
    answer: whole(padding(300 * KIB)),
    ...contains(),
    error: /unexpected_result the body does not contain "成功 ok" \(only its first 1 MiB were read\)/,
  },
  { what: "a text behind 1 MiB", answer: whole(padding(MIB) + TEXT), ...contains(), error: /first 1 MiB/ },
  {
    what: "a text behind 8 MiB, where it may be",
    answer: whole(padding(8 * MIB) + TEXT),
    ...contains({ maxBytes: 16 * MIB }),
    error: null,
  },
  {
    what: "a text behind a lower limit",
    answer: whole(padding(128 * KIB) + TEXT),
    ...contains({ maxBytes: 100_000 }),
    error: /first 98 KiB/,
  },
  {
    what: "a text of another charset",
    answer: whole(Buffer.concat([Buffer.from(padding(200 * KIB)), gbk]), {
      "content-type": "text/plain;charset=gbk",
    }),
    expectResult: "成功",
    error: null,
  },
  {
    what: "two texts, one in the beginning",
    answer: whole(`first${padding(200 * KIB)}${TEXT}`),
    ...contains(),
    expectResult: "first",
    error: null,
  },
  {
    what: "two texts, one missing",
    answer: whole(`${padding(200 * KIB)}${TEXT}`),
    ...contains(),
    expectResult: "first",
    error: /does not contain "first"/,
  },
  {
    what: "gzip",
    answer: whole(gzipSync(padding(500 * KIB) + TEXT), { "content-encoding": "gzip" }),
    ...contains(),
    error: null,
  },
  {
    what: "zstd over 128 KiB as it is sent",
    answer: whole(zstdCompressSync(noise(400 * KIB) + TEXT), { "content-encoding": "zstd" }),
    ...contains(),
    error: null,
  },
  {
    what: "gzip over 1 MiB when decoded",
    answer: whole(gzipSync(padding(MIB) + TEXT), { "content-encoding": "gzip" }),
    ...contains({ maxBytes: 2 * MIB }),
    error: /first 1 MiB/,
  },
  { what: "JSON", answer: whole(big(500 * KIB, 1)), expect: { json: { "$.ok": "1" as never } }, error: null },
  {
    what: "JSON with gzip",
    answer: whole(gzipSync(big(500 * KIB, 1)), { "content-encoding": "gzip" }),
    expect: { json: { "$.ok": "1" as never } },
    error: null,
  },
  {
    what: "JSON that says no",
    answer: whole(big(500 * KIB, 2)),
    expect: { json: { "$.ok": "1" as never } },
    error: /has no "\$\.ok"/,
  },
  {
    what: "JSON over 1 MiB",
    answer: whole(big(MIB, 1)),
    expect: { json: { "$.ok": "1" as never } },
    error: /is not JSON \(only its first 1 MiB/,
  },
  {
    what: "JSON of too many values",
    answer: whole(`[${"1,".repeat(200_000)}1]`),
    expect: { json: { "$[0]": "1" as never } },
    error: /overrun/,
  },
  {
    what: "a long text that it must equal",
    answer: whole(`${padding(60_000)}${"成".repeat(5_000)}`),
    expect: { equals: `${padding(60_000)}${"成".repeat(5_000)}` },
    error: null,
  },
  {
    what: "a pattern in the beginning",
    answer: whole(`ok${padding(200 * KIB)}`),
    expect: { matches: "^ok" },
    error: null,
  },
  {
    what: "a pattern behind it",
    answer: whole(`${padding(200 * KIB)}ok`),
    expect: { matches: "ok$" },
    error: null,
  },
];

for (const row of ROWS)
  test(row.what, async () => {
    const { outcome, error, responseBody, responseTruncated } = await attempt(row.answer, row);
    const said = `${error?.code} ${error?.message}`;
    if (row.error) assert.match(said, row.error);
    else assert.is(outcome, "succeeded", said);
    assert.ok(responseTruncated);
    assert.ok(Buffer.byteLength(responseBody ?? "") <= 65_535);
    assert.ok((responseBody ?? "").length > 65_000 / 3);
  });

/** Sends until nobody listens, in pieces that come far apart. */
function endless(piece: Buffer, before = ""): { answer: (res: ServerResponse) => void; sent: () => number } {
  let sent = 0;
  return {
    sent: () => sent,
    answer: (res) => {
      res.writeHead(200, { "content-type": "text/plain" }).write(before);
      const go = () => {
        while (!res.destroyed && res.write(piece)) sent += piece.length;
        sent += piece.length;
      };
      res.on("drain", () => setImmediate(go));
      go();
    },
  };
}

test("an endless answer is read no further than to the text, or the limit", async () => {
  const found = endless(Buffer.from(padding(1_000)), padding(70_000) + TEXT);
  assert.is((await attempt(found.answer, contains())).outcome, "succeeded");
  const never = endless(Buffer.from(padding(64 * KIB)));
  const { error } = await attempt(never.answer, contains());
  assert.match(error?.message ?? "", /first 1 MiB/);
  // What is on the way in sockets' buffers counts too.
  for (const { sent } of [found, never]) assert.ok(sent() < 24 * MIB, `${sent()} bytes`);
});

test("a wrong status is not read on: nothing could make it a success", async () => {
  let sent = 0;
  const { error } = await attempt((res) => {
    res.writeHead(500).write(padding(70 * KIB));
    const go = () => {
      while (!res.destroyed && res.write(padding(KIB))) sent += KIB;
    };
    res.on("drain", () => setImmediate(go));
  }, contains());
  assert.is(error?.code, "bad_status");
  assert.ok(sent < 24 * MIB);
});

test("an answer that comes byte by byte is searched all the same, and a text may be cut anywhere", () => {
  const bytes = Buffer.from(`${padding(40_000)}${TEXT}${padding(100)}`);
  const search = new TextSearch([TEXT], "utf-8");
  for (let at = 0; at < bytes.length; at++) search.push(bytes.subarray(at, at + 1));
  assert.ok(search.found(TEXT));
  const other = new TextSearch([TEXT, "absent"], "utf-8");
  for (let at = 0; at < bytes.length; at += 7) other.push(bytes.subarray(at, at + 7));
  assert.equal([other.found(TEXT), other.found("absent")], [true, false]);
});

test("searching keeps no more than a step of what it has seen", () => {
  const search = new TextSearch(["absent"], "utf-8");
  const piece = Buffer.from(noise(64 * KIB));
  const heap = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  search.push(piece);
  const before = heap();
  for (let i = 0; i < 4_096; i++) search.push(piece);
  assert.ok(heap() - before < 128 * MIB, "256 MiB went through");
  assert.not.ok(search.found("absent"));
});

test("without room for a whole answer it is read later, or the call runs out of time; room comes back", async () => {
  const answers = new AnswerRoom(1, 1);
  const json = { expect: { json: { "$.ok": "1" as never } } };
  const taken = answers.take("http://elsewhere");
  const late = await attempt(whole(big(500 * KIB, 1)), { ...json, answers, timeoutMs: 300 });
  assert.is(late.error?.code, "timeout");
  const waiting = attempt(whole(big(500 * KIB, 1)), { ...json, answers });
  taken.release();
  assert.is((await waiting).outcome, "succeeded");
  const compressed = whole(gzipSync(big(500 * KIB, 1)), { "content-encoding": "gzip" });
  assert.is((await attempt(compressed, { ...json, answers })).outcome, "succeeded");
  assert.ok(answers.take("http://elsewhere").held, "every call gave its place back");
});

test("one place is enough for an answer that is long encoded, and longer decoded", async () => {
  const answers = new AnswerRoom(1, 1);
  const body = JSON.stringify({ noise: noise(500 * KIB), ok: 1 });
  const compressed = whole(gzipSync(body), { "content-encoding": "gzip" });
  const { outcome, error } = await attempt(compressed, {
    expect: { json: { "$.ok": "1" as never } },
    answers,
  });
  assert.equal([outcome, error], ["succeeded", null]);
  assert.ok(answers.take("http://elsewhere").held);
});

test("a decoded answer keeps its place until it is judged", async () => {
  const answers = new AnswerRoom(1, 1);
  let held: boolean | null = null;
  const judge = {
    judge: () => {
      const next = answers.take("http://elsewhere");
      held = next.held;
      next.release();
      return null;
    },
  };
  const compressed = whole(gzipSync(big(500 * KIB, 1)), { "content-encoding": "gzip" });
  await attempt(compressed, { expect: { json: { "$.ok": "1" as never } }, answers, judge });
  assert.is(held, false);
  assert.ok(answers.take("http://elsewhere").held);
});

test("one target has a share of the room only; others pass those that wait", () => {
  const room = new AnswerRoom(4, 2);
  const [a, b, c] = [room.take("a"), room.take("a"), room.take("a")];
  const other = room.take("b");
  assert.equal([a.held, b.held, c.held, other.held], [true, true, false, true]);
  c.release();
  a.release();
  a.release();
  const [d, e] = [room.take("a"), room.take("a")];
  assert.equal([d.held, e.held], [true, false]);
  b.release();
  assert.ok(e.held);
  assert.not.ok(c.held, "it has given up");
});

test.run();
