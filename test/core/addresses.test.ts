import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AddressRanges, EgressPolicy, LOOPBACK_RANGES, PRIVATE_RANGES } from "../../core/addresses.ts";

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
  ["192.0.0.192", false, false, true],
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
  ["fd00:ec2::254", false, false, false],
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

const METADATA: [entry: string, ip: string, ok: boolean][] = [
  ["169.254.0.0/16", "169.254.169.254", true],
  ["169.254.169.254", "169.254.169.254", true],
  ["169.254.169.254/32", "169.254.169.254", true],
  ["169.254.169.254", "169.254.169.253", false],
  ["169.254.0.0/15", "169.254.169.254", false],
  ["fe80::/10", "fe80::1", true],
  ["fe80::/9", "fe80::1", false],
  ["fd00:ec2::254", "fd00:ec2::254", true],
  ["fd00:ec2::/64", "fd00:ec2::254", false],
  ["fd00:ec2::/64", "fd00:ec2::253", true],
  ["169.254.169.254", "::ffff:169.254.169.254", true],
];
for (const [entry, ip, ok] of METADATA) {
  test(`${entry} ${ok ? "opens" : "does not open"} ${ip}`, () =>
    assert.is(new EgressPolicy([entry]).permits(ip), ok));
}

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
