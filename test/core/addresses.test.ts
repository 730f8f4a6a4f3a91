import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AddressRanges, LOOPBACK_RANGES, networkOf, PRIVATE_RANGES } from "../../core/addresses.ts";
import { EgressPolicy, listenerKey } from "../../core/egress.ts";

const test = suite("addresses");

const OWN = [...LOOPBACK_RANGES, ...PRIVATE_RANGES];
const EVERYTHING = ["0.0.0.0/0", "::/0"];

/** Address, and whether it may be reached: with nothing allowed, with our own ranges, with everything allowed. */
const EGRESS: [ip: string, none: boolean, own: boolean, everything: boolean][] = [
  ["8.8.8.8", true, true, true],
  ["1.1.1.1", true, true, true],
  ["172.32.0.1", true, true, true],
  ["2606:4700::1111", true, true, true],
  ["127.0.0.1", false, true, true],
  ["127.255.255.254", false, true, true],
  ["::1", false, true, true],
  ["10.0.0.1", false, true, true],
  ["172.16.0.1", false, true, true],
  ["172.31.255.255", false, true, true],
  ["192.168.1.1", false, true, true],
  ["fd12:3456::1", false, true, true],
  ["0.0.0.0", false, false, true],
  ["0.1.2.3", false, false, true],
  ["::", false, false, true],
  ["100.64.0.1", false, false, true],
  ["192.0.0.193", false, false, true],
  ["198.18.0.1", false, false, true],
  ["224.0.0.1", false, false, true],
  ["255.255.255.255", false, false, true],
  ["ff02::1", false, false, true],
  ["2001:db8::1", false, false, true],
  ["2001:0:7f00:1::", false, false, true],
  // Link-local and metadata are not opened by anything wider.
  ["169.254.169.254", false, false, false],
  ["169.254.0.1", false, false, false],
  ["fe80::1", false, false, false],
  ["fe80::1%eth0", false, false, false],
  ["febf::1", false, false, false],
  ["fe80::1%br-lan.7", false, false, false],
  ["fe80::1%br:0", false, false, false],
  // Metadata, wherever a cloud has it, public by its number or not.
  ["fd00:ec2::254", false, false, false],
  ["fd00:ec2::23", false, false, false],
  ["169.254.170.2", false, false, false],
  ["169.254.170.23", false, false, false],
  ["fd20:ce::254", false, false, false],
  ["168.63.129.16", false, false, false],
  ["192.0.0.192", false, false, false],
  ["fd00:c1::a9fe:a9fe", false, false, false],
  ["169.254.42.42", false, false, false],
  ["fd00:42::42", false, false, false],
  ["100.100.100.200", false, false, false],
  ["169.254.0.23", false, false, false],
  ["100.96.0.96", false, false, false],
  ["100.80.80.80", false, false, false],
  ["fe80::a9fe:a9fe", false, false, false],
  ["fd00:a9fe:a9fe::1", false, false, false],
  ["::ffff:168.63.129.16", false, false, false],
  ["64:ff9b::168.63.129.16", false, false, false],
  ["2002:6464:64c8::1", false, false, false],
  // Their neighbours are as others.
  ["168.63.129.17", true, true, true],
  ["100.100.100.201", false, false, true],
  ["fd20:ce::253", false, true, true],
  // IPv4 in the clothes of IPv6.
  ["::ffff:127.0.0.1", false, true, true],
  ["::ffff:7f00:1", false, true, true],
  ["::FFFF:8.8.8.8", true, true, true],
  ["::ffff:169.254.169.254", false, false, false],
  ["64:ff9b::7f00:1", false, true, true],
  ["64:ff9b::8.8.8.8", true, true, true],
  ["64:ff9b::169.254.169.254", false, false, false],
  ["64:ff9b:1::7f00:1", false, false, true],
  ["2002:7f00:1::", false, true, true],
  ["2002:808:808::", true, true, true],
  ["2002:a9fe:a9fe::1", false, false, false],
  // What is not an address as the resolver gives it is none.
  ["127.1", false, false, false],
  ["0x7f.1", false, false, false],
  ["0x7f000001", false, false, false],
  ["2130706433", false, false, false],
  ["0177.0.0.1", false, false, false],
  ["127.0.0.1 ", false, false, false],
  ["[::1]", false, false, false],
  ["localhost", false, false, false],
  ["", false, false, false],
];
const policies = [[], OWN, EVERYTHING].map((allowed) => new EgressPolicy(allowed));
for (const [ip, ...wanted] of EGRESS) {
  test(`egress to ${JSON.stringify(ip)}`, () =>
    assert.equal(
      policies.map((policy) => policy.permits(ip)),
      wanted,
    ));
}

test("odd notations in URLs are normal ones by the time they are vetted", () => {
  for (const host of ["127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.1."]) {
    assert.is(new URL(`http://${host}/`).hostname, "127.0.0.1", host);
  }
  assert.is(new URL("http://[::ffff:127.0.0.1]/").hostname, "[::ffff:7f00:1]");
});

