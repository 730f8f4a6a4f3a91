// From names to addresses: what is asked of name servers, what is kept, and for how long. @takes 15 s
import { setTimeout as pause } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NameResolver } from "../../../actors/names/resolver.ts";
import { TtlCache } from "../../../actors/names/ttl-cache.ts";
import { startDns } from "../../servers/dns.ts";
import { freePort } from "../../servers/ports.ts";
import { a, addresses, failure, kit, NXDOMAIN } from "./kit.ts";

const test = suite("names");
const open: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const close of open.splice(0)) await close();
});

test("an answer is kept for its TTL, and looked up again after it", async () => {
  let address = "192.0.2.1";
  const { names, dns, pass } = await kit(() => a(address, 30), open);
  assert.equal(await addresses(names, "a.example"), ["192.0.2.1"]);
  address = "192.0.2.2";
  pass(29_999);
  assert.equal(await addresses(names, "a.example"), ["192.0.2.1"]);
  assert.is(dns.count("a.example"), 1);
  pass(1);
  assert.equal(await addresses(names, "a.example"), ["192.0.2.2"]);
});

test("TTL 0 is shared by those who ask at the same time, and not kept", async () => {
  const { names, dns } = await kit(() => a("192.0.2.1", 0), open);
  await Promise.all(Array.from({ length: 50 }, () => names.lookup("a.example")));
  assert.is(dns.count("a.example"), 1);
  await names.lookup("a.example");
  assert.is(dns.count("a.example"), 2);
});

test("a TTL of a week is believed for five minutes", async () => {
  const { names, dns, pass } = await kit(() => a("192.0.2.1", 604_800), open);
  await names.lookup("a.example");
  pass(299_999);
  await names.lookup("a.example");
  assert.is(dns.count("a.example"), 1);
  pass(1);
  await names.lookup("a.example");
  assert.is(dns.count("a.example"), 2);
});

test("a chain of CNAMEs is kept for its shortest TTL", async () => {
  const records = [
    { type: "CNAME", ttl: 60, value: "b.example" },
    { type: "CNAME", ttl: 5, value: "c.example", name: "b.example" },
    { type: "A", ttl: 60, value: "192.0.2.7", name: "c.example" },
  ] as const;
  const { names, dns, pass } = await kit(() => ({ records: [...records] }), open);
  assert.equal(await addresses(names, "a.example"), ["192.0.2.7"]);
  pass(5_000);
  await names.lookup("a.example");
  assert.is(dns.count("a.example"), 2);
});

test("an answer that is too large for UDP is asked for over TCP", async () => {
  const many = Array.from({ length: 60 }, (_, i) => `192.0.2.${i}`);
  const records = many.map((value) => ({ type: "A" as const, ttl: 60, value }));
  const { names, dns } = await kit(() => ({ truncated: true, records }), open);
  assert.equal(await addresses(names, "a.example"), many);
  assert.equal(dns.overTcp, ["A a.example"]);
});

for (const [what, answer, message] of [
  ["no such name", NXDOMAIN, "a.example: there is no such name (NXDOMAIN)"],
  ["a name without address", {}, "a.example: the name has no address (no A or AAAA record)"],
  ["a failed server", { rcode: "SERVFAIL" }, "a.example: the name server failed (SERVFAIL)"],
  ["a refusal", { rcode: "REFUSED" }, "a.example: the name server refused the question (REFUSED)"],
] as const) {
  test(`${what}: kept for five seconds, then the name's recovery is noticed`, async () => {
    let now: typeof answer | ReturnType<typeof a> = answer;
    const { names, dns, pass } = await kit(() => now, open);
    assert.equal(await failure(names, "a.example"), [message, false]);
    now = a("192.0.2.1");
    pass(4_999);
    assert.equal(await failure(names, "a.example"), [message, false]);
    assert.is(dns.count("a.example"), 1);
    pass(1);
    assert.equal(await addresses(names, "a.example"), ["192.0.2.1"]);
  });
}

test("a thousand look-ups of a name that nobody answers ask as often as one does", async () => {
  let dead = true;
  const zone = (name: string) => (name === "dead.example" && dead ? null : a("192.0.2.1"));
  const { names, dns, pass } = await kit(zone, open, { limitMs: 2_000 });
  const all = await Promise.all(Array.from({ length: 1_000 }, () => failure(names, "dead.example")));
  assert.equal(
    new Set(all.map(String)),
    new Set(["dead.example: no answer of a name server within 2000 ms,false"]),
  );
  assert.is(dns.count("dead.example"), 2);
  assert.is(names.size, 0);
  dead = false;
  pass(5_000);
  assert.equal(await addresses(names, "dead.example"), ["192.0.2.1"]);
});

