import { test } from "uvu";
import * as assert from "uvu/assert";
import { verifySignature } from "../../client/index.ts";
import { sign } from "../../core/signature.ts";

const SECRET = `whsec_${Buffer.alloc(24, "a").toString("base64")}`;
const OTHER = `whsec_${Buffer.alloc(32, "b").toString("base64")}`;
const NOW = 1_700_000_000;
const BODY = '{"city":"上海"}';

const signed = (secrets: string[], at = NOW, body = BODY) => ({
  "webhook-id": "t1",
  "webhook-timestamp": String(at),
  "webhook-signature": sign("t1", at, body, secrets),
});

test("the published example of Standard Webhooks", () => {
  // Recomputed with openssl and with Python's hmac.
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const body = '{"test": 2432232314}';
  const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  assert.is(sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [secret]), signature);
  const headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": signature,
  };
  assert.ok(verifySignature(headers, body, secret, 1614265330));
});

test("what core signs is verified: text and bytes, headers in any case, as arrays", () => {
  const headers = signed([SECRET]);
  assert.ok(verifySignature(headers, BODY, SECRET, NOW));
  assert.ok(verifySignature(headers, Buffer.from(BODY), SECRET, NOW));
  const shouted = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]),
  );
  assert.ok(verifySignature(shouted, BODY, SECRET, NOW));
});

test("the clock is the machine's unless given", () => {
  assert.ok(verifySignature(signed([SECRET], Math.floor(Date.now() / 1000)), BODY, SECRET));
  assert.not(verifySignature(signed([SECRET]), BODY, SECRET));
});

test("while a secret is rotated, the old and the new one verify", () => {
  const headers = signed([OTHER, SECRET]);
  assert.ok(verifySignature(headers, BODY, SECRET, NOW));
  assert.ok(verifySignature(headers, BODY, OTHER, NOW));
  assert.not(verifySignature(signed([OTHER]), BODY, SECRET, NOW));
});

test("a changed body, id or timestamp does not verify", () => {
  const headers = signed([SECRET]);
  assert.not(verifySignature(headers, `${BODY} `, SECRET, NOW));
  assert.not(verifySignature({ ...headers, "webhook-id": "t2" }, BODY, SECRET, NOW));
  assert.not(verifySignature({ ...headers, "webhook-timestamp": String(NOW + 1) }, BODY, SECRET, NOW));
});

test("five minutes either way, no more", () => {
  const headers = signed([SECRET]);
  for (const off of [-300, 300]) assert.ok(verifySignature(headers, BODY, SECRET, NOW + off));
  for (const off of [-301, 301]) assert.not(verifySignature(headers, BODY, SECRET, NOW + off));
});

test("garbage is refused, never thrown at", () => {
  const good = signed([SECRET]);
  assert.not(verifySignature({}, BODY, SECRET, NOW));
  for (const name of Object.keys(good)) {
    assert.not(verifySignature({ ...good, [name]: undefined }, BODY, SECRET, NOW), `without ${name}`);
    assert.not(verifySignature({ ...good, [name]: [] }, BODY, SECRET, NOW), `with an empty ${name}`);
  }
  for (const timestamp of ["", "soon", "1e9", "-1", `${NOW}.5`, "9".repeat(400), "NaN"]) {
    assert.not(verifySignature({ ...good, "webhook-timestamp": timestamp }, BODY, SECRET, NOW), timestamp);
  }
  const value = good["webhook-signature"].slice(3);
  for (const signature of ["v1", "v1,", ",", " ", value, `v2,${value}`, `v1,${value}x`, "v1,上海", "\0"]) {
    assert.not(verifySignature({ ...good, "webhook-signature": signature }, BODY, SECRET, NOW), signature);
  }
});

test("the Headers of Fetch do as well", () => {
  const headers = new Headers(signed([SECRET]) as unknown as Record<string, string>);
  assert.ok(verifySignature(headers, BODY, SECRET, NOW));
  assert.not(verifySignature(new Headers(), BODY, SECRET, NOW));
});

test("other versions beside a good signature do no harm", () => {
  const headers = signed([SECRET]);
  headers["webhook-signature"] = `v1a,abc v1,short ${headers["webhook-signature"]}`;
  assert.ok(verifySignature(headers, BODY, SECRET, NOW));
});

test.run();
