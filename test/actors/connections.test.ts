// Connections that are kept: which is used, how long, and what is left of those that were never open.
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from "node:http";
import { Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { buildConnector } from "undici";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Connections } from "../../actors/connections.ts";
import { guardedConnector } from "../../actors/egress.ts";
import { type CallRequest, callTarget } from "../../actors/http-call.ts";
import { sendMail } from "../../actors/mail.ts";
import type { Connector } from "../../actors/opening.ts";
import { timely } from "../e2e/kit/timely.ts";
import { CONTINUE, FINE } from "./answers/row.ts";
import { allowLoopback, certificate, listening, type Target, tcpTarget } from "./targets.ts";

const test = suite("connections");
const open: (() => unknown)[] = [];
test.after.each(async () => {
  for (const close of open.splice(0)) await close();
});

const USUAL: CallRequest = {
  method: "POST",
  path: "/",
  headers: {},
  body: "abc",
  timeoutMs: 10_000,
  keepAlive: true,
};

function connected(target: Target, connector: Connector = guardedConnector(allowLoopback)) {
  const stale: number[] = [];
  const connections = new Connections(target.url, { connector, stale: () => stale.push(1) });
  open.push(() => connections.destroy(), target.stop);
  const call = (more: Partial<CallRequest> = {}) => callTarget(connections, { ...USUAL, ...more });
  return { connections, stale, call };
}

/** A web server that tells of each request on which of its connections it came, and when one closes. */
async function observed(answer: RequestListener = (_, res) => void res.end("ok")) {
  const sockets: Socket[] = [];
  const seen: { connection: number; request: IncomingMessage }[] = [];
  const server = createHttpServer((request, res) => {
    seen.push({ connection: sockets.indexOf(request.socket), request });
    request.resume();
    answer(request, res);
  });
  server.keepAliveTimeout = 60_000;
  const closed: PromiseWithResolvers<number>[] = [];
  server.on("connection", (socket: Socket) => {
    const end = Promise.withResolvers<number>();
    sockets.push(socket);
    closed.push(end);
    socket.on("close", () => end.resolve(performance.now()));
  });
  const target = await listening(server);
  return { target, sockets, seen, closed };
}

test("calls one after the other use one connection; side by side each has its own, and the last one is used again", async () => {
  const held: (() => void)[] = [];
  let both = Promise.withResolvers<void>();
  const { target, seen } = await observed((request, res) => {
    if (request.url === "/now") return void res.end();
    held.push(() => res.end());
    if (held.length === 2) both.resolve();
  });
  const { call, connections } = connected(target);
  await call({ path: "/now" });
  await call({ path: "/now" });
  assert.is(connections.size, 1);
  const [first, second] = [call(), call()];
  await both.promise;
  held[1]?.();
  await second;
  held[0]?.();
  await first;
  both = Promise.withResolvers();
  await call({ path: "/now" });
  assert.equal(
    seen.map(({ connection }) => connection),
    [0, 0, 0, 1, 0],
  );
});

test("an idle connection is closed after 1.5 s, before targets do", async () => {
  const { target, closed } = await observed((_, res) => void res.setHeader("keep-alive", "").end());
  const { call, connections } = connected(target);
  await timely("an idle connection is closed", 2_000, async () => {
    await call();
    const at = performance.now();
    const took = (await closed.at(-1)!.promise) - at;
    assert.ok(took > 1_300, `${took} ms`);
    return took;
  });
  assert.is(connections.size, 0);
});

test("keep-alive: timeout= of the target is believed, less a second", async () => {
  const { target, closed } = await observed((request, res) => {
    res.setHeader("keep-alive", request.url === "/short" ? "timeout=1" : "max=9, timeout=3");
    res.end();
  });
  const { call, connections } = connected(target);
  await call({ path: "/short" });
  assert.is(connections.size, 0);
  await timely("a connection that may idle for 3 s is closed", 3_000, async () => {
    await call({ path: "/long" });
    const at = performance.now();
    const took = (await closed.at(-1)!.promise) - at;
    assert.ok(took > 1_800, `${took} ms`);
    return took;
  });
});

test("without keep-alive each call has a connection of its own, and says so", async () => {
  const { target, seen, closed } = await observed();
  const { call, connections } = connected(target);
  await call();
  for (let i = 0; i < 2; i++) await call({ keepAlive: false });
  assert.equal(
    seen.map(({ connection, request }) => [connection, request.headers.connection]),
    [
      [0, "keep-alive"],
      [1, "close"],
      [2, "close"],
    ],
  );
  await Promise.all([closed[1]?.promise, closed[2]?.promise]);
  assert.is(connections.size, 1);
});

test("a request that is sent again is the same, byte for byte", async () => {
  const bodies: string[] = [];
  const { target } = await observed((request, res) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push(Buffer.concat(chunks).toString("hex"));
      if (bodies.length === 2) request.socket.resetAndDestroy();
      else res.end();
    });
  });
  const { call, stale } = connected(target);
  const body = Uint8Array.of(0, 255, 13, 10, 128);
  for (let i = 0; i < 2; i++) assert.is((await call({ body })).statusCode, 200);
  assert.equal(bodies, ["00ff0d0a80", "00ff0d0a80", "00ff0d0a80"]);
  assert.is(stale.length, 1);
});

