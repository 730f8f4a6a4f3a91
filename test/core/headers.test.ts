import { suite } from "uvu";
import * as assert from "uvu/assert";
import { headerProblem } from "../../core/headers.ts";

const test = suite("headers");

const FINE: [string, string][] = [
  ["x-token", "abc"],
  ["Authorization", "Bearer a.b-c"],
  ["Content-Type", "text/xml; charset=gbk"],
  ["x-empty", ""],
  ["x_under!#$%&'*+.^`|~", "a\tb"],
  ["x-latin", "café"],
  ["webhook-other", "1"],
  ["bida", "1"],
  ["x-bida-attempt", "1"],
];
for (const [name, value] of FINE)
  test(`${name} may be set`, () => assert.is(headerProblem(name, value), null));

const TRANSPORT = [
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"],
  ...["trailer", "transfer-encoding", "upgrade", "expect", "host", "content-length"],
];
for (const name of TRANSPORT) {
  test(`${name} is the client's business, in any case`, () => {
    for (const given of [name, name.toUpperCase()]) {
      assert.is(headerProblem(given, "x"), "is set by the HTTP client and cannot be given");
    }
  });
}

for (const name of [
  "webhook-id",
  "Webhook-Timestamp",
  "WEBHOOK-SIGNATURE",
  "bida-attempt",
  "Bida-Anything",
]) {
  test(`${name} is ours`, () => assert.is(headerProblem(name, "x"), "is Bida's own and cannot be given"));
}

for (const name of ["", "a b", "a:b", "x\r\ny", "名", "a\0", "x".repeat(101)]) {
  test(`${JSON.stringify(name)} is no name`, () =>
    assert.is(headerProblem(name, "x"), "is not a valid header name"));
}

for (const value of ["a\r\nx: y", "a\nb", "a\0b", "名", "😀", "\x7f", "\ud800"]) {
  test(`${JSON.stringify(value)} is no value`, () =>
    assert.is(headerProblem("x-a", value), "has characters that a header cannot carry"));
}

for (const value of [
  "",
  "gzip",
  "GZIP, x-gzip;q=0.5 ,deflate; q=1.000, br;q=0, zstd",
  "identity",
  "identity;q=1, *;q=0",
  "compress;q=0, gzip",
  ", gzip,",
])
  test(`accept-encoding: ${value} can be decoded`, () =>
    assert.is(headerProblem("Accept-Encoding", value), null));

const UNDECODABLE: [value: string, problem: RegExp][] = [
  ["compress", /^asks for compress; Bida can decode gzip, deflate, br, zstd$/],
  ["gzip, exi;q=0.1", /^asks for exi;/],
  ["*", /^asks for any coding \(\*\);/],
  ["gzip, *;q=0.001", /^asks for any coding/],
  ["gzip;q=2", /^has "gzip;q=2", which is no coding with an optional weight/],
  ["gzip deflate", /^has "gzip deflate"/],
  ["gzip;level=9", /^has "gzip;level=9"/],
];
for (const [value, problem] of UNDECODABLE)
  test(`accept-encoding: ${value} is refused`, () =>
    assert.match(headerProblem("accept-encoding", value) ?? "", problem));

test.run();
