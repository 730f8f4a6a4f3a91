import type { IncomingMessage } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  checkSameOrigin,
  cookieOf,
  deviceCookieOf,
  deviceOf,
  newToken,
  proofOf,
  tokenOf,
} from "../../services/api/cookie.ts";
import { refusal } from "../core/helpers.ts";

const test = suite("session cookie");
const request = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;
const TOKEN = newToken();

const COOKIES: [name: string, cookie: string, token: string | null][] = [
  ["alone", `bida_session=${TOKEN}`, TOKEN],
  ["among others", `a=1; bida_session=${TOKEN}; b=2`, TOKEN],
  ["under another name", `x_bida_session=${TOKEN}`, null],
  ["too short", "bida_session=abc", null],
  ["too long", `bida_session=${TOKEN}x`, null],
  ["with other characters", `bida_session=${TOKEN.slice(1)}'`, null],
  ["not there", "", null],
];
for (const [name, cookie, token] of COOKIES)
  test(`a token ${name}`, () => assert.is(tokenOf(request({ cookie }), false), token));

test("behind TLS only the name counts that no other host can plant", () => {
  const both = request({ cookie: `bida_session=${TOKEN}; __Host-bida_device=${TOKEN}` });
  assert.equal([tokenOf(both, true), tokenOf(both, false)], [null, TOKEN]);
  assert.equal([deviceOf(both, true), deviceOf(both, false)], [TOKEN, null]);
});

test("Set-Cookie", () => {
  assert.is(cookieOf("t", false), "bida_session=t; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800");
  assert.is(
    cookieOf(null, true),
    "__Host-bida_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure",
  );
  assert.is(
    deviceCookieOf("t", true),
    "__Host-bida_device=t; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000; Secure",
  );
});

test("the proof does not tell the token, and differs by the environment's password", () => {
  const proof = proofOf(TOKEN, "one");
  assert.not.match(JSON.stringify(proof), TOKEN);
  assert.equal(proofOf(TOKEN, "one"), proof);
  assert.is(proofOf(TOKEN, "two").tokenHash, proof.tokenHash);
  assert.is.not(proofOf(TOKEN, "two").mark, proof.mark);
});

const ORIGINS: [headers: Record<string, string>, strict: boolean, passes: boolean][] = [
  [{ host: "bida.example", origin: "https://bida.example" }, true, true],
  [{ host: "127.0.0.1:8080", origin: "http://127.0.0.1:8080" }, true, true],
  [{ host: "Bida.example", origin: "https://bida.example" }, true, true],
  [{ host: "bida.example", origin: "https://evil.example" }, true, false],
  [{ host: "bida.example", origin: "https://bida.example.evil.example" }, true, false],
  [{ host: "bida.example:8080", origin: "http://bida.example" }, true, false],
  [{ host: "bida.example", origin: "null" }, true, false],
  [{ host: "bida.example", origin: "" }, true, false],
  [{ host: "bida.example" }, true, false],
  [{ host: "bida.example" }, false, true],
  [{ host: "bida.example", origin: "https://evil.example" }, false, false],
  // Behind a proxy that calls us by another name, the browser's own word counts.
  [{ host: "inner:8080", origin: "https://bida.example", "sec-fetch-site": "same-origin" }, true, true],
  [{ host: "bida.example", origin: "https://bida.example", "sec-fetch-site": "cross-site" }, true, false],
  [{ host: "bida.example", "sec-fetch-site": "same-site" }, true, false],
  [{ host: "bida.example", "sec-fetch-site": "none" }, true, false],
];
for (const [headers, strict, passes] of ORIGINS) {
  test(`${JSON.stringify(headers)}${strict ? ", with the cookie" : ""}: ${passes ? "passes" : "refused"}`, async () => {
    const check = () => checkSameOrigin(request(headers), strict);
    if (passes) check();
    else assert.is((await refusal(async () => check())).code, "forbidden");
  });
}

test.run();
