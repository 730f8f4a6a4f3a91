import type { IncomingMessage } from "node:http";
import type { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadConfig } from "../../core/config.ts";
import { Callers } from "../../services/api/caller.ts";
import { refusal } from "../core/helpers.ts";

const test = suite("callers");

const KEYS: Record<string, number> = {};
let asked: string[] = [];
const broker = {
  call: async (action: string, { keyHash }: { keyHash: string }) => {
    asked.push(action);
    const appId = KEYS[keyHash];
    return appId === undefined ? null : { appId, name: "shop" };
  },
} as unknown as ServiceBroker;

const callers = (env: Record<string, string> = {}) => new Callers(loadConfig(env), broker);
const from = (remoteAddress: string | undefined, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  }) as unknown as IncomingMessage;

const ADDRESSES: [
  trust: string,
  remote: string | undefined,
  forwarded: string | undefined,
  address: string,
][] = [
  ["", "1.2.3.4", undefined, "1.2.3.4"],
  ["", "::ffff:1.2.3.4", undefined, "1.2.3.4"],
  ["", "::1", undefined, "::1"],
  ["", undefined, "9.9.9.9", ""],
  // Nobody is trusted: the header is anybody's.
  ["", "1.2.3.4", "127.0.0.1", "1.2.3.4"],
  ["10.0.0.0/8", "1.2.3.4", "127.0.0.1", "1.2.3.4"],
  // A trusted proxy's word counts, what stands left of it does not.
  ["10.0.0.0/8", "10.0.0.1", "5.6.7.8", "5.6.7.8"],
  ["10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:5.6.7.8", "5.6.7.8"],
  ["10.0.0.0/8", "10.0.0.1", "127.0.0.1, 5.6.7.8", "5.6.7.8"],
  ["10.0.0.0/8", "10.0.0.1", "127.0.0.1, 5.6.7.8, 10.0.0.2,10.0.0.3", "5.6.7.8"],
  ["10.0.0.0/8", "10.0.0.1", "2001:db8::7", "2001:db8::7"],
  ["10.0.0.0/8", "10.0.0.1", "10.0.0.9", "10.0.0.9"],
  ["10.0.0.0/8", "10.0.0.1", undefined, "10.0.0.1"],
  ["10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"],
];
for (const [trust, remote, forwarded, address] of ADDRESSES) {
  test(`from ${remote}, forwarded for ${forwarded}, trusting [${trust}] → ${address}`, () =>
    assert.is(callers({ BIDA_TRUST_PROXY: trust }).addressOf(from(remote, forwarded)), address));
}

test("what a proxy calls an address but is none is not taken for one; a port is cut off", () => {
  const trusting = callers({ BIDA_TRUST_PROXY: "10.0.0.0/8" });
  for (const garbage of ["unknown", "x".repeat(100), "'; --"]) {
    assert.is(trusting.addressOf(from("10.0.0.1", garbage)), "10.0.0.1");
  }
  assert.is(trusting.addressOf(from("10.0.0.1", "5.6.7.8:1234")), "5.6.7.8");
  assert.is(trusting.addressOf(from("10.0.0.1", "[2001:db8::1]:443")), "2001:db8::1");
});

const authorized = (authorization?: string) =>
  ({ headers: { authorization }, socket: {} }) as unknown as IncomingMessage;
const basic = (text: string, scheme = "Basic") => `${scheme} ${Buffer.from(text).toString("base64")}`;

test("Basic: the admin sees everything", async () => {
  const own = callers({ BIDA_ADMIN_USERNAME: "root", BIDA_ADMIN_PASSWORD: "必达:x y" });
  for (const scheme of ["Basic", "basic", "BASIC"]) {
    assert.equal((await own.identify(authorized(basic("root:必达:x y", scheme)))).scope, { appId: null });
  }
});

const WRONG: [name: string, authorization: string | undefined][] = [
  ["nothing", undefined],
  ["an empty header", ""],
  ["another password", basic("admin:Admin")],
  ["another name", basic("root:admin")],
  ["a prefix", basic("admin:admi")],
  ["no colon", basic("adminadmin")],
  ["no credentials", "Basic"],
  ["not base64", "Basic %%%"],
  ["another scheme", basic("admin:admin", "Digest")],
  ["the text itself", "Basic admin:admin"],
  ["an unknown key", "Bearer bida_unknown"],
  ["no key", "Bearer "],
];
for (const [name, authorization] of WRONG) {
  test(`${name} is unauthorized`, async () =>
    assert.is((await refusal(() => callers().identify(authorized(authorization)))).code, "unauthorized"));
}

test("isAdmin: both must be right", () => {
  const own = callers();
  assert.equal(
    [own.isAdmin("admin", "admin"), own.isAdmin("admin", ""), own.isAdmin("", "admin"), own.isAdmin("", "")],
    [true, false, false, false],
  );
});

test("Bearer: the key's app, by the key's hash; asked once for a while, but wrong keys every time", async () => {
  const { createHash } = await import("node:crypto");
  KEYS[createHash("sha256").update("bida_key").digest("hex")] = 7;
  const own = callers();
  asked = [];
  for (let i = 0; i < 3; i++)
    assert.equal((await own.identify(authorized("Bearer bida_key"))).scope, { appId: 7 });
  assert.equal(asked, ["admin.identify"]);
  for (let i = 0; i < 2; i++) await refusal(() => own.identify(authorized("Bearer other")));
  assert.is(asked.length, 3);
});

test.run();
