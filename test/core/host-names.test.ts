import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HostNames, hostOf, isHostPattern } from "../../core/host-names.ts";

const test = suite("host names");

const AUTHORITIES: [authority: string, host: string | null][] = [
  ["bida.example", "bida.example"],
  ["Bida.Example:8080", "bida.example"],
  ["bida.example.", "bida.example"],
  ["bida.example:", "bida.example"],
  ["127.0.0.1:8080", "127.0.0.1"],
  ["[::1]:8080", "::1"],
  ["[0:0:0:0:0:0:0:1]", "::1"],
  ["[::ffff:127.0.0.1]", "127.0.0.1"],
  ["api", "api"],
  ["a_b", "a_b"],
  ["xn--fiqs8s.example", "xn--fiqs8s.example"],
  ["", null],
  [":8080", null],
  ["::1", null],
  ["[::1", null],
  ["[bida]", null],
  ["user@bida.example", null],
  ["bida.example/x", null],
  ["a b", null],
  ["a,b", null],
  ["a..b", null],
  ["bida.example:x", null],
  ["bida.example:123456", null],
  [`${"a".repeat(64)}.example`, null],
  [`${"a.".repeat(200)}b`, null],
];
for (const [authority, host] of AUTHORITIES)
  test(`"${authority.slice(0, 40)}" is ${host}`, () => assert.is(hostOf(authority), host));

const names = new HostNames([
  "bida.example",
  "*.inner.example",
  "10.0.0.2",
  "[2001:db8:0::7]",
  "Big.Example.",
]);
const MEMBERS: [host: string, isIn: boolean][] = [
  ["localhost", true],
  ["a.localhost", true],
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["[::1]", true],
  ["bida.example", true],
  ["big.example", true],
  ["10.0.0.2", true],
  ["[2001:db8::7]", true],
  ["a.inner.example", true],
  ["a.b.inner.example", true],
  ["inner.example", false],
  ["xinner.example", false],
  ["evil.example", false],
  ["bida.example.evil.example", false],
  ["localhost.evil.example", false],
  ["127.0.0.1.evil.example", false],
  ["10.0.0.3", false],
  ["[2001:db8::8]", false],
];
for (const [host, isIn] of MEMBERS)
  test(`${host} is ${isIn ? "" : "not "}ours`, () => assert.is(names.includes(hostOf(host) ?? "?"), isIn));

test("patterns", () => {
  for (const one of ["a", "*.a.example", "10.0.0.1", "::1", "[::1]", "a.example."])
    assert.ok(isHostPattern(one), one);
  for (const one of ["*", "*.", "a.*", "http://a", "a:80", "a b", "", "*.*.a", "10.0.0.0/8"])
    assert.not.ok(isHostPattern(one), one);
});

test.run();
