import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { guardedConnector } from "../../actors/egress.ts";
import { type CallRequest, callTarget } from "../../actors/http-call.ts";
import { MAX_ANSWER_BYTES } from "../../actors/reading.ts";
import {
  allowLoopback,
  certificate,
  connectionsTo,
  httpTarget,
  listening,
  type Target,
  tcpTarget,
} from "./targets.ts";

const test = suite("http call");
const open: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const close of open.splice(0)) await close();
});

async function call(
  started: Promise<Target>,
  more: Partial<CallRequest> = {},
  connect = guardedConnector(allowLoopback),
) {
  const target = await started;
  const connections = connectionsTo(target.url, connect);
  open.push(async () => connections.destroy(), target.stop);
  const usual = { method: "GET", path: "/", headers: {}, body: null, timeoutMs: 10_000, keepAlive: true };
  return callTarget(connections, { ...usual, ...more });
}
const says = (text: string, end = true) =>
  tcpTarget((socket) => void (end ? socket.end(text, "latin1") : socket.write(text, "latin1")));

test("a call and its answer", async () => {
  let got = "";
  const target = httpTarget((req, res) => {
    req.on("data", (chunk) => {
      got += chunk;
    });
    req.on("end", () => {
      got = `${req.method} ${req.url} ${req.headers["x-a"]} ${got}`;
      res.writeHead(201, { "x-b": "c", "set-cookie": ["a=1", "b=2"] }).end("ok 必达");
    });
  });
  const result = await call(target, {
    method: "PATCH",
    path: "/p?q=1",
    headers: { "x-a": "b" },
    body: "上海\0",
  });
  assert.is(got, "PATCH /p?q=1 b 上海\0");
  assert.equal(
    [result.statusCode, result.body.toString(), result.truncated, result.error],
    [201, "ok 必达", false, null],
  );
  assert.equal([result.headers?.["x-b"], result.headers?.["set-cookie"]], ["c", ["a=1", "b=2"]]);
});

for (const [bytes, truncated] of [
  [MAX_ANSWER_BYTES, false],
  [MAX_ANSWER_BYTES + 1, true],
] as const) {
  test(`an answer of ${bytes} bytes is ${truncated ? "cut" : "whole"}`, async () => {
    const result = await call(httpTarget((_, res) => void res.end("x".repeat(bytes))));
    assert.equal([result.body.length, result.truncated, result.error], [MAX_ANSWER_BYTES, truncated, null]);
  });
}

