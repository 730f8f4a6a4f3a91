/**
 * What a machine lacks itself, and what its name servers do, in the real process: a name that nobody answers holds up no other,
 * and neither a missing name server nor the limit of open files costs a task an attempt. @takes 60 s
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DnsServer, type DnsZone, startDns } from "../servers/dns.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { Scrape } from "./kit/scrape.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";

const test = suite("the machine's own failures");
const open: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Tasks that may be called once each. @returns their ids */
async function submitAll(world: World, urls: string[]): Promise<string[]> {
  const tasks = urls.map((url) => ({ url, requestMethod: "POST", limitCallCount: 1 }));
  const reply = await world.batch(tasks);
  assert.is(reply.status, 202, reply.text);
  return reply.json.results.map(({ taskId }: { taskId: string }) => taskId);
}

/** All of them were called once, with success. */
async function assertDelivered(world: World, ids: string[], deadlineMs: number): Promise<void> {
  for (const id of ids) {
    const task = await world.ended(id, deadlineMs);
    assert.equal([task.state, task.callCount, task.lastError], ["succeeded", 1, null], JSON.stringify(task));
  }
}

/** Calls that could not be made, by now. */
const putBack = async (world: World): Promise<number> => {
  const { text } = await world.api("GET", "/metrics");
  return new Scrape(text).sum("bida_jobs_given_up_total", { why: "put_back" });
};

const HERE = { records: [{ type: "A" as const, ttl: 0, value: "127.0.0.1" }] };

async function named(zone: DnsZone): Promise<{ world: World; dns: DnsServer; url(name: string): string }> {
  const dns = await startDns(zone);
  open.push(() => dns.stop());
  const world = await startEmbedded({ BIDA_DNS_SERVERS: dns.address, BIDA_THREADS: "1" });
  open.push(() => world.stop());
  const { port } = new URL(world.receiver.origin);
  return { world, dns, url: (name) => `http://${name}:${port}${new URL(world.receiver.url()).pathname}` };
}

test("names that nobody answers, and one whose server fails after 3 s: 25 other destinations are called meanwhile", async () => {
  const { world, url } = await named(async (name) => {
    if (name.endsWith("dead.example")) return null;
    if (name !== "slow.example") return HERE;
    await pause(3_000);
    return { rcode: "SERVFAIL" };
  });
  const dead = Array.from({ length: 10 }, (_, i) => url(`${i}.dead.example`));
  const sick = await submitAll(world, [...dead, ...dead, url("slow.example")]);
  const well = await submitAll(
    world,
    Array.from({ length: 25 }, (_, i) => url(`${i}.well.example`)),
  );
  await assertDelivered(world, well, 30_000);
  const ended = await Promise.all(sick.map((id) => world.ended(id, 60_000)));
  assert.equal(new Set(ended.map(({ lastError }) => lastError?.code)), new Set(["dns"]));
  assert.match(
    ended[0]?.lastError?.message ?? "",
    /^0\.dead\.example: no answer of a name server within \d+ ms$/,
  );
  assert.is(ended.at(-1)?.lastError?.message, "slow.example: the name server failed (SERVFAIL)");
});

test("no name server is there: tasks wait at no cost of an attempt, and go out when one is back", async () => {
  const { world, dns, url } = await named(() => HERE);
  await dns.stop();
  const node = world.nodes[0];
  const ids = await submitAll(
    world,
    Array.from({ length: 20 }, (_, i) => url(`${i}.example`)),
  );
  const told = () => node?.records("no name server can be reached").length ?? 0;
  await until("the line that says so", told);
  // They have come round more than once by then.
  await until("calls that were put back", async () => (await putBack(world)) > 2 * ids.length);
  assert.is(told(), 1);
  for (const id of ids) assert.is((await world.task(id)).callCount, 0);
  const again = await startDns(() => HERE, Number(dns.address.split(":")[1]));
  open.push(() => again.stop());
  await assertDelivered(world, ids, 30_000);
});

/** `a-b.example` is 127.0.a.b. */
const numbered: DnsZone = (name) => {
  const [, a, b] = /^(\d+)-(\d+)\.example$/.exec(name) ?? [];
  return { records: [{ type: "A", ttl: 0, value: `127.0.${a}.${b}` }] };
};

const MORE = { BIDA_THREADS: "2", BIDA_CONCURRENCY: "400" };
for (const [what, env, host] of [
  ["the usual concurrency", { BIDA_THREADS: "1" }, (a: number, b: number) => `127.0.${a}.${b}`],
  ["more calls at once than fit", MORE, (a: number, b: number) => `127.0.${a}.${b}`],
  ["more calls to names at once than fit", MORE, (a: number, b: number) => `${a}-${b}.example`],
] as const) {
  test(`256 open files, 400 destinations and ${what}: every task is delivered with its only call`, async () => {
    const server = createServer((req, res) => {
      req.resume();
      setTimeout(() => res.end("ok"), 1_000);
    });
    server.keepAliveTimeout = 60_000;
    // Each address of 127.0.0.0/8 is a destination of its own.
    await new Promise<void>((listening) => server.listen(0, "0.0.0.0", listening));
    open.push(
      () =>
        new Promise((closed) => {
          server.close(closed);
          server.closeAllConnections();
        }),
    );
    const { port } = server.address() as AddressInfo;
    const dns = await startDns(numbered);
    open.push(() => dns.stop());
    const named = { ...env, BIDA_DNS_SERVERS: dns.address };
    const world = await startEmbedded(named, undefined, { openFiles: 256 });
    open.push(() => world.stop());
    const urls = Array.from(
      { length: 400 },
      (_, i) => `http://${host(1 + (i >> 7), 1 + (i & 127))}:${port}/`,
    );
    const ids = await submitAll(world, [...urls, ...urls]);
    await assertDelivered(world, ids, 90_000);
    const warned = world.nodes[0]?.records("more calls at once than the limit of open files allows");
    assert.is(warned?.length, "BIDA_CONCURRENCY" in env ? 1 : 0);
    // On a calm machine none is put back: they leave room for everything else.
    console.log(`${await putBack(world)} calls were put back`);
  });
}

test.run();
