/**
 * A cluster on the NATS of an application that has services called admin, api, scheduler and node, with Moleculer 0.14 and 0.15
 * as they come: neither answers what is meant for the other, and events reach all who listen. @takes 20 s
 */
import type { ServiceBroker as Broker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createBrokerClient } from "../../client/index.ts";
import { FOREIGN_LINE, STRANGER_LINE } from "../../services/node/foreign-nodes.ts";
import * as nats from "../servers/nats.ts";
import type { TestServer } from "../servers/server.ts";
import {
  type Heard,
  listener,
  program,
  RELEASES,
  type Release,
  shopServices,
} from "../services/neighbours/kit.ts";
import { type Cluster, startCluster, USUAL } from "./kit/cluster.ts";
import { inCluster } from "./kit/observer.ts";
import { until } from "./kit/until.ts";
import { quick } from "./kit/world.ts";

const EVENTS = 1_000;
const test = suite("cluster beside an application");
let bus: TestServer;
let world: Cluster;
const shops = new Map<Release, Broker>();
/** What reached the application's own services. */
const asked: string[] = [];
test.before(async () => {
  bus = await nats.start();
  for (const release of RELEASES) {
    shops.set(
      release,
      program(release, bus.url, { services: shopServices(release, (action) => asked.push(action)) }),
    );
  }
  await Promise.all(Array.from(shops.values(), (broker) => broker.start()));
  world = await startCluster({ bus });
});
test.after(async () => {
  await Promise.all(Array.from(shops.values(), (broker) => broker.stop()));
  await world.stop();
  await bus.stop();
});

test("Bida's own requests reach Bida's nodes only, passwords included", async () => {
  const { receiver } = world;
  for (let i = 0; i < 30; i++) {
    const { status } = await world.api("POST", "/v1/session", { username: "admin", password: "admin" }, {});
    assert.is(status, 200);
    assert.is((await world.api("GET", "/v1/tasks")).status, 200);
    const taskId = await world.submit({ url: receiver.url() });
    assert.is((await world.ended(taskId)).state, "succeeded");
  }
  const nodes = (await world.api("GET", "/v1/nodes")).json.items as unknown[];
  assert.is(nodes.length, USUAL.length);
  assert.equal(asked, []);
});

for (const release of RELEASES) {
  test(`${release}: the application's own services are asked by its own names, Bida's by Bida's`, async () => {
    const shop = shops.get(release) as Broker;
    for (let i = 0; i < 20; i++) {
      assert.is(await shop.call("scheduler.submit"), "the shop's scheduler.submit");
      assert.is(await shop.call("admin.list"), "the shop's admin.list");
    }
    const bida = createBrokerClient(shop as never);
    const taskId = await bida.call(quick({ url: world.receiver.url() }) as never);
    assert.is((await bida.waitFor(taskId)).state, "succeeded");
    assert.is((await bida.list()).items.length > 0, true);
    const refused = (await bida.call({ url: "x" } as never).catch((error) => error)) as {
      errors: { field: string }[];
    };
    assert.equal(refused.errors.map(({ field }) => field).toSorted(), [
      "limitCallCount",
      "requestMethod",
      "url",
    ]);
  });

  test(`${release}: a listener that has just started gets ${EVENTS} of ${EVENTS} events, and so does every instance of it`, async () => {
    const heard: Heard[][] = [[], []];
    const turns: Heard[] = [];
    const services = (i: number) => [
      listener(`everywhere-${release}`, ["bida.broadcast.task.succeeded"], heard[i] as Heard[]),
      listener(`in-turn-${release}`, ["bida.task.succeeded"], turns),
    ];
    const brokers = [0, 1].map((i) => program(release, bus.url, { services: services(i) }));
    await Promise.all(brokers.map((broker) => broker.start()));
    await Promise.all(
      brokers.map((broker) => broker.waitForServices(["bida.scheduler", "bida.admin"], 20_000)),
    );
    const ids = new Set<string>();
    const url = world.receiver.url();
    for (let i = 0; i < EVENTS; i += 100) {
      const { json } = await world.batch(Array.from({ length: 100 }, () => quick({ url })));
      for (const { taskId } of json.results as { taskId: string }[]) ids.add(taskId);
    }
    assert.is(ids.size, EVENTS);
    const of = (events: Heard[]) => events.filter(({ taskId }) => ids.has(taskId));
    await until("all events", () => [...heard, turns].every((events) => of(events).length >= EVENTS), 60_000);
    for (const events of [...heard, turns]) {
      assert.is(of(events).length, EVENTS, "each once");
      assert.is(new Set(of(events).map(({ taskId }) => taskId)).size, EVENTS);
    }
    await Promise.all(brokers.map((broker) => broker.stop()));
  });
}

test("programs come and go: nobody among Bida's nodes notices, and their calls go on", async () => {
  const before = world.nodes.map((node) => node.log.match(/disconnected/g)?.length ?? 0);
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) {
    const broker = program(i % 2 ? "0.14" : "0.15", bus.url);
    await broker.start();
    ids.push(await world.submit({ url: world.receiver.url() }));
    await broker.stop();
  }
  for (const taskId of ids) assert.is((await world.ended(taskId)).callCount, 1);
  assert.equal(
    world.nodes.map((node) => node.log.match(/disconnected/g)?.length ?? 0),
    before,
  );
  assert.equal(
    world.nodes.flatMap((node) => [...node.records(FOREIGN_LINE), ...node.records(STRANGER_LINE)]),
    [],
  );
});

test("a node that joins finds its own, and its neighbours find it", async () => {
  const node = await world.join({ services: "scheduler,dispatcher" });
  await inCluster(world.inside, node);
  const shop = shops.get("0.14") as Broker;
  const offering = () =>
    (shop.registry as unknown as { actions: { get(name: string): { endpoints: unknown[] } } }).actions.get(
      "bida.scheduler.submit",
    ).endpoints.length;
  await until("three schedulers", () => offering() === 3);
  assert.is(await node.stop(), "exit 0");
  await until("two schedulers", () => offering() === 2);
  world.nodes.splice(world.nodes.indexOf(node), 1);
});

test("each node says once which old names are withdrawn, and for whom", async () => {
  const line = "another program has a service of this name; the old names of Bida's actions are withdrawn";
  for (const node of world.nodes) {
    const services = () => node.records(line).map(({ service }) => service as string);
    await until("both to be told", () => services().length >= 2);
    assert.equal(services().toSorted(), ["admin", "scheduler"]);
  }
});

test.run();
