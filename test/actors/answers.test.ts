// Targets that speak bare TCP play everything that can come back; each has its outcome in one table.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import zlib from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Connections } from "../../actors/connections.ts";
import { decodeContent } from "../../actors/content-coding.ts";
import { guardedConnector } from "../../actors/egress.ts";
import type { LeasedJob } from "../../actors/lease-trust.ts";
import { millis, systemClock } from "../../core/clock.ts";
import { FINE, type Play, type Row, writes } from "./answers/row.ts";
import { ANSWERS } from "./answers/table.ts";
import { allowLoopback, delivered, job, listening, type Target } from "./targets.ts";

const test = suite("answers");
const connector = guardedConnector(allowLoopback);
const open: (() => unknown)[] = [];
test.after.each(async () => {
  for (const close of open.splice(0)) await close();
});

interface Playing extends Target {
  /** In bytes, on connections that are closed. */
  sent(): number;
  /** The first of the connections is. */
  closed: Promise<void>;
}

/** Counts connections, and the requests on each by their heads. */
async function playing(play: (play: Play) => unknown): Promise<Playing> {
  let connection = 0;
  const closed = Promise.withResolvers<void>();
  let sent = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connection += 1;
    const own = connection;
    let [text, request] = ["", 0];
    socket.on("close", () => {
      sent += socket.bytesWritten;
      closed.resolve();
    });
    socket.on("end", () => socket.end());
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const heads = text.split("\r\n\r\n").length - 1;
      for (; request < heads; ) {
        request += 1;
        play({ socket, connection: own, request });
      }
    });
  });
  const target = await listening(server);
  return { ...target, sent: () => sent, closed: closed.promise };
}

async function attempts(target: Playing, calls: number, more: Partial<LeasedJob>, untilClosed = false) {
  let stale = 0;
  const connections = new Connections(target.url, {
    connector,
    stale: () => {
      stale += 1;
    },
  });
  open.push(() => connections.destroy(), target.stop);
  const context = { connections, connector, clock: systemClock, node: "n" };
  const made = [];
  for (let i = 0; i < calls; i++) {
    if (i > 0 && untilClosed) await target.closed;
    made.push((await delivered(job(target.url, more), context)).attempt!);
  }
  return { attempt: made.at(-1)!, stale };
}

for (const row of ANSWERS) {
  test(`${row.what} → ${row.comes}`, async () => {
    const sends = row.sends === undefined ? {} : { body: row.sends, contentType: "text/plain" };
    const { attempt, stale } = await attempts(
      await playing(row.play),
      row.calls ?? 1,
      sends,
      row.untilClosed,
    );
    const said = JSON.stringify(attempt.error);
    assert.is(attempt.error?.code ?? attempt.outcome, row.comes, said);
    assert.is(attempt.outcome, row.comes === "succeeded" ? "succeeded" : "failed");
    assert.is(attempt.statusCode, row.status);
    if (row.body !== undefined) assert.is(attempt.responseBody, row.body);
    assert.is(attempt.responseEncoding, row.base64 ? "base64" : "text");
    assert.is(attempt.responseTruncated, row.truncated ?? false);
    if (row.says) assert.match(attempt.error?.message ?? "", row.says);
    assert.not.match(said, /assert|undefined|Response does not match/i);
    if (row.stale !== undefined) assert.is(stale, row.stale);
  });
}

