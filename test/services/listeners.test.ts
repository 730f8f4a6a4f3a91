import { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { announce, type KnownNode, listenersOf } from "../../services/node/listeners.ts";

const test = suite("listeners");

/** A broker with nothing but a registry. */
function brokerWith(others: KnownNode[] = []) {
  let told = 0;
  const metadata: Record<string, unknown> = { installation: "A" };
  const broker = {
    metadata,
    started: true,
    broadcastLocal: () => undefined,
    registry: {
      regenerateLocalRawInfo: () => undefined,
      discoverer: {
        async sendLocalNodeInfo() {
          told += 1;
        },
      },
      nodes: { list: () => [{ local: true, hostname: "here", metadata }, ...others] },
    },
  } as unknown as ServiceBroker;
  return { broker, told: () => told, keys: () => listenersOf(broker, "here") };
}

const MACHINE = () => ["10.0.0.5", "fe80::1%eth0", "fd00:0::5", "127.0.0.1"];

test("a listener on one address is that one; on all of them, each of the machine, and loopback as a whole", () => {
  const { broker, told, keys } = brokerWith();
  const ends = announce(broker, { address: "127.0.0.1", port: 8080 }, MACHINE);
  assert.equal(keys(), ["127.0.0.1 8080"]);
  const endsAll = announce(broker, { address: "::", port: 20_880 }, MACHINE);
  assert.equal(keys(), [
    "10.0.0.5 20880",
    "127.0.0.1 20880",
    "127.0.0.1 8080",
    "fd00::5 20880",
    "fe80::1 20880",
    "loopback 20880",
  ]);
  endsAll();
  ends();
  assert.equal(keys(), []);
  assert.is(told(), 4, "others are told of each change");
});

const node = (hostname: string, installation: unknown, ...listeners: unknown[]): KnownNode => ({
  hostname,
  metadata: { installation, listeners },
});

test("other nodes' loopback counts on the same machine only; other installations' listeners do not count", () => {
  const { keys } = brokerWith([
    node("here", "A", { address: "127.0.0.1", port: 1 }, { address: "0.0.0.0", port: 2 }),
    node("there", "A", { address: "127.0.0.1", port: 3 }, { address: "0.0.0.0", port: 4 }),
    node("there", "A", { address: "10.0.0.9", port: 4 }, { address: "::1", port: 5 }),
    node("here", "B", { address: "10.0.0.8", port: 6 }),
    node("here", undefined, { address: "10.0.0.8", port: 7 }),
  ]);
  assert.equal(keys(), ["10.0.0.9 4", "127.0.0.1 1", "loopback 2"]);
});

test("what a node says wrongly is left out, and no node says more than a bounded number", () => {
  const junk = [
    null,
    5,
    {},
    { address: "x", port: 1 },
    { address: "10.0.0.1", port: "1" },
    { address: 5, port: 1 },
  ];
  const many = Array.from({ length: 10_000 }, (_, i) => ({ address: "10.0.0.9", port: i }));
  const { keys } = brokerWith([
    node("there", "A", ...junk),
    { hostname: "there", metadata: { installation: "A", listeners: "all" } },
    { hostname: "there", metadata: null },
    node("there", "A", ...many),
  ]);
  assert.is(keys().length, 256);
});

test("a node that stops listening while it stops does not offer its services again", async () => {
  let ends = () => {};
  const stopping = async () => ends();
  const broker = new ServiceBroker({ logger: false, transporter: "Fake", middlewares: [{ stopping }] });
  broker.createService({ name: "shop", actions: { pay: () => "paid" } });
  await broker.start();
  ends = announce(broker, { address: "127.0.0.1", port: 8080 }, MACHINE);
  const { nodes } = broker.registry as unknown as {
    nodes: { localNode: { rawInfo: { seq: number; services: { name: string }[] } } };
  };
  const offered = () => nodes.localNode.rawInfo.services.map(({ name }) => name);
  assert.ok(offered().includes("shop"));
  const { seq } = nodes.localNode.rawInfo;
  await broker.stop();
  assert.ok(nodes.localNode.rawInfo.seq > seq + 1, "it was told anew");
  assert.equal(offered(), []);
});

test.run();
