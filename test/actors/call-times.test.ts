/** Where the time of a call goes: with real servers, kept connections, names, TLS and a proxy. */
import { createServer as createTlsServer } from "node:https";
import { Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Connections } from "../../actors/connections.ts";
import { guardedConnector } from "../../actors/egress.ts";
import { type CallRequest, callTarget } from "../../actors/http-call.ts";
import { NameResolver } from "../../actors/names/resolver.ts";
import { type Connector, stepsTo } from "../../actors/opening.ts";
import { OutboundProxy } from "../../actors/proxy.ts";
import type { CallPhases } from "../../core/phases.ts";
import { type DnsZone, startDns } from "../servers/dns.ts";
import { startProxy } from "../servers/proxy.ts";
import { allowLoopback, certificate, httpTarget, listening, type Target, tcpTarget } from "./targets.ts";

const test = suite("call times");
const open: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const close of open.splice(0)) await close();
});

/** Longer than anything on loopback takes; what waits for it is at least so long. */
const LONG = 120;
const later = (run: () => void) => setTimeout(run, LONG + 1);

const connectionsTo = (origin: string, connector: Connector = guardedConnector(allowLoopback)) => {
  const connections = new Connections(origin, { connector });
  open.push(async () => connections.destroy());
  return connections;
};
async function started(target: Promise<Target>): Promise<Target> {
  const made = await target;
  open.push(made.stop);
  return made;
}
async function phasesOf(connections: Connections, more: Partial<CallRequest> = {}) {
  const usual = { method: "GET", path: "/", headers: {}, body: null, timeoutMs: 10_000, keepAlive: true };
  const startedAt = performance.now();
  const { phases, error } = await callTarget(connections, { ...usual, ...more });
  const took = performance.now() - startedAt;
  assert.ok(phases);
  const parts = [phases.dns, phases.connect, phases.tls, phases.firstByte, phases.body];
  const sum = parts.reduce<number>((all, part) => all + (part ?? 0), 0);
  assert.ok(sum <= took + 0.5, `${sum} ms of ${took} ms`);
  return { phases, error };
}
/** Which of them there are. */
const kinds = ({ reused, ...parts }: CallPhases) => [
  reused,
  ...Object.entries(parts).flatMap(([name, ms]) => (ms === null ? [] : [name])),
];
const isLong = (ms: number | null, what: string) => assert.ok(ms !== null && ms >= LONG, `${what}: ${ms} ms`);

test("a new connection to an address, then the same one again", async () => {
  const { url } = await started(httpTarget((_, res) => void res.end("ok")));
  const connections = connectionsTo(url);
  const first = await phasesOf(connections);
  assert.equal(kinds(first.phases), [false, "connect", "firstByte", "body"]);
  const second = await phasesOf(connections);
  assert.equal(kinds(second.phases), [true, "firstByte", "body"]);
});

test("a target that thinks, and one that is slow to send: each in its own phase", async () => {
  const thinks = await started(httpTarget((_, res) => void later(() => res.end("ok"))));
  const thought = await phasesOf(connectionsTo(thinks.url));
  isLong(thought.phases.firstByte, "firstByte");
  const sends = await started(
    httpTarget((_, res) => {
      res.write("o");
      later(() => res.end("k"));
    }),
  );
  const { firstByte, body } = (await phasesOf(connectionsTo(sends.url))).phases;
  // A busy machine shows us the first byte late: what has gone by of the pause until then counts as waiting for it.
  isLong((firstByte ?? 0) + (body ?? 0), "both");
  assert.ok((body ?? 0) >= LONG / 2, `body: ${body} ms`);
});

