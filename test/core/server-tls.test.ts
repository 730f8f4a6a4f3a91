import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadConfig } from "../../core/config.ts";
import { nodeTls, type ServerTls, tlsOf, withoutTls } from "../../core/server-tls.ts";
import { makeCertificates } from "../servers/certificates.ts";
import { temporaryFolder } from "../servers/server.ts";
import { thrown } from "./helpers.ts";

const test = suite("TLS of servers");

const { ca, client } = makeCertificates();
const junk = join(temporaryFolder("pem"), "junk.pem");
writeFileSync(junk, "not PEM");
const CERTIFICATE = /-----BEGIN CERTIFICATE-----/;

const MODES: [url: string, mode: string | null][] = [
  ["mysql://h/db", null],
  ["mysql://h/db?ssl-mode=DISABLED", null],
  ["mysql://10.0.0.1/db?ssl-mode=REQUIRED", "REQUIRED"],
  ["mysql://10.0.0.1/db?ssl-mode=verify_ca", "VERIFY_CA"],
  ["mysql://h/db?ssl-mode=VERIFY_IDENTITY", "VERIFY_IDENTITY"],
  [`mysql://h/db?ssl-ca=${ca}`, "VERIFY_IDENTITY"],
  [`mysql://h/db?ssl-ca=${ca}&ssl-mode=VERIFY_CA`, "VERIFY_CA"],
  ["redis://h", null],
  ["rediss://h", "VERIFY_IDENTITY"],
  ["rediss://10.0.0.1", "VERIFY_IDENTITY"],
  ["rediss://h?ssl-mode=REQUIRED", "REQUIRED"],
  ["nats://h", null],
  ["nats://10.0.0.1", null],
  ["tls://h", "VERIFY_IDENTITY"],
  ["tls://10.0.0.1?ssl-mode=VERIFY_CA", "VERIFY_CA"],
];
for (const [url, mode] of MODES)
  test(`${url.replace(ca, "CA")}: ${mode}`, () => assert.is(tlsOf(url)?.mode ?? null, mode));

test("the files are read", () => {
  const { mode, ...files } = tlsOf(
    `mysql://h/db?ssl-ca=${ca}&ssl-cert=${client.cert}&ssl-key=${client.key}`,
  ) as ServerTls;
  assert.is(mode, "VERIFY_IDENTITY");
  assert.match(files.ca ?? "", CERTIFICATE);
  assert.match(files.cert ?? "", CERTIFICATE);
  assert.match(files.key ?? "", /-----BEGIN PRIVATE KEY-----/);
});

test("as Node takes it", () => {
  const { checkServerIdentity, ...verified } = nodeTls({ mode: "VERIFY_CA", ca: "x" }) as {
    checkServerIdentity(): unknown;
  };
  assert.equal([verified, checkServerIdentity()], [{ ca: "x", rejectUnauthorized: true }, undefined]);
  assert.equal(nodeTls({ mode: "VERIFY_IDENTITY" }), { rejectUnauthorized: true });
  assert.is((nodeTls({ mode: "REQUIRED" }) as { rejectUnauthorized: boolean }).rejectUnauthorized, false);
  assert.is(withoutTls(`rediss://:p%40@h:1/2?ssl-ca=${ca}`), "rediss://:p%40@h:1/2");
});

const BAD: [variable: string, url: string, rule: RegExp][] = [
  ["BIDA_DATABASE_URL", "mysql://h/db?sslmode=require", /unknown parameter "sslmode"; known are ssl-mode, /],
  ["BIDA_DATABASE_URL", "mysql://h/db?charset=latin1", /unknown parameter "charset"/],
  ["BIDA_DATABASE_URL", "mysql://h/db?ssl-mode=PREFERRED", /ssl-mode that is not one of DISABLED, REQUIRED/],
  ["BIDA_DATABASE_URL", "mysql://h/db?ssl-mode=", /ssl-mode that is not one of/],
  ["BIDA_DATABASE_URL", "mysql://h/db?ssl-mode=REQUIRED&ssl-mode=DISABLED", /ssl-mode more than once/],
  ["BIDA_DATABASE_URL", `mysql://h/db?ssl-mode=DISABLED&ssl-ca=${ca}`, /DISABLED beside files/],
  ["BIDA_DATABASE_URL", "mysql://10.0.0.1/db?ssl-mode=VERIFY_IDENTITY", /needs a host name/],
  ["BIDA_DATABASE_URL", "mysql://[::1]/db?ssl-mode=VERIFY_IDENTITY", /needs a host name/],
  ["BIDA_DATABASE_URL", "mysql://h/db?ssl-ca=/no/such.pem", /ssl-ca, a file that cannot be read \(ENOENT\)/],
  ["BIDA_DATABASE_URL", `mysql://h/db?ssl-ca=${junk}`, /ssl-ca, a file that holds no certificate in PEM/],
  ["BIDA_DATABASE_URL", `mysql://h/db?ssl-cert=${client.cert}`, /ssl-cert and ssl-key, or neither/],
  [
    "BIDA_DATABASE_URL",
    `mysql://h/db?ssl-cert=${client.cert}&ssl-key=${client.cert}`,
    /ssl-key, a file that holds no private key in PEM/,
  ],
  ["BIDA_DATABASE_URL", "mysql://u:pa#ss@h/db", /must (not have a #|be a URL)/],
  ["BIDA_DATABASE_URL", "mysql://h/db#x", /must not have a #/],
  ["BIDA_REDIS_URL", "redis://h?ssl-mode=REQUIRED", /ssl-mode, which is for rediss:\/\/ URLs/],
  ["BIDA_REDIS_URL", "redis://h?family=6", /unknown parameter "family"/],
  ["BIDA_REDIS_URL", "rediss://h?ssl-mode=DISABLED", /ssl-mode DISABLED, but rediss:\/\/ is TLS/],
  ["BIDA_NATS_URL", "nats://h?ssl-mode=REQUIRED", /ssl-mode, which is for tls:\/\/ URLs/],
  ["BIDA_NATS_URL", "nats://h,tls://10.0.0.1", /needs a host name/],
];
for (const [variable, url, rule] of BAD)
  test(`${variable}=${url.slice(0, 60)} stops the start`, async () => {
    const { message } = (await thrown(() => loadConfig({ [variable]: url }))) as Error;
    assert.ok(message.startsWith(`${variable}: `), message);
    assert.match(message, rule);
    assert.not.match(message, "ss@h");
  });

test.run();
