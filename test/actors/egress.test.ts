import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Connections } from "../../actors/connections.ts";
import { type Blocked, BlockedAddressError, EgressGuard, guardedConnector } from "../../actors/egress.ts";
import { callTarget } from "../../actors/http-call.ts";
import { sendMail } from "../../actors/mail.ts";
import { NameResolver } from "../../actors/names/resolver.ts";
import type { Connector } from "../../actors/opening.ts";
import { LOOPBACK_RANGES } from "../../core/addresses.ts";
import { ANY_LOOPBACK, EgressPolicy, listenerKey } from "../../core/egress.ts";
import { type DnsZone, startDns } from "../servers/dns.ts";
import { connectionsTo, httpTarget, type Target } from "./targets.ts";

const test = suite("egress");
let target: Target;
let port: string;
let asked = 0;

test.before(async () => {
  target = await httpTarget((_, res) => {
    asked += 1;
    res.end("ok");
  });
  port = new URL(target.url).port;
});
test.before.each(() => {
  asked = 0;
});
test.after(() => target.stop());

const REQUEST = { method: "GET", path: "/", headers: {}, body: null, timeoutMs: 5_000, keepAlive: false };

async function called(url: string, connector: Connector) {
  const connections = connectionsTo(url, connector);
  const result = await callTarget(connections, REQUEST);
  connections.destroy();
  return result;
}

const reach = (host: string, allowed: string[]) =>
  called(`http://${host}:${port}`, guardedConnector(new EgressPolicy(allowed)));

// ipaddr notations that URL makes normal, literals, mapped ones, and a name.
const HOSTS = ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"];
for (const host of HOSTS) {
  test(`${host} is blocked where loopback is not allowed, and nothing is sent`, async () => {
    for (const allowed of [[], ["10.0.0.0/8"]]) {
      const { error } = await reach(host, allowed);
      assert.is(error?.code, "blocked");
      assert.match(
        error?.message ?? "",
        / is not a public address, which callbacks may not reach \(BIDA_EGRESS_ALLOW, rule private\)$/,
      );
    }
    assert.is(asked, 0);
  });

  test(`${host} is reached where loopback is allowed`, async () => {
    const { statusCode, error } = await reach(host, ["127.0.0.0/8"]);
    assert.equal([statusCode, error, asked], [200, null, 1]);
  });
}

test("[::1] and metadata are blocked, also as literals", async () => {
  for (const host of ["[::1]", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]"]) {
    assert.is((await reach(host, ["127.0.0.0/8", "fc00::/7"])).error?.code, "blocked", host);
  }
});

test("what is allowed but has no server is refused, not blocked", async () => {
  const { error } = await reach("127.0.0.2", ["127.0.0.0/8"]);
  assert.is(error?.code, "refused");
});

test("a name that does not resolve", async () => {
  const { error } = await reach("nowhere.invalid", ["127.0.0.0/8"]);
  assert.is(error?.code, "dns");
});

/** A call to a name, and a mail to it, where name servers say of it what `zone` says. */
async function reachNamed(zone: DnsZone, allowed: string[], timeoutMs = 5_000) {
  const dns = await startDns(zone);
  const connector = guardedConnector(new EgressPolicy(allowed), {
    names: new NameResolver({ servers: [dns.address] }),
  });
  const connections = new Connections(`http://a.example:${port}`, { connector });
  const request = { method: "GET", path: "/", headers: {}, body: null, timeoutMs, keepAlive: false };
  const mail = { host: "a.example", port: Number(port), tls: "none", user: null, password: null } as const;
  const text = { from: "a@a.example", to: ["b@b.example"], subject: "s", text: "t" };
  const call = await callTarget(connections, request);
  const mailed = await sendMail({ ...mail, ...text }, "id", connector, timeoutMs);
  connections.destroy();
  await dns.stop();
  return { call, mailed };
}
const A = (...values: string[]) => ({
  records: values.map((value) => ({ type: "A" as const, ttl: 60, value })),
});