test("answers to come (1xx) are part of the waiting", async () => {
  const { url } = await started(
    tcpTarget((socket) => {
      socket.write("HTTP/1.1 103 Early Hints\r\n\r\n");
      later(() => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    }),
  );
  isLong((await phasesOf(connectionsTo(url))).phases.firstByte, "firstByte");
});

test("a kept connection that the target had closed: the phases are those of the one that carried it", async () => {
  let calls = 0;
  const { url } = await started(
    tcpTarget((socket) => {
      calls += 1;
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      // The next request on it meets a closed one.
      socket.on("data", () => socket.destroy());
    }),
  );
  const connections = connectionsTo(url);
  await phasesOf(connections);
  const { phases, error } = await phasesOf(connections);
  assert.equal([error, calls], [null, 2]);
  assert.equal(kinds(phases), [false, "connect", "firstByte", "body"]);
});

async function named(zone: DnsZone, port: string, timeoutMs = 10_000) {
  const dns = await startDns(zone);
  open.push(() => dns.stop());
  const names = new NameResolver({ servers: [dns.address] });
  const connector = guardedConnector(allowLoopback, { names });
  return phasesOf(connectionsTo(`http://a.example:${port}`, connector), { timeoutMs });
}
const HERE = { records: [{ type: "A" as const, ttl: 60, value: "127.0.0.1" }] };

test("a name is looked up first; one that is never answered took all of the time", async () => {
  const { url } = await started(httpTarget((_, res) => void res.end("ok")));
  const { port } = new URL(url);
  const slow = () => new Promise<typeof HERE>((resolve) => later(() => resolve(HERE)));
  const { phases } = await named(slow, port);
  assert.equal(kinds(phases), [false, "dns", "connect", "firstByte", "body"]);
  isLong(phases.dns, "dns");
  const silent = await named(() => null, port, 2 * LONG);
  assert.is(silent.error?.code, "dns");
  assert.equal(kinds(silent.phases), [false, "dns"]);
  isLong(silent.phases.dns, "dns");
  const unknown = await named(() => ({ rcode: "NXDOMAIN" }), port);
  assert.equal([unknown.error?.code, kinds(unknown.phases)], ["dns", [false, "dns"]]);
});

test("TLS: a handshake that fails, one that never comes, and one that was done", async () => {
  const made = certificate();
  const secure = await started(
    listening(
      createTlsServer(made, (_, res) => void res.end("ok")),
      "https",
    ),
  );
  const refused = await phasesOf(connectionsTo(secure.url));
  assert.equal([refused.error?.code, kinds(refused.phases)], ["tls", [false, "connect", "tls"]]);

  const silent = await started(tcpTarget(() => undefined));
  const waiting = await phasesOf(connectionsTo(silent.url.replace("http", "https")), { timeoutMs: 2 * LONG });
  assert.equal([waiting.error?.code, kinds(waiting.phases)], ["connect_timeout", [false, "connect", "tls"]]);
  isLong(waiting.phases.tls, "tls");

  const known = getCACertificates("default");
  setDefaultCACertificates([...known, made.cert.toString()]);
  open.push(async () => setDefaultCACertificates(known));
  const connections = connectionsTo(secure.url);
  const done = await phasesOf(connections);
  assert.equal([done.error, kinds(done.phases)], [null, [false, "connect", "tls", "firstByte", "body"]]);
  assert.equal(kinds((await phasesOf(connections)).phases), [true, "firstByte", "body"]);
});

test("a target that is not there, one that never answers TCP, one that may not be reached", async () => {
  const gone = await httpTarget(() => undefined);
  await gone.stop();
  const refused = await phasesOf(connectionsTo(gone.url));
  assert.equal([refused.error?.code, kinds(refused.phases)], ["refused", [false, "connect"]]);

  const hole: Connector = () => Object.assign(new Socket(), { steps: stepsTo("10.0.0.1") });
  const lost = await phasesOf(connectionsTo("http://10.0.0.1:9", hole), { timeoutMs: 2 * LONG });
  assert.equal([lost.error?.code, kinds(lost.phases)], ["connect_timeout", [false, "connect"]]);
  isLong(lost.phases.connect, "connect");

  const blocked = await phasesOf(connectionsTo("http://169.254.169.254"));
  assert.equal([blocked.error?.code, kinds(blocked.phases)], ["blocked", [false]]);
});

test("the deadline while the target thinks, and a request that cannot be sent", async () => {
  const silent = await started(tcpTarget(() => undefined));
  const late = await phasesOf(connectionsTo(silent.url), { timeoutMs: 2 * LONG });
  assert.equal([late.error?.code, kinds(late.phases)], ["timeout", [false, "connect", "firstByte"]]);

  const { url } = await started(httpTarget((_, res) => void res.end("ok")));
  const connections = connectionsTo(url);
  await phasesOf(connections);
  const { phases, error } = await phasesOf(connections, { headers: { "a b": "c" } });
  // Nothing is left of the call before it.
  assert.equal([error?.code, kinds(phases)], ["bad_request", [true]]);
});

test("through a proxy: the tunnel is the connection", async () => {
  const proxy = await startProxy();
  open.push(() => proxy.stop());
  const { url } = await started(httpTarget((_, res) => void res.end("ok")));
  const connector = guardedConnector(allowLoopback, { proxy: new OutboundProxy(proxy.url) });
  const { phases, error } = await phasesOf(connectionsTo(url, connector));
  assert.equal([error, kinds(phases)], [null, [false, "connect", "firstByte", "body"]]);
});

test.run();
