/** What `bida doctor` finds in a cluster whose servers or settings are not as they should be. @takes 45 s */
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Finding } from "../../cli/doctor/finding.ts";
import { nodeFindings } from "../../cli/doctor/nodes.ts";
import type { NodeInfo, NodeItem } from "../../core/contract.ts";
import type { AnsweredNode } from "../../services/repl/link.ts";
import { type Cluster, startCluster } from "../e2e/kit/cluster.ts";
import { until } from "../e2e/kit/until.ts";
import { SECRET_KEY } from "../e2e/kit/world.ts";
import { freePort } from "../servers/ports.ts";
import { bida, environment } from "./command.ts";

let world: Cluster;
let env: NodeJS.ProcessEnv;

const HOUR = 3_600_000;

test.before(async () => {
  world = await startCluster();
  const own = world.nodes[0]?.env ?? {};
  const names = ["BIDA_DATABASE_URL", "BIDA_REDIS_URL", "BIDA_NATS_URL"];
  env = environment({
    ...Object.fromEntries(names.map((name) => [name, own[name] as string])),
    BIDA_SECRET_KEY: SECRET_KEY,
  });
});
test.after(() => world.stop());

async function examined(more: Record<string, string> = {}) {
  const { code, out, err } = await bida(["doctor", "--json"], { ...env, ...more });
  assert.is(err, "");
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  for (const { level, fix, says } of findings) assert.ok(level === "ok" || fix, `${says}: what to do`);
  const found = (about: string, says: RegExp) =>
    findings.find((one) => one.about === about && says.test(one.says));
  return { code, findings, found };
}

test("a cluster that is well: nothing is bad", async () => {
  // A cluster that has just started is still building its due set.
  await until(
    "the due set to be built",
    async () => (await examined()).found("due set", /./)?.level === "ok",
    60_000,
  );
  const { code, findings, found } = await examined();
  assert.equal([code, findings.filter(({ level }) => level === "bad")], [0, []]);
  for (const [about, says] of [
    ["database", /answers: (MariaDB|MySQL) \d/],
    ["database", /its schema is up to date/],
    ["database", /clock agrees/],
    ["redis", /answers: (Redis|Valkey) \d/],
    ["redis", /evicts no keys/],
    ["nats", /answers: NATS \d/],
    ["due set", /it agrees with the database: /],
    ["nodes", /^3 answer$/],
  ] as const)
    assert.is(found(about, says)?.level, "ok", `${about} ${says}`);
});

test("Redis that may evict keys, and a key that opens no secrets", async () => {
  const redis = new Redis(world.redisUrl);
  try {
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    await world.api("POST", "/v1/apps", { name: "sealed" });
    const { code, found } = await examined({ BIDA_SECRET_KEY: randomBytes(32).toString("base64") });
    assert.is(code, 1);
    assert.is(found("redis", /may evict keys \(maxmemory-policy allkeys-lru\)/)?.level, "bad");
    assert.is(found("database", /of \d+ sealed secrets are not opened by BIDA_SECRET_KEY/)?.level, "bad");
  } finally {
    await redis.config("SET", "maxmemory-policy", "noeviction");
    await redis.quit();
  }
});

test("servers that do not answer: each is named, and the others are looked at all the same", async () => {
  const nowhere = `127.0.0.1:${await freePort()}`;
  const { code, found } = await examined({ BIDA_DATABASE_URL: `mysql://root@${nowhere}/bida` });
  assert.is(code, 1);
  assert.is(found("database", /does not answer: .*ECONNREFUSED/)?.level, "bad");
  assert.is(found("redis", /answers: /)?.level, "ok");
  const gone = await examined({ BIDA_NATS_URL: `nats://${nowhere}` });
  assert.is(gone.found("nats", /does not answer/)?.level, "bad");
  assert.is(gone.found("nodes", /no NATS answers at/)?.level, "bad");
});