test("an endless answer costs 64 KiB, and its connection is closed early", async () => {
  const closed = Promise.withResolvers<void>();
  let sent = 0;
  const target = httpTarget((_, res) => {
    const flood = () => {
      while (!res.destroyed && res.write("x".repeat(16_384))) sent += 16_384;
    };
    res
      .on("drain", flood)
      .on("close", closed.resolve)
      .on("error", () => {});
    flood();
  });
  const result = await call(target);
  assert.equal(
    [result.statusCode, result.body.length, result.truncated, result.error],
    [200, MAX_ANSWER_BYTES, true, null],
  );
  await closed.promise;
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were sent`);
});

test("the deadline holds before an answer, inside it, and drop by drop; the connection is closed", async () => {
  const SILENT = "";
  const CUT = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc";
  for (const text of [SILENT, CUT]) {
    const closed = Promise.withResolvers<void>();
    const target = tcpTarget((socket) => {
      socket.on("close", () => closed.resolve());
      if (text) socket.write(text);
    });
    const started = performance.now();
    const { error, statusCode, body } = await call(target, { timeoutMs: 150 });
    const took = performance.now() - started;
    assert.equal(error, { code: "timeout", message: "no complete answer within 150 ms" });
    assert.equal([statusCode, body.toString()], text ? [200, "abc"] : [null, ""]);
    assert.ok(took >= 145 && took < 1000, `${took} ms`);
    await closed.promise;
  }
  const drops = tcpTarget((socket) => {
    socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    const timer = setInterval(() => socket.write("1\r\nx\r\n"), 20);
    socket.on("close", () => clearInterval(timer)).on("error", () => {});
  });
  const slow = await call(drops, { timeoutMs: 200 });
  assert.is(slow.error?.code, "timeout");
  assert.ok(slow.body.length > 0);
});

test("the deadline while connecting: nothing is sent afterwards", async () => {
  const late = Promise.withResolvers<() => void>();
  let asked = 0;
  const target = httpTarget((_, res) => {
    asked += 1;
    res.end();
  });
  const connector = guardedConnector(allowLoopback);
  const done = Promise.withResolvers<void>();
  const slow: typeof connector = (options, callback) => {
    late.resolve(() =>
      connector(options, ((error: Error | null, socket: Socket | null) => {
        (callback as (e: Error | null, s: Socket | null) => void)(error, socket);
        socket?.on("close", () => done.resolve());
        setImmediate(() => socket?.destroy());
      }) as never),
    );
    return undefined;
  };
  const { error } = await call(target, { timeoutMs: 100 }, slow);
  assert.equal(error, { code: "connect_timeout", message: "no connection within 100 ms" });
  (await late.promise)();
  await done.promise;
  assert.is(asked, 0);
});

const OK = "HTTP/1.1 200 OK\r\n";
const BROKEN: [name: string, text: string, code: string][] = [
  ["closed without an answer", "", "reset"],
  ["closed inside the headers", "HTTP/1.1 200 OK\r\nx-a", "reset"],
  ["closed inside the body", `${OK}content-length: 10\r\n\r\nabc`, "reset"],
  ["closed inside a chunk", `${OK}transfer-encoding: chunked\r\n\r\n5\r\nab`, "reset"],
  ["headers of 17 KiB", `${OK}x-a: ${"x".repeat(17 * 1024)}\r\n\r\n`, "too_large_headers"],
  ["many headers", `${OK}${"x-abcdefgh: 12345678\r\n".repeat(2000)}\r\n`, "too_large_headers"],
  ["not HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n", "bad_response"],
  ["garbage", "\0\x01\x02\xff\r\n\r\n", "bad_response"],
  ["a wrong length", `${OK}content-length: x\r\n\r\n`, "bad_response"],
  ["a wrong chunk", `${OK}transfer-encoding: chunked\r\n\r\nzz\r\n`, "bad_response"],
];
for (const [name, text, code] of BROKEN) {
  test(`${name} → ${code}`, async () => {
    const { error } = await call(says(text));
    assert.is(error?.code, code, JSON.stringify(error));
  });
}

test("an answer that ends with the connection is whole", async () => {
  const { statusCode, body, error } = await call(says(`${OK}\r\nall of it`));
  assert.equal([statusCode, body.toString(), error], [200, "all of it", null]);
});

test("answers to come (1xx) are not the answer", async () => {
  const early = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
  const { statusCode, headers, body, error } = await call(
    says(`${early}${early}${OK}content-length: 2\r\n\r\nok`),
  );
  assert.equal([statusCode, body.toString(), error], [200, "ok", null]);
  assert.equal(headers, { "content-length": "2" });
});

test("redirects are not followed", async () => {
  let asked = 0;
  const target = httpTarget((_, res) => {
    asked += 1;
    res.writeHead(302, { location: "/other" }).end();
  });
  assert.equal([(await call(target)).statusCode, asked], [302, 1]);
});

test("a certificate nobody vouches for → tls; one we know is fine", async () => {
  const server = createTlsServer(certificate(), (_, res) => void res.end("ok"));
  assert.is((await call(listening(server, "https"))).error?.code, "tls");
  assert.is(
    (
      await call(
        tcpTarget(() => {}).then((it) => ({ ...it, url: it.url.replace("http", "https") })),
        { timeoutMs: 200 },
      )
    ).error?.code,
    "connect_timeout",
  );
  const plain = httpTarget((_, res) => void res.end());
  const wrong = plain.then((it) => ({ ...it, url: it.url.replace("http", "https") }));
  assert.is((await call(wrong)).error?.code, "tls");
});

test("a request that cannot be made → bad_request, and it does not throw", async () => {
  const target = httpTarget((_, res) => void res.end());
  assert.is((await call(target, { headers: { "a b": "c" } })).error?.code, "bad_request");
});

test.run();