test("a name server's answer: every address is vetted, and only permitted ones are connected to", async () => {
  const { call, mailed } = await reachNamed(() => A("169.254.169.254", "127.0.0.1"), ["127.0.0.0/8"]);
  assert.equal([call.statusCode, call.error], [200, null]);
  // It reached the web server, which speaks no SMTP.
  assert.not.ok(["blocked", "dns"].includes(mailed.error?.code ?? ""), JSON.stringify(mailed.error));
  const none = await reachNamed(() => A("169.254.169.254", "127.0.0.1"), ["10.0.0.0/8"]);
  for (const { error } of [none.call, none.mailed])
    assert.equal(error, {
      code: "blocked",
      message:
        "a.example is a cloud's metadata address, which callbacks may not reach (BIDA_EGRESS_ALLOW, rule metadata)",
    });
});

for (const [what, zone, message] of [
  ["does not exist", () => ({ rcode: "NXDOMAIN" }), "a.example: there is no such name (NXDOMAIN)"],
  ["fails", () => ({ rcode: "SERVFAIL" }), "a.example: the name server failed (SERVFAIL)"],
  ["is never answered", () => null, "the host name was not resolved within 300 ms"],
] as [string, DnsZone, string][]) {
  test(`a name that ${what}: the error is dns and says so, of calls and of mail`, async () => {
    const { call, mailed } = await reachNamed(zone, ["127.0.0.0/8"], 300);
    for (const { error, local } of [call, mailed])
      assert.equal([error, local], [{ code: "dns", message }, null]);
  });
}

/** Bida's own listeners are closed by port, also where a name leads to one. */
for (const [host, zone] of [
  ["127.0.0.1", () => null],
  ["localhost", () => null],
  ["a.example", () => A("127.0.0.1")],
] as [string, DnsZone][]) {
  test(`${host}: Bida's own listener is not reached, its neighbour is`, async () => {
    const dns = await startDns(zone);
    const neighbour = await httpTarget((_, res) => void res.end("ok"));
    const blocked: Blocked[] = [];
    const policy = new EgressPolicy(LOOPBACK_RANGES, [listenerKey(ANY_LOOPBACK, Number(port))]);
    const connector = guardedConnector(policy, {
      names: new NameResolver({ servers: [dns.address] }),
      onBlocked: (one) => blocked.push(one),
    });
    // At the same time: it is the port of each that counts.
    const [own, other] = await Promise.all(
      [port, new URL(neighbour.url).port].map((to) => called(`http://${host}:${to}`, connector)),
    );
    assert.equal(
      [own?.error, own?.local],
      [
        { code: "blocked", message: `${host} leads to Bida itself, which callbacks never reach (rule own)` },
        null,
      ],
    );
    assert.equal([other?.statusCode, other?.error, asked], [200, null, 0]);
    assert.equal([blocked.length, blocked[0]?.host, blocked[0]?.rule], [1, host, "own"]);
    assert.ok(blocked[0]?.addresses.includes("127.0.0.1"), "who runs Bida is told the address");
    await Promise.all([dns.stop(), neighbour.stop()]);
  });
}

test("a kept connection is not used again once its target may not be reached any more", async () => {
  const guard = new EgressGuard({ allow: LOOPBACK_RANGES, own: [] });
  const connections = new Connections(target.url, { connector: guardedConnector(guard), guard });
  const call = () => callTarget(connections, { ...REQUEST, keepAlive: true });
  assert.is((await call()).statusCode, 200);
  guard.update({ allow: LOOPBACK_RANGES, own: ["10.0.0.1 80"] });
  assert.is((await call()).statusCode, 200);
  guard.update({ allow: [], own: [] });
  assert.is((await call()).error?.code, "blocked");
  assert.is(asked, 2);
  connections.destroy();
});

test("the error says so by its code", () =>
  assert.is(new BlockedAddressError("x", "own").code, "BIDA_BLOCKED"));

test.run();