const NARROW: [entry: string, ip: string, ok: boolean][] = [
  ["169.254.0.0/16", "169.254.1.1", true],
  ["169.254.0.0/16", "169.254.169.254", false],
  ["169.254.169.254", "169.254.169.254", true],
  ["169.254.169.254/32", "169.254.169.254", true],
  ["169.254.169.254/31", "169.254.169.254", false],
  ["169.254.169.254", "169.254.169.253", false],
  ["169.254.0.0/15", "169.254.1.1", false],
  ["fe80::/10", "fe80::1", true],
  ["fe80::/10", "fe80::1%eth0", true],
  ["fe80::1%br-lan", "fe80::1%eth0", true],
  ["fe80::/10", "fe80::a9fe:a9fe", false],
  ["fe80::/9", "fe80::1", false],
  ["fd00:ec2::254", "fd00:ec2::254", true],
  ["fd00:ec2::/64", "fd00:ec2::254", false],
  ["fd00:ec2::/64", "fd00:ec2::253", false],
  ["168.63.129.0/24", "168.63.129.16", false],
  ["168.63.129.16", "168.63.129.16", true],
  ["100.64.0.0/10", "100.100.100.200", false],
  ["100.100.100.200", "100.100.100.200", true],
  ["169.254.169.254", "::ffff:169.254.169.254", true],
];
for (const [entry, ip, ok] of NARROW) {
  test(`${entry} ${ok ? "opens" : "does not open"} ${ip}`, () =>
    assert.is(new EgressPolicy([entry]).permits(ip), ok));
}

test("what is refused names its rule", () => {
  const policy = new EgressPolicy([], [listenerKey("8.8.8.8", 443)]);
  const rules = ["8.8.8.8", "168.63.129.16", "169.254.1.1", "fe80::1", "10.0.0.1", "garbage"].map((ip) =>
    policy.refusal(ip, 443),
  );
  assert.equal(rules, ["own", "metadata", "link_local", "link_local", "private", "private"]);
});

const LISTENERS = [
  listenerKey("10.0.0.5", 8080),
  listenerKey("fd12::5", 8080),
  listenerKey("127.0.0.1", 8081),
  listenerKey("::1", 8081),
  listenerKey("loopback", 8082),
];
const OWN_LISTENERS: [ip: string, port: number, reached: boolean][] = [
  ["10.0.0.5", 8080, false],
  ["::ffff:10.0.0.5", 8080, false],
  ["64:ff9b::10.0.0.5", 8080, false],
  ["fd12:0:0::5", 8080, false],
  ["10.0.0.5", 8081, true],
  ["10.0.0.6", 8080, true],
  ["127.0.0.1", 8080, true],
  ["127.0.0.1", 8081, false],
  ["0.0.0.0", 8081, false],
  ["::", 8081, false],
  ["::1", 8081, false],
  ["127.0.0.2", 8081, true],
  ["127.0.0.2", 8082, false],
  ["::1", 8082, false],
  ["::ffff:127.0.0.9", 8082, false],
];
for (const [ip, port, reached] of OWN_LISTENERS) {
  test(`Bida's own listeners: ${ip} port ${port} is ${reached ? "reached" : "not reached, whatever is allowed"}`, () =>
    assert.is(new EgressPolicy(EVERYTHING, LISTENERS).permits(ip, port), reached));
}

test("zones of addresses never throw", () => {
  for (const zone of ["eth0", "br-lan", "eth0.100", "a:b", "25"]) {
    const ip = `fe80::1:2:3:4%${zone}`;
    assert.is(networkOf(ip), "fe80::/64");
    assert.ok(new AddressRanges(["fe80::/10"]).includes(ip), ip);
    assert.not.ok(new AddressRanges(["10.0.0.0/8"]).includes(ip), ip);
  }
});

test("a narrow entry beside a wide one counts", () => {
  const policy = new EgressPolicy(["0.0.0.0/0", "169.254.169.254"]);
  assert.equal([policy.permits("169.254.169.254"), policy.permits("169.254.1.1")], [true, false]);
});

const RANGES: [entries: string[], ip: string, ok: boolean][] = [
  [[], "127.0.0.1", false],
  [["10.0.0.0/8"], "10.255.0.1", true],
  [["10.0.0.0/8"], "11.0.0.1", false],
  [["10.1.2.3"], "10.1.2.3", true],
  [["10.1.2.3"], "10.1.2.4", false],
  [["10.0.0.0/8"], "::ffff:10.0.0.1", true],
  [["::1"], "::1", true],
  [["::1"], "0:0:0:0:0:0:0:1", true],
  [["::1"], "127.0.0.1", false],
  [["2001:db8::/32"], "2001:db8:1::5", true],
  [["0.0.0.0/0"], "::1", false],
  [["0.0.0.0/0"], "1.2.3.4", true],
  [["10.0.0.0/8", "192.168.0.0/16"], "192.168.3.4", true],
  [["10.0.0.0/8"], "garbage", false],
  [["10.0.0.0/8"], "10.1", false],
  [["10.0.0.0/8"], "", false],
  [[" 10.0.0.0/8 "], "10.0.0.1", true],
];
for (const [entries, ip, ok] of RANGES) {
  test(`[${entries}] includes ${ip}: ${ok}`, () => assert.is(new AddressRanges(entries).includes(ip), ok));
}

const WRONG = [
  "",
  "10.0.0.0/33",
  "10.0.0/8",
  "10.1",
  "::/129",
  "example.com",
  "10.0.0.1-5",
  "10.0.0.0/",
  "1/8",
];
for (const entry of WRONG) {
  test(`the entry ${JSON.stringify(entry)} is refused by name`, () =>
    assert.throws(
      () => new AddressRanges(["10.0.0.0/8", entry]),
      (error: unknown) => String(error).includes(`"${entry}" is not an IP address or CIDR range`),
    ));
}

test.run();
