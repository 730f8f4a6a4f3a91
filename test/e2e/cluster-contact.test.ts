/** What a node says when a server or another node is gone: in the log, in `/metrics`, in `/v1/nodes`. @takes 22 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { NodeItem } from "../../core/contract.ts";
import { createDatabase, start as startMariadb } from "../servers/mariadb.ts";
import { start as startNats } from "../servers/nats.ts";
import { freePort } from "../servers/ports.ts";
import { start as startRedis } from "../servers/redis.ts";
import { type TestServer, temporaryFolder } from "../servers/server.ts";
import { BidaNode, type Environment } from "./kit/node.ts";
import { Scrape } from "./kit/scrape.ts";
import { until } from "./kit/until.ts";
import { ADMIN, SECRET_KEY } from "./kit/world.ts";

const servers = new Map<string, TestServer>();
let shared: Environment;
/** Runs everything, with the API. */
let node: BidaNode;

test.before(async () => {
  const [database, redis, nats] = await Promise.all([startMariadb(), startRedis(), startNats()]);
  servers.set("database", database).set("redis", redis).set("nats", nats);
  shared = {
    BIDA_DATABASE_URL: await createDatabase(database),
    BIDA_REDIS_URL: redis.url,
    BIDA_NATS_URL: nats.url,
    BIDA_SECRET_KEY: SECRET_KEY,
    BIDA_LEASE_MS: "2000",
  };
  node = await start({});
  await node.ready();
});
test.after(async () => {
  await node.stop();
  await Promise.all(Array.from(servers.values(), (server) => server.stop()));
});

async function start(more: Environment): Promise<BidaNode> {
  const [port, folder] = [await freePort(), temporaryFolder("e2e")];
  return new BidaNode({ ...shared, BIDA_PORT: String(port), BIDA_DATA_DIR: folder, ...more });
}

async function get(path: string): Promise<Response> {
  return fetch(`${node.baseUrl}${path}`, { headers: ADMIN, signal: AbortSignal.timeout(10_000) });
}

async function scrape(): Promise<Scrape> {
  const answer = await get("/metrics");
  assert.is(answer.status, 200);
  return new Scrape(await answer.text());
}

async function items(): Promise<NodeItem[]> {
  const answer = await get("/v1/nodes");
  assert.is(answer.status, 200);
  return ((await answer.json()) as { items: NodeItem[] }).items;
}

const LINES = [
  ["redis", "lost contact with Redis", "Redis is back"],
  ["database", "lost contact with the database", "the database is back"],
  ["nats", "lost contact with NATS", "NATS is back"],
] as const;

for (const [part, lost, back] of LINES) {
  test(`${part} goes away and comes back: one line each, with since when and how long; metrics count it`, async () => {
    const server = servers.get(part) as TestServer;
    assert.is((await scrape()).sum("bida_contact", { part }), 1);
    await server.down();
    const line = await until(lost, () => node.records(lost)[0]);
    assert.is(line.level, "error");
    assert.type(line.meanwhile, "string");
    const since = Date.parse(String(line.since));
    assert.ok(Math.abs(Date.now() - since) < 30_000, String(line.since));
    const during = await scrape();
    assert.is(during.sum("bida_contact", { part }), 0, "the scrape works meanwhile");
    assert.ok(during.sum("bida_contact_lost_seconds", { part }) > 0);
    await server.up();
    const found = await until(back, () => node.records(back)[0]);
    assert.is(found.level, "info");
    assert.is(found.since, line.since);
    assert.ok(Number(found.afterMs) > 0);
    const after = await scrape();
    assert.is(after.sum("bida_contact", { part }), 1);
    assert.is(after.sum("bida_contact_lost_seconds", { part }), 0);
    assert.is(after.sum("bida_contact_losses_total", { part }), 1);
    assert.is(node.records(lost).length, 1, "one line per outage");
    await node.ready();
  });
}

test("a node that stands still, and one that is killed, are down and do not fail the scrape; one that stops is gone", async () => {
  const [frozen, killed, stopped] = await Promise.all([1, 2, 3].map(() => start({ SERVICES: "notifier" })));
  const all = [node, frozen, killed, stopped] as BidaNode[];
  const up = async ({ pid }: BidaNode) =>
    (await items()).find(({ nodeID }) => nodeID.includes(`-${pid}-`))?.up;
  for (const one of all) await until("the node is up", () => up(one));
  await until("all four", async () => (await scrape()).sum("bida_node_up") === 4);

  frozen?.pause();
  await killed?.kill();
  await stopped?.stop();
  const startedAt = performance.now();
  await scrape();
  const took = performance.now() - startedAt;
  assert.ok(took < 5_000, `the scrape took ${took} ms`);
  const isOneUp = async () => (await scrape()).values("bida_node_up").sort().join() === "0,0,1";
  await until("one to be up, two down", isOneUp);
  assert.is(await up(frozen as BidaNode), false);
  assert.is(await up(killed as BidaNode), false);
  assert.is(await up(stopped as BidaNode), undefined);

  // Once the cluster has noticed, nobody waits for them any more, and they are still shown.
  await until("both are noticed", () => node.log.match(/disconnected unexpectedly/g)?.length === 2);
  await until("both to be shown", isOneUp);
  frozen?.resume();
  await until("the frozen one is back", () => up(frozen as BidaNode));
  await frozen?.stop();
});

test.run();
