// What the machine's own files and interfaces say of names, as getaddrinfo reads them.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { familiesAsked, familiesOf, sorted } from "../../../actors/names/families.ts";
import { parseHosts } from "../../../actors/names/hosts-file.ts";
import { candidatesOf, parseResolvConf } from "../../../actors/names/resolv-conf.ts";
import { a, addresses, failure, kit, NXDOMAIN } from "./kit.ts";

const test = suite("names of the machine");
const open: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const close of open.splice(0)) await close();
});

test("literal addresses are never looked up", async () => {
  const { names, dns } = await kit(() => NXDOMAIN, open);
  for (const [host, address] of [
    ["192.0.2.1", "192.0.2.1"],
    ["::1", "::1"],
    ["127.1", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
  ] as const)
    assert.equal(await addresses(names, host), [address]);
  assert.equal(dns.asked, []);
});

test("localhost, and what ends with it, is loopback; .invalid has no address: neither is asked for", async () => {
  const { names, dns } = await kit(() => a("192.0.2.1"), open);
  for (const host of ["localhost", "LOCALHOST", "localhost.", "app.localhost"])
    assert.equal(await addresses(names, host), ["127.0.0.1", "::1"]);
  assert.equal(await failure(names, "x.invalid"), ["x.invalid: there is no such name (NXDOMAIN)", false]);
  assert.equal(dns.asked, []);
});

test("names with other characters are looked up as ASCII; what cannot be a name is not looked up", async () => {
  const { names, dns } = await kit(() => a("192.0.2.1"), open);
  await names.lookup("Bücher.Example");
  await names.lookup("_srv.under_score.example");
  assert.equal(dns.asked, ["A xn--bcher-kva.example", "A _srv.under_score.example"]);
  assert.equal(await failure(names, "a b"), ['"a b" is not a host name', false]);
  assert.equal(await failure(names, `${"x".repeat(64)}.example`), [
    `${"x".repeat(64)}.example: not a valid host name`,
    false,
  ]);
});

test("hosts file: goes before name servers, any name of a line, all lines; a change is noticed", async () => {
  const { names, dns, hosts, pass } = await kit(() => a("192.0.2.9"), open);
  assert.equal(await addresses(names, "app.internal"), ["192.0.2.9"]);
  hosts("# 10.0.0.9 app\n10.0.0.1\tdb App.Internal # the app\n10.0.0.2 app.internal\n127.0.0.5 localhost\n");
  pass(1_000);
  assert.equal(await addresses(names, "app.internal"), ["10.0.0.1", "10.0.0.2"]);
  assert.equal(await addresses(names, "APP.internal."), ["10.0.0.1", "10.0.0.2"]);
  assert.equal(await addresses(names, "localhost"), ["127.0.0.5"]);
  hosts("");
  pass(1_000);
  assert.equal(await addresses(names, "app.internal"), ["192.0.2.9"]);
  assert.is(dns.count("app.internal"), 1);
});

test("hosts file: what is read of it", () => {
  const text =
    "::1 ip6-localhost\r\nfe80::1%lo0 localhost\nnonsense here\n10.0.0.1 a a b.\n\n10.0.0.1 a\n10.0.0.3";
  assert.equal(
    [...parseHosts(text)],
    [
      ["ip6-localhost", ["::1"]],
      ["a", ["10.0.0.1"]],
      ["b", ["10.0.0.1"]],
    ],
  );
  assert.is(parseHosts(null).size, 0);
});

test("resolv.conf: what is read of it", () => {
  const text =
    "; a\n# b\nnameserver 10.0.0.1\nnameserver x\nnameserver ::1 # c\nsearch a.example. B.example\noptions ndots:5 timeout:1\n";
  assert.equal(parseResolvConf(text, "host"), {
    servers: ["10.0.0.1", "::1"],
    search: ["a.example", "b.example"],
    ndots: 5,
  });
  const many = [1, 2, 3, 4].map((i) => `nameserver 10.0.0.${i}`).join("\n");
  assert.is(parseResolvConf(many).servers?.length, 3);
  assert.is(parseResolvConf("nameserver fe80::1%eth0").servers, null);
  assert.equal(parseResolvConf("search a b\ndomain c", "h").search, ["c"]);
  assert.equal(parseResolvConf(null, "host.corp.example"), {
    servers: null,
    search: ["corp.example"],
    ndots: 1,
  });
  assert.is(parseResolvConf("options ndots:99").ndots, 15);
});

test("candidates of a name, as glibc tries them", () => {
  const conf = { servers: null, search: ["s1", "s2"], ndots: 2 };
  assert.equal(candidatesOf("a", conf), ["a.s1.", "a.s2.", "a."]);
  assert.equal(candidatesOf("a.b", conf), ["a.b.s1.", "a.b.s2.", "a.b."]);
  assert.equal(candidatesOf("a.b.c", conf), ["a.b.c.", "a.b.c.s1.", "a.b.c.s2."]);
  assert.equal(candidatesOf("a.", conf), ["a."]);
});

test("search domains: the first name that has an address is it; a change of the file is noticed", async () => {
  const zone = (name: string) => (name === "db.two.example" ? a("192.0.2.2") : NXDOMAIN);
  const { names, dns, resolvConf, pass } = await kit(zone, open);
  resolvConf("search one.example two.example\noptions ndots:2\n");
  pass(1_000);
  assert.equal(await addresses(names, "db"), ["192.0.2.2"]);
  assert.equal(dns.asked, ["A db.one.example", "A db.two.example"]);
  assert.equal(await failure(names, "db."), ["db.: there is no such name (NXDOMAIN)", false]);
  resolvConf("search three.example\n");
  pass(1_000);
  assert.equal(await failure(names, "db"), ["db: there is no such name (NXDOMAIN)", false]);
  assert.equal(dns.asked.slice(-2), ["A db.three.example", "A db"]);
});

test("search domains: a name that exists without an address says more than a failed server", async () => {
  const zone = (name: string) => (name === "db.one.example" ? {} : { rcode: "SERVFAIL" as const });
  const { names, resolvConf, pass } = await kit(zone, open);
  resolvConf("search one.example two.example\n");
  pass(1_000);
  assert.equal(await failure(names, "db"), ["db: the name has no address (no A or AAAA record)", false]);
});

test("both families: asked side by side, in the order of the machine's interfaces", async () => {
  const zone = (_: string, type: string) =>
    type === "A"
      ? { records: [{ type: "A" as const, ttl: 60, value: "192.0.2.1" }] }
      : { records: [{ type: "AAAA" as const, ttl: 60, value: "2001:db8::1" }] };
  for (const [v6First, order] of [
    [true, ["2001:db8::1", "192.0.2.1"]],
    [false, ["192.0.2.1", "2001:db8::1"]],
  ] as const) {
    const { names, dns } = await kit(zone, open, { families: () => ({ v4: true, v6: true, v6First }) });
    assert.equal(await addresses(names, "a.example"), [...order]);
    assert.equal(dns.asked.toSorted(), ["A a.example", "AAAA a.example"]);
  }
});

for (const [what, aaaa] of [
  ["never answers", null],
  ["fails", { rcode: "SERVFAIL" }],
  ["has none", {}],
] as const) {
  test(`a name with an IPv4 address whose question for IPv6 ${what} is found by IPv4`, async () => {
    const zone = (_: string, type: string) => (type === "A" ? a("192.0.2.1") : aaaa);
    const families = () => ({ v4: true, v6: true, v6First: true });
    const { names } = await kit(zone, open, { families, limitMs: 60_000 });
    assert.equal(await addresses(names, "a.example"), ["192.0.2.1"]);
  });
}

test("one family says that there is none, the other nothing: nothing is certain", async () => {
  const zone = (name: string, type: string) => (type === "AAAA" || name !== "a.example" ? {} : null);
  const families = () => ({ v4: true, v6: true, v6First: false });
  const { names } = await kit(zone, open, { families, limitMs: 1_000 });
  assert.equal(await failure(names, "a.example"), [
    "a.example: no answer of a name server within 1000 ms",
    false,
  ]);
});

test("families of a machine's interfaces", () => {
  const face = (address: string, internal = false) =>
    ({ address, internal, family: address.includes(":") ? "IPv6" : "IPv4" }) as never;
  const lo = [face("127.0.0.1", true), face("::1", true)];
  const of = (...addresses: string[]) => familiesOf({ lo, eth0: addresses.map((address) => face(address)) });
  assert.equal(of("10.0.0.2"), { v4: true, v6: false, v6First: false });
  assert.equal(of("10.0.0.2", "fe80::2"), { v4: true, v6: true, v6First: false });
  assert.equal(of("10.0.0.2", "fd00::2"), { v4: true, v6: true, v6First: false });
  assert.equal(of("2001:db8::2"), { v4: false, v6: true, v6First: true });
  assert.equal(familiesAsked(of("10.0.0.2")), [4]);
  assert.equal(familiesAsked(of("2001:db8::2")), [6]);
  assert.equal(familiesAsked(of()), [4, 6]);
  const order = (some: string[], families: ReturnType<typeof of>) =>
    sorted(some, families).map(({ address }) => address);
  assert.equal(order(["127.0.0.1", "::1"], of("10.0.0.2", "fd00::2")), ["::1", "127.0.0.1"]);
  assert.equal(order(["127.0.0.1", "::1"], of("10.0.0.2")), ["127.0.0.1", "::1"]);
  assert.equal(order(["fd00::9", "10.0.0.9"], of("10.0.0.2", "fd00::2")), ["10.0.0.9", "fd00::9"]);
});

test.run();