test("a name that nobody answers, and one that fails after 3 s, hold up none of 25 others", async () => {
  const zone = async (name: string) => {
    if (name === "dead.example") return null;
    if (name !== "slow.example") return a("192.0.2.1");
    await pause(3_000);
    return { rcode: "SERVFAIL" as const };
  };
  const { names } = await kit(zone, open);
  let ended = 0;
  const sick = ["dead.example", "slow.example"].map((host) =>
    failure(names, host).finally(() => {
      ended += 1;
    }),
  );
  await Promise.all(Array.from({ length: 25 }, (_, i) => names.lookup(`healthy-${i}.example`)));
  assert.is(ended, 0);
  assert.equal(await Promise.all(sick), [
    ["dead.example: no answer of a name server within 5000 ms", false],
    ["slow.example: the name server failed (SERVFAIL)", false],
  ]);
});

test("a name whose server takes 3 s is found, also where all others take a millisecond", async () => {
  const zone = async (name: string) => {
    if (name === "slow.example") await pause(3_000);
    return a("192.0.2.1");
  };
  const { names } = await kit(zone, open);
  await Promise.all(Array.from({ length: 100 }, (_, i) => names.lookup(`quick-${i}.example`)));
  assert.equal(await addresses(names, "slow.example"), ["192.0.2.1"]);
});

test("a lost packet is asked again", async () => {
  let asked = 0;
  const { names } = await kit((name) => {
    if (name !== "lost.example") return a("192.0.2.1");
    asked += 1;
    return asked === 1 ? null : a("192.0.2.1");
  }, open);
  assert.equal(await addresses(names, "lost.example"), ["192.0.2.1"]);
});

test("the next server is asked where one fails at once, or is not there", async () => {
  const bad = await startDns(() => ({ rcode: "SERVFAIL" }));
  const good = await startDns(() => a("192.0.2.1"));
  open.push(bad.stop, good.stop);
  const servers = [`127.0.0.1:${await freePort()}`, bad.address, good.address];
  const names = new NameResolver({ servers });
  assert.equal(await addresses(names, "a.example"), ["192.0.2.1"]);
});

test("of two servers one is silent: the first look-up asks the other after a while, the next ones at once", async () => {
  const silent = await startDns(() => null);
  const good = await startDns(() => a("192.0.2.1"));
  open.push(silent.stop, good.stop);
  const names = new NameResolver({ servers: [silent.address, good.address] });
  await names.lookup("a.example");
  assert.ok(silent.count("a.example") > 0);
  await Promise.all(Array.from({ length: 20 }, (_, i) => names.lookup(`${i}.example`)));
  assert.equal(
    silent.asked.filter((question) => !question.endsWith(" a.example")),
    [],
  );
});

test("no server is there: that is the machine's failure, said at once, and the return of one is noticed", async () => {
  const port = await freePort();
  const names = new NameResolver({ servers: [`127.0.0.1:${port}`] });
  const message = "a.example: no name server can be reached from here";
  assert.equal(await failure(names, "a.example"), [message, true]);
  const dns = await startDns(() => a("192.0.2.1"), port);
  open.push(dns.stop);
  for (;;) {
    const [said] = await failure(names, "a.example");
    if (said !== message) break;
    await pause(50);
  }
  assert.equal(await addresses(names, "a.example"), ["192.0.2.1"]);
});

test("no server says anything at all: the machine's failure too; meanwhile one question at a time is asked", async () => {
  let gone = true;
  const { names, dns } = await kit(() => (gone ? null : a("192.0.2.1")), open, { limitMs: 1_000 });
  const message = (name: string) => `${name}: no name server can be reached from here`;
  assert.equal(await failure(names, "a.example"), [message("a.example"), true]);
  const before = dns.asked.length;
  const others = Array.from({ length: 500 }, (_, i) => `${i}.example`);
  for (const [i, said] of (await Promise.all(others.map((name) => failure(names, name)))).entries())
    assert.equal(said, [message(`${i}.example`), true]);
  assert.ok(dns.asked.length - before <= 1, dns.asked.slice(before).join());
  gone = false;
  for (;;) if (!(await failure(names, "a.example"))[1]) break;
  assert.equal(await addresses(names, "1.example"), ["192.0.2.1"]);
});

test("what is kept is bounded: what was kept first makes room", () => {
  const cache = new TtlCache<number>(3);
  for (const i of [1, 2, 3]) cache.set(String(i), i, 0, 100);
  cache.set("1", 10, 0, 100);
  cache.set("4", 4, 0, 100);
  assert.is(cache.size, 3);
  assert.equal(
    ["1", "2", "3", "4"].map((key) => cache.get(key, 99)),
    [10, undefined, 3, 4],
  );
  assert.is(cache.get("1", 100), undefined);
  cache.set("3", 3, 100, 0);
  assert.is(cache.get("3", 100), undefined);
});

test.run();
