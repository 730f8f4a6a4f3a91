import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadConfig } from "../../core/config.ts";
import { BidaError } from "../../core/errors.ts";
import type { AppIdentity, Credentials, SessionProof } from "../../core/people.ts";
import { Callers } from "../../services/api/caller.ts";
import { refusal } from "../core/helpers.ts";

const test = suite("callers");

const KEYS: Record<string, AppIdentity> = {};
let asked: string[] = [];
let away = false;
const broker = {
  nodeID: "api",
  registry: { actions: new Map() },
  call: async (action: string, params: { keyHash: string } & Credentials & SessionProof) => {
    asked.push(action);
    if (away) throw new BidaError("unavailable");
    if (action === "admin.identify") return KEYS[params.keyHash] ?? null;
    const { username, environment } = params;
    return environment ? { userId: 1, username, role: "admin", environmentPassword: true } : null;
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
  // Zones are not kept: columns of addresses have room for an address.
  ["", "fe80::1%eth0", undefined, "fe80::1"],
  ["10.0.0.0/8", "10.0.0.1", `fe80::1%${"a".repeat(60)}`, "fe80::1"],
  ["10.0.0.0/8", "10.0.0.1", "[fe80::1%br-lan]:443", "fe80::1"],
  ["fe80::/10", "fe80::1%br-lan.7", "5.6.7.8", "5.6.7.8"],
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

const SCRAPERS: [env: Record<string, string>, remote: string, forwarded: string | undefined, may: boolean][] =
  [
    [{}, "127.0.0.1", undefined, true],
    [{}, "::1", undefined, true],
    [{}, "::ffff:127.0.0.1", undefined, true],
    [{}, "10.0.0.7", undefined, false],
    [{}, "127.0.0.1", "127.0.0.1", false],
    [{ BIDA_METRICS_ALLOW: "10.0.0.0/24" }, "10.0.0.7", undefined, true],
    [{ BIDA_METRICS_ALLOW: "10.0.0.0/24" }, "10.0.1.7", undefined, false],
    // Nobody vouches for what an unknown proxy says, nor for who is behind it.
    [{ BIDA_METRICS_ALLOW: "10.0.0.0/24" }, "10.0.0.7", "10.0.0.8", false],
    [{ BIDA_METRICS_ALLOW: "10.0.0.0/24" }, "192.0.2.1", "10.0.0.8", false],
    [{ BIDA_METRICS_ALLOW: "10.0.0.0/24", BIDA_TRUST_PROXY: "192.0.2.1" }, "192.0.2.1", "10.0.0.8", true],
    [{ BIDA_METRICS_ALLOW: "10.0.0.0/24", BIDA_TRUST_PROXY: "192.0.2.1" }, "192.0.2.1", "10.0.1.8", false],
    [{ BIDA_TRUST_PROXY: "127.0.0.1" }, "127.0.0.1", "127.0.0.1", false],
  ];
for (const [env, remote, forwarded, may] of SCRAPERS) {
  test(`/metrics from ${remote}, forwarded for ${forwarded}, ${JSON.stringify(env)}: ${may ? "open" : "asks"}`, () =>
    assert.is(callers(env).mayScrape(from(remote, forwarded)), may));
}

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

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const app = (more: Partial<AppIdentity> = {}): AppIdentity => ({
  appId: 7,
  name: "shop",
  ipAllow: [],
  ratePerSecond: null,
  ...more,
});

test("Bearer: the key's app, by the key's hash; asked once for a while, but wrong keys every time", async () => {
  KEYS[sha256("bida_key")] = app();
  const own = callers();
  asked = [];
  for (let i = 0; i < 3; i++)
    assert.equal((await own.identify(authorized("Bearer bida_key"))).scope, { appId: 7 });
  assert.equal(asked, ["admin.identify"]);
  for (let i = 0; i < 2; i++) await refusal(() => own.identify(authorized("Bearer other")));
  assert.is(asked.length, 3);
});

test("Basic: requests that come together ask once; after a change it is asked again", async () => {
  const own = callers();
  asked = [];
  await Promise.all([1, 2, 3].map(() => own.identify(authorized(basic("admin:admin")))));
  await own.identify(authorized(basic("admin:admin")));
  assert.is(asked.length, 1);
  own.forget();
  await own.identify(authorized(basic("admin:admin")));
  assert.is(asked.length, 2);
});

test("while nobody can be asked, what was right before is believed, and nothing else", async () => {
  const own = callers();
  KEYS[sha256("bida_away")] = app();
  await own.identify(authorized("Bearer bida_away"));
  away = true;
  const { now } = performance;
  performance.now = () => now.call(performance) + 60_000;
  try {
    assert.equal((await own.identify(authorized("Bearer bida_away"))).scope, { appId: 7 });
    assert.is((await refusal(() => own.identify(authorized("Bearer new")))).code, "unavailable");
    performance.now = () => now.call(performance) + 601_000;
    assert.is((await refusal(() => own.identify(authorized("Bearer bida_away")))).code, "unavailable");
  } finally {
    away = false;
    performance.now = now;
  }
});

test("a stream: what was right before proves nothing while nobody can be asked", async () => {
  const own = callers();
  KEYS[sha256("bida_stream")] = app();
  const req = authorized("Bearer bida_stream");
  const { actor } = await own.identify(req);
  assert.is(await own.standing(req, actor), "good");
  const { now } = performance;
  performance.now = () => now.call(performance) + 10_000;
  away = true;
  try {
    assert.is(await own.standing(req, actor), "unknown");
    assert.equal((await own.identify(req)).actor, actor);
  } finally {
    away = false;
    performance.now = now;
  }
  own.forget();
  KEYS[sha256("bida_stream")] = app({ appId: 9 });
  assert.is(await own.standing(req, actor), "over");
});

const calling = (key: string, remoteAddress: string, forwarded?: string) =>
  ({
    headers: { authorization: `Bearer ${key}`, ...(forwarded ? { "x-forwarded-for": forwarded } : {}) },
    socket: { remoteAddress },
  }) as unknown as IncomingMessage;

test("an app with an allow-list: from its ranges only, after the proxies that are trusted", async () => {
  KEYS[sha256("bida_fenced")] = app({ ipAllow: ["192.0.2.0/24", "2001:db8::/32"] });
  const own = callers({ BIDA_TRUST_PROXY: "10.0.0.0/8" });
  for (const [remote, forwarded] of [["192.0.2.7"], ["2001:db8::5"], ["10.0.0.1", "192.0.2.7"]] as const)
    assert.equal((await own.identify(calling("bida_fenced", remote, forwarded))).scope, { appId: 7 });
  for (const [remote, forwarded] of [
    ["198.51.100.1"],
    ["10.0.0.1"],
    ["198.51.100.1", "192.0.2.7"],
  ] as const) {
    const error = await refusal(() => own.identify(calling("bida_fenced", remote, forwarded)));
    assert.is(error.code, "forbidden");
    assert.match(error.message, remote);
  }
});

test("an app with a rate: as many at once, then 429 with Retry-After", async () => {
  KEYS[sha256("bida_slow")] = app({ appId: 8, ratePerSecond: 3 });
  const own = callers();
  const { now } = performance;
  let time = 1_000_000;
  performance.now = () => time;
  try {
    for (let i = 0; i < 3; i++) await own.identify(authorized("Bearer bida_slow"));
    const error = await refusal(() => own.identify(authorized("Bearer bida_slow")));
    assert.equal([error.code, error.retryAfter], ["too_many_requests", 1]);
    time += 334;
    await own.identify(authorized("Bearer bida_slow"));
    await refusal(() => own.identify(authorized("Bearer bida_slow")));
  } finally {
    performance.now = now;
  }
});

test.run();
