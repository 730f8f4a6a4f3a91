// Calls through an outbound proxy: a real one on 127.0.0.1, with the guard before it.
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Connections } from "../../actors/connections.ts";
import { guardedConnector } from "../../actors/egress.ts";
import { callTarget } from "../../actors/http-call.ts";
import { sendMail } from "../../actors/mail.ts";
import { NameResolver } from "../../actors/names/resolver.ts";
import { OutboundProxy } from "../../actors/proxy.ts";
import { LOOPBACK_RANGES } from "../../core/addresses.ts";
import { EgressPolicy } from "../../core/egress.ts";
import { startDns } from "../servers/dns.ts";
import { freePort } from "../servers/ports.ts";
import { certificate, httpTarget, listening, type Target } from "./targets.ts";

const test = suite("outbound proxy");

/** What it was asked, and with which credentials. */
let asked: { place: string | undefined; auth: string | undefined }[];
/** What it answers to CONNECT; null: it makes the tunnel. */
let answers: (place: string) => string | null;
let proxy: Target;
let target: Target;
let received: string[];

function proxyServer(server: HttpServer): HttpServer {
  server.on("connect", (req, socket: Socket) => {
    socket.on("error", () => undefined);
    asked.push({ place: req.url, auth: req.headers["proxy-authorization"] });
    const answer = answers(req.url ?? "");
    if (answer !== null) return void socket.end(answer);
    const [host = "", port] = (req.url ?? "").split(/:(?=\d+$)/);
    const far = connect(Number(port), host.replace(/^\[|\]$/g, ""), () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(far).pipe(socket);
    });
    far.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
  });
  return server;
}

test.before(async () => {
  proxy = await listening(proxyServer(createServer()));
  target = await httpTarget((req, res) => {
    received.push(`${req.method} ${req.url} ${req.headers.host}`);
    res.end("ok");
  });
});
test.before.each(() => {
  [asked, received, answers] = [[], [], () => null];
});
test.after(async () => {
  await Promise.all([proxy.stop(), target.stop()]);
});

const REQUEST = { method: "GET", path: "/x", headers: {}, body: null, timeoutMs: 5_000, keepAlive: true };

function through(url: string, allowed: string[] = LOOPBACK_RANGES, names = new NameResolver()) {
  const outbound = new OutboundProxy(url, names);
  return guardedConnector(new EgressPolicy(allowed), { names, proxy: outbound });
}

async function called(origin: string, connector: ReturnType<typeof through>, timeoutMs = 5_000) {
  const connections = new Connections(origin, { connector });
  const result = await callTarget(connections, { ...REQUEST, timeoutMs }).finally(() =>
    connections.destroy(),
  );
  return result;
}

const port = () => new URL(target.url).port;

test("a call goes through a tunnel to the vetted address, with the proxy's credentials; its connection is kept", async () => {
  const connector = through(proxy.url.replace("//", "//us%40er:p%3Aw@"));
  const connections = new Connections(target.url, { connector });
  for (const _ of [1, 2]) {
    const { statusCode, error } = await callTarget(connections, REQUEST);
    assert.equal([statusCode, error], [200, null]);
  }
  connections.destroy();
  const auth = `Basic ${Buffer.from("us@er:p:w").toString("base64")}`;
  assert.equal(asked, [{ place: `127.0.0.1:${port()}`, auth }]);
  assert.equal(received, Array(2).fill(`GET /x 127.0.0.1:${port()}`));
});

test("a name is resolved and vetted here: the proxy is asked for an address, and the target sees the name", async () => {
  const records = ["169.254.169.254", "127.0.0.1"].map((value) => ({ type: "A" as const, ttl: 60, value }));
  const dns = await startDns(() => ({ records }));
  const names = new NameResolver({ servers: [dns.address] });
  const { statusCode, error } = await called(
    `http://a.example:${port()}`,
    through(proxy.url, LOOPBACK_RANGES, names),
  );
  assert.equal([statusCode, error], [200, null]);
  assert.equal(
    asked.map(({ place }) => place),
    [`127.0.0.1:${port()}`],
  );
  assert.equal(received, [`GET /x a.example:${port()}`]);
  const blocked = await called(`http://a.example:${port()}`, through(proxy.url, [], names));
  assert.is(blocked.error?.code, "blocked");
  assert.is(asked.length, 1, "the proxy is not asked for what may not be reached");
  await dns.stop();
});

