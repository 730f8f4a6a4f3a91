/** A Redis whose name leads to a replica, or that takes no writes for another reason. @takes 10 s */
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { millis } from "../../core/clock.ts";
import { laneOf } from "../../core/ids.ts";
import { RedisDueSet } from "../../due/redis.ts";
import { refusal } from "../core/helpers.ts";
import { until } from "../e2e/kit/until.ts";
import * as redis from "../servers/redis.ts";
import type { TestServer } from "../servers/server.ts";
import { WINDOW } from "./conformance.ts";
import { Workbench } from "./workbench.ts";

const test = suite("due set: Redis that takes no writes");
let server: TestServer;
let primary: TestServer;
let admin: Redis;
test.before(async () => {
  [server, primary] = await Promise.all([redis.start(), redis.start()]);
  admin = new Redis(server.url);
});
test.after(async () => {
  admin.disconnect();
  await Promise.all([server.stop(), primary.stop()]);
});

/** @returns the set, and what it said of its connection since */
async function opened(): Promise<{ set: RedisDueSet; said: boolean[]; bench: Workbench }> {
  const said: boolean[] = [];
  const set = new RedisDueSet(server.url, { leaseMs: millis(10_000), window: WINDOW }, (up) => said.push(up));
  await until("a connection", () => said.includes(true));
  return { set, said, bench: new Workbench(set, laneOf("http://a")) };
}
const clients = async () => Number(/connected_clients:(\d+)/.exec(await admin.info("clients"))?.[1]);
const received = async () => Number(/total_connections_received:(\d+)/.exec(await admin.info("stats"))?.[1]);

test("it becomes a replica and a primary again: lost at the first write, a new connection at once, and back", async () => {
  const { set, said, bench } = await opened();
  await set.add([bench.entry()]);
  const before = await received();
  await admin.replicaof("127.0.0.1", String(primary.port));
  await until("its link", async () => /master_link_status:up/.test(await admin.info("replication")));
  const error = await refusal(() => set.add([bench.entry()]));
  assert.is(error.code, "unavailable");
  assert.is(said.at(-1), false);
  await until(
    "a new connection, which would resolve the name again",
    async () => (await received()) > before,
  );
  // It stays lost while it is a replica, however often it is ready.
  await until("some more connections", async () => (await received()) > before + 3);
  assert.equal(said.slice(-1), [false]);
  assert.is(said.filter((up) => !up).length >= 1, true);
  assert.not.ok(said.slice(1).includes(true));
  await admin.replicaof("NO", "ONE");
  await until("the set to be back", () => said.at(-1) === true, 10_000);
  await set.add([bench.entry()]);
  await set.close();
});

test("it cannot save: unavailable, on the connection that there is; back with the first write that is taken", async () => {
  const { set, said, bench } = await opened();
  await set.add([bench.entry()]);
  const before = await received();
  await admin.config("SET", "maxmemory", "1");
  assert.is((await refusal(() => set.add([bench.entry()]))).code, "unavailable");
  assert.is(said.at(-1), false);
  assert.is(await received(), before);
  await admin.config("SET", "maxmemory", "0");
  await set.add([bench.entry()]);
  await until("the set to be back", () => said.at(-1) === true);
  assert.ok((await clients()) >= 3);
  await set.close();
});

test.run();