const NODE = {
  version: "1.0.0",
  leaseMs: 10_000,
  secretKey: "a",
  installation: "i",
  services: ["api", "scheduler", "dispatcher", "notifier", "admin"],
  eventLoopDelay: { p50: 1, p99: 2 },
  outcomesBuffered: 0,
  draining: false,
  clock: new Date(0).toISOString(),
} as unknown as NodeInfo;
const node = (nodeID: string, more: Partial<NodeInfo> = {}) => ({
  up: true as const,
  ...NODE,
  nodeID,
  ...more,
});

test("nodes that differ in what all must agree on, or are missing", () => {
  const badOf = (...nodes: NodeItem[]) =>
    saysOf(nodes.map((one) => ({ node: one, askedAt: 0, answeredAt: 0 })));
  const saysOf = (answers: AnsweredNode[]) =>
    Array.from(nodeFindings(answers)).flatMap(({ level, says }) => (level === "ok" ? [] : [says]));
  assert.equal(badOf(node("a"), node("b")), []);
  assert.equal(badOf(node("a"), node("b", { leaseMs: 5_000 })), [
    "they differ in their leases (BIDA_LEASE_MS): 10000 (a); 5000 (b)",
  ]);
  assert.equal(badOf(node("a"), node("b", { secretKey: "z" }), node("c", { secretKey: null })), [
    "they differ in their secret keys (BIDA_SECRET_KEY): a (a); z (b)",
  ]);
  assert.equal(badOf(node("a"), node("b", { version: "0.9.0" })), [
    "they differ in their versions of Bida: 1.0.0 (a); 0.9.0 (b)",
  ]);
  assert.equal(badOf(node("a"), { up: false, nodeID: "b" }), ["b does not answer"]);
  assert.equal(badOf(node("a", { services: ["api", "scheduler", "notifier", "admin"] })), [
    "no node runs dispatcher",
  ]);
  assert.equal(badOf(node("a", { clock: new Date(HOUR).toISOString() })), [
    "a's clock is 3600000 ms ahead of this machine's",
  ]);
  assert.equal(badOf(), ["there is none"]);
  // The time that a silent node was waited for says nothing of the clocks of the others.
  const late = { askedAt: -HOUR, answeredAt: HOUR };
  assert.equal(saysOf([{ node: node("a"), ...late }]), []);
  assert.equal(saysOf([{ node: node("a", { clock: new Date(2 * HOUR).toISOString() }), ...late }]), [
    "a's clock is 3600000 ms ahead of this machine's",
  ]);
});

/** The last one: it stops the schedulers, which would repair what it breaks. */
test("a due set that has lost parts: wrong counts of leases, and open tasks that it does not know", async () => {
  const waiting = await world.submit({ url: world.receiver.url(), delayMs: HOUR / 60 });
  const known = new Redis(world.redisUrl);
  await until("it to be in the due set", async () => (await known.keys("bida:*:due")).length > 0);
  await known.quit();
  for (const one of world.nodes.filter(({ env: own }) => own.SERVICES?.includes("scheduler")))
    await one.kill();
  const redis = new Redis(world.redisUrl);
  try {
    const due = (await redis.keys("bida:*:due"))[0] as string;
    const [member = ""] = await redis.zrange(due, 0, 0);
    assert.ok(member.startsWith(waiting));
    await redis.zrem(due, member);
    await redis.hset(due.replace(/due$/, "leased"), member.slice(37, 48), 290);
    const { code, found } = await examined();
    assert.is(code, 1);
    assert.is(found("due set", /lanes whose leases were counted wrongly: 1/)?.level, "bad");
    // What was accepted within the last seconds counts as on its way.
    const isMissing = new RegExp(`1 open tasks are not in it, such as ${waiting}`);
    await until(
      "it to be missed",
      async () => (await examined()).found("due set", isMissing)?.level === "bad",
      60_000,
    );
    assert.is(found("nodes", /no node runs scheduler/)?.level, "bad");
  } finally {
    await redis.quit();
  }
});

test.run();