test("a literal address that may not be reached is not asked of the proxy", async () => {
  const { error } = await called("http://169.254.169.254", through(proxy.url));
  assert.is(error?.code, "blocked");
  assert.equal(asked, []);
});

test("TLS goes to the target inside of the tunnel: its certificate is checked against the name", async () => {
  const secure = await listening(
    createTlsServer(certificate(), (_, res) => void res.end("ok")),
    "https",
  );
  const { error } = await called(secure.url.replace("127.0.0.1", "localhost"), through(proxy.url));
  // Of an authority that nobody knows: that it is refused for this shows that it was looked at.
  assert.is(error?.code, "tls");
  assert.match(error?.message ?? "", /^self-signed certificate/);
  assert.is(asked.length, 1);
  await secure.stop();
});

for (const [what, answer, code, local] of [
  ["502", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "unreachable", null],
  ["503", "HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno", "unreachable", null],
  ["504", "HTTP/1.1 504 Late\r\n\r\n", "unreachable", null],
  ["403", "HTTP/1.1 403 Forbidden\r\n\r\n", "proxy", null],
  ["200 in another protocol", "SSH-2.0-OpenSSH\r\n", "proxy", "proxy"],
  ["407", "HTTP/1.1 407 Who\r\n\r\n", "proxy", "proxy"],
  ["nothing", "", "proxy", "proxy"],
] as const) {
  test(`a proxy that answers ${what}: ${code}${local ? ", which costs no attempt" : ""}`, async () => {
    answers = () => answer;
    const { error, local: whose } = await called(target.url, through(proxy.url));
    assert.equal([error?.code, whose], [code, local], error?.message);
    assert.match(error?.message ?? "", /proxy/);
    assert.equal(received, []);
  });
}

test("where the first address cannot be reached, the next one is tried", async () => {
  const records = ["127.0.0.2", "127.0.0.1"].map((value) => ({ type: "A" as const, ttl: 60, value }));
  const dns = await startDns(() => ({ records }));
  answers = (place) => (place.startsWith("127.0.0.2") ? "HTTP/1.1 502 Bad Gateway\r\n\r\n" : null);
  const connector = through(proxy.url, LOOPBACK_RANGES, new NameResolver({ servers: [dns.address] }));
  const { statusCode } = await called(`http://a.example:${port()}`, connector);
  assert.is(statusCode, 200);
  assert.equal(
    asked.map(({ place }) => place?.split(":")[0]),
    ["127.0.0.2", "127.0.0.1"],
  );
  await dns.stop();
});

test("a proxy that is not there, or hangs up at once, costs no attempt and says so", async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const hangsUp = await listening(createTcpServer((socket) => socket.destroy()));
  for (const url of [nobody, hangsUp.url]) {
    const { error, local } = await called(target.url, through(url));
    assert.equal([error?.code, local], ["proxy", "proxy"], error?.message);
    assert.match(error?.message ?? "", /^the outbound proxy (cannot be used|hung up)/);
  }
  await hangsUp.stop();
});

test("a call that takes too long gives its tunnel up", async () => {
  const silent = Promise.withResolvers<void>();
  const waits = await listening(
    createTcpServer((socket) => {
      socket.resume().once("close", () => silent.resolve());
    }),
  );
  const { error } = await called(target.url, through(waits.url), 300);
  assert.is(error?.code, "connect_timeout");
  await silent.promise;
  await waits.stop();
});

test("a proxy over TLS: its certificate is checked", async () => {
  const secure = await listening(
    proxyServer(createTlsServer(certificate()) as unknown as HttpServer),
    "https",
  );
  const { error, local } = await called(target.url, through(secure.url.replace("127.0.0.1", "localhost")));
  assert.equal([error?.code, local], ["proxy", "proxy"]);
  assert.match(error?.message ?? "", /self-signed certificate/);
  assert.equal(asked, []);
  await secure.stop();
});

test("mail goes to its server directly", async () => {
  const smtp = await listening(
    createTcpServer((socket) => void socket.end("554 no service\r\n")),
    "smtp",
  );
  const mail = {
    ...{ host: "127.0.0.1", port: Number(new URL(smtp.url).port), tls: "none" as const },
    ...{ user: null, password: null, from: "a@a.example", to: ["b@b.example"], subject: "s", text: "t" },
  };
  const { statusCode } = await sendMail(mail, "id", through(proxy.url), 5_000);
  assert.is(statusCode, 554);
  assert.equal(asked, []);
  await smtp.stop();
});

test.run();
