import type { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Demand } from "../../services/dispatcher/demand.ts";

const test = suite("demand");

/** A dispatcher with two schedulers that never answer; resolves with the room each was asked to fill. */
function asked(follow: (demand: Demand) => void, nodes: number): Promise<Map<string, number>> {
  const rooms = new Map<string, number>();
  const all = Promise.withResolvers<Map<string, number>>();
  const call = (_: string, { room }: { room: number }, { nodeID }: { nodeID: string }) => {
    rooms.set(nodeID, room);
    if (rooms.size === nodes) all.resolve(rooms);
    return nodeID === "gone" ? Promise.reject(new Error("no answer")) : new Promise(() => undefined);
  };
  const broker = { call } as unknown as ServiceBroker;
  const demand: Demand = new Demand({
    broker,
    holder: "h",
    capacity: () => 1024,
    leaseMs: 10_000,
    firstOnly: false,
    free: () => 1024,
    onFreed: () => demand.freed(),
    onJobs: () => undefined,
  });
  follow(demand);
  return all.promise;
}

test("schedulers that come together get an even share each", async () => {
  const rooms = await asked((demand) => demand.follow(["a", "b"]), 2);
  assert.equal(
    [...rooms],
    [
      ["a", 512],
      ["b", 512],
    ],
  );
});

test("room that a scheduler had is another one's when it goes, though no job ends", async () => {
  const rooms = await asked((demand) => {
    demand.follow(["gone"]);
    demand.follow(["gone", "b"]);
    demand.follow(["b"]);
  }, 2);
  assert.is(rooms.get("gone"), 1024);
  assert.is(rooms.get("b"), 1024);
});

test.run();
