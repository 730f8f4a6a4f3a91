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

test.run();