test("the documentation has the same table", () => {
  const doc = readFileSync(join(import.meta.dirname, "../../docs/errors.md"), "utf8");
  const [, section = ""] = doc.split(/^## What answers come to$/m);
  const rows = Array.from(
    section.split(/^## /m)[0]!.matchAll(/^\| (.+?) +\| (.+?) +\| (.+?) +\|/gm),
    ([, ...cells]) => cells,
  );
  const documented = rows.filter(([what]) => what !== "what the target does" && !what?.startsWith("---"));
  const kept = ({ base64, truncated, body }: Row) => {
    if (base64) return "its bytes, as base64";
    if (truncated) return "its beginning";
    return body === null || body === undefined ? "nothing" : "text";
  };
  assert.equal(
    documented,
    ANSWERS.map((row) => [row.what, row.comes === "succeeded" ? "succeeded" : `\`${row.comes}\``, kept(row)]),
  );
});

test("answers to come are passed over wherever TCP cuts them, also byte by byte", async () => {
  const text = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 103 Early Hints\r\nlink: </a>\r\n\r\n${FINE}`;
  const cuts = Array.from({ length: text.length - 1 }, (_, i) => [text.slice(0, i + 1), text.slice(i + 1)]);
  for (const parts of [...cuts, Array.from(text)]) {
    const target = await playing(writes(...parts));
    const { attempt } = await attempts(target, 1, {});
    assert.equal(
      [attempt.statusCode, attempt.responseBody, attempt.error],
      [200, "ok", null],
      parts.join("|"),
    );
    for (const close of open.splice(0)) await close();
  }
});

test("answers come whole wherever TCP cuts them, and what is wrong with them is said all the same", async () => {
  for (const row of ANSWERS.filter(({ comes, says }) => comes === "bad_response" && says)) {
    let bytes = Buffer.alloc(0);
    const socket = {
      write(part: Buffer) {
        bytes = Buffer.concat([bytes, part]);
      },
      end: () => undefined,
    };
    await row.play({ socket, connection: 1, request: 1 } as unknown as Play);
    const { attempt } = await attempts(
      await playing(writes(...Array.from(bytes, (byte) => Buffer.of(byte)))),
      1,
      {},
    );
    assert.is(attempt.error?.code, "bad_response", row.what);
    assert.ok(
      attempt.error?.message && !/Response does not match|assert/i.test(attempt.error.message),
      row.what,
    );
    for (const close of open.splice(0)) await close();
  }
});

/** Most that arrays of bytes took while `work` ran, in MB. */
async function peakOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  }, 1);
  await work();
  clearInterval(look);
  return peak / 1e6;
}

test("bombs cost 128 KiB to read and little to decode, in every coding", async () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  const bombs: [coding: string, body: Buffer][] = [
    ["gzip", zlib.gzipSync(zeros)],
    ["deflate", zlib.deflateSync(zeros)],
    ["br", zlib.brotliCompressSync(zeros, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } })],
    ["zstd", zlib.zstdCompressSync(zeros)],
    ["gzip, gzip", zlib.gzipSync(zlib.gzipSync(zeros))],
  ];
  for (const [coding, body] of bombs) {
    const codings = coding.split(", ");
    const peak = await peakOf(async () => {
      for (let i = 0; i < 20; i++) {
        const decoded = await decodeContent(body, codings, true, 10_000);
        assert.ok("bytes" in decoded, JSON.stringify(decoded));
        assert.equal([decoded.bytes.length, decoded.cut], [65_535, true]);
      }
    });
    // Twenty in a row; nothing is collected in between for certain.
    assert.ok(peak < 16, `${coding}: ${peak} MB`);
  }
  const endless = Buffer.concat(
    Array.from({ length: 400 }, () => zlib.gzipSync(zeros.subarray(0, 1024 * 1024))),
  );
  const target = await playing(({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n");
    const flood = () => {
      while (!socket.destroyed && socket.write(endless));
    };
    socket.on("drain", flood);
    flood();
  });
  const { attempt } = await attempts(target, 1, {});
  assert.equal(
    [attempt.outcome, attempt.responseBody?.length, attempt.responseTruncated],
    ["succeeded", 65_535, true],
  );
  for (const close of open.splice(0)) await close();
  assert.ok(target.sent() < 16 * 1024 * 1024, `${target.sent()} bytes were sent`);
});

test("no time is left to decode: timeout, and nothing is started", async () => {
  const decoded = await decodeContent(zlib.gzipSync("ok"), ["gzip"], true, 0);
  assert.equal(decoded, { code: "timeout", message: "no time was left to decode the answer" });
});

test("an encoded answer that does not end in time: what came is kept, as far as it can be read", async () => {
  const target = await playing(({ socket }) =>
    socket.write("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 99\r\n\r\n\x1f"),
  );
  const { attempt } = await attempts(target, 1, { timeoutMs: millis(150) });
  assert.equal(
    [attempt.error?.code, attempt.statusCode, attempt.responseEncoding],
    ["timeout", 200, "base64"],
  );
});

test.run();
