/** Who is asked, and who is remembered after vanishing. */
import type { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Nodes } from "../../services/api/nodes.ts";

const test = suite("nodes");

/** A broker that knows `alive`, of whom those in `mute` do not answer. */
function brokerOf(alive: string[], mute: string[] = []): ServiceBroker {
  const endpoints = () => alive.map((id) => ({ node: { id, available: true } }));
  return {
    registry: {
      actions: { get: (name: string) => (name === "node.info" ? { endpoints: endpoints() } : undefined) },
    },
    async call(_action: string, _params: unknown, { nodeID }: { nodeID: string }) {
      if (mute.includes(nodeID)) throw Object.assign(new Error("no"), { name: "RequestTimeoutError" });
      return { nodeID };
    },
  } as unknown as ServiceBroker;
}

const summary = async (nodes: Nodes) =>
  (await nodes.ask("node.info")).map(({ nodeID, answer }) => [nodeID, answer !== null]);

test("every node is asked; one that does not answer comes without an answer", async () => {
  const nodes = new Nodes(brokerOf(["b", "a", "c"], ["c"]));
  assert.equal(await summary(nodes), [
    ["a", true],
    ["b", true],
    ["c", false],
  ]);
});

test("one that vanished is remembered, one that stopped is not, and neither are strangers", async () => {
  const alive = ["a", "b", "c"];
  const nodes = new Nodes(brokerOf(alive));
  nodes.look();
  alive.length = 1;
  nodes.disconnected("b", true);
  nodes.disconnected("c", false);
  nodes.disconnected("another program on NATS", true);
  assert.equal(await summary(nodes), [
    ["a", true],
    ["b", false],
  ]);
  alive.push("b");
  assert.equal(await summary(nodes), [
    ["a", true],
    ["b", true],
  ]);
});

test.run();