test("many kept connections are closed at once: each call is made once more, and none fails", async () => {
  let closing = false;
  const { target, sockets } = await observed((request, res) => {
    if (closing && sockets.indexOf(request.socket) < 20) request.socket.resetAndDestroy();
    else setTimeout(() => res.end(), 5);
  });
  const { call, stale } = connected(target);
  await Promise.all(Array.from({ length: 20 }, () => call()));
  closing = true;
  const results = await Promise.all(Array.from({ length: 20 }, () => call()));
  assert.ok(results.every(({ statusCode }) => statusCode === 200));
  assert.is(stale.length, 20);
});

test("a connection that the target closed while nobody looked is not used: nothing is lost", async () => {
  const { target, sockets } = await observed();
  const { call } = connected(target);
  for (let i = 0; i < 20; i++) {
    assert.is((await call()).statusCode, 200);
    sockets.at(-1)?.[i % 2 === 0 ? "destroy" : "resetAndDestroy"]();
  }
});

test("a request that is not possible leaves its connection as it was", async () => {
  const { target, seen } = await observed();
  const { call } = connected(target);
  await call();
  assert.is((await call({ headers: { "a b": "c" } })).error?.code, "bad_request");
  await call();
  assert.equal(
    seen.map(({ connection }) => connection),
    [0, 0],
  );
});

test("over TLS too: 100 Continue is passed over, and what was closed is called again", async () => {
  let connection = 0;
  const pair = certificate();
  const server = createTlsServer(pair, (socket: TLSSocket) => {
    connection += 1;
    const [own, answers] = [connection, { n: 0 }];
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      if (!chunk.includes("\r\n\r\n")) return;
      answers.n += 1;
      if (own === 1 && answers.n === 2) socket.destroy();
      else socket.write(CONTINUE + FINE);
    });
  });
  const target = await listening(server as never, "https");
  const connector = buildConnector({ ca: pair.cert, allowH2: false, timeout: 0 }) as unknown as Connector;
  const { call, stale } = connected(target, connector);
  for (let i = 0; i < 2; i++) {
    const { statusCode, body, error } = await call();
    assert.equal([statusCode, body.toString(), error], [200, "ok", null]);
  }
  assert.equal([stale.length, connection], [1, 2]);
});

test("a black hole: calls that time out before their connection opens leave nothing behind", async () => {
  const sockets: Socket[] = [];
  const hole: Connector = () => {
    const socket = new Socket();
    sockets.push(socket);
    return socket;
  };
  const target: Target = { url: "http://127.0.0.1:9", stop: async () => undefined };
  const { call, connections } = connected(target, hole);
  for (let round = 0; round < 3; round++) {
    const calls = Array.from({ length: 50 }, () => call({ timeoutMs: 100 }));
    assert.is(connections.size, 50);
    for (const { error } of await Promise.all(calls))
      assert.equal(error, { code: "connect_timeout", message: "no connection within 100 ms" });
    assert.is(connections.size, 0);
  }
  assert.is(sockets.length, 150);
  assert.ok(sockets.every(({ destroyed }) => destroyed));
});

test("a target that never shakes hands: its sockets are closed at the deadline", async () => {
  const closed: Promise<void>[] = [];
  const silent = await tcpTarget(
    () => undefined,
    (socket) => {
      closed.push(new Promise((resolve) => socket.on("close", () => resolve())));
    },
  );
  const { call, connections } = connected({ ...silent, url: silent.url.replace("http", "https") });
  const results = await Promise.all(Array.from({ length: 20 }, () => call({ timeoutMs: 200 })));
  assert.ok(results.every(({ error }) => error?.code === "connect_timeout"));
  assert.is(connections.size, 0);
  await Promise.all(closed);
  assert.is(closed.length, 20);
});

test("a connection that opens too late is closed, and nothing is sent on it", async () => {
  const { target, seen, closed } = await observed();
  const late: (() => void)[] = [];
  const guarded = guardedConnector(allowLoopback);
  const slow: Connector = (options, callback) => {
    late.push(() => void guarded(options, callback));
    return undefined;
  };
  const { call } = connected(target, slow);
  assert.is((await call({ timeoutMs: 100 })).error?.code, "connect_timeout");
  const opened = new Promise<void>((resolve) => {
    const look = () => (closed.length > 0 ? resolve() : setImmediate(look));
    look();
  });
  late[0]?.();
  await opened;
  await closed[0]?.promise;
  assert.is(seen.length, 0);
});

test("a mail whose connection does not open in time leaves nothing behind either", async () => {
  const socket = new Socket();
  const mail = { host: "mail.example", port: 25, tls: "none", user: null, password: null } as const;
  const text = { from: "a@example.com", to: ["b@example.com"], subject: "s", text: "t" };
  const { error } = await sendMail({ ...mail, ...text } as never, "id", () => socket, 100);
  assert.is(error?.code, "connect_timeout");
  assert.ok(socket.destroyed);
});

test("destroyed: what is open and what is being opened is closed", async () => {
  const { target, closed } = await observed();
  const { call, connections } = connected(target);
  await call();
  connections.destroy();
  await closed[0]?.promise;
  assert.is(connections.size, 0);
});

test.run();
