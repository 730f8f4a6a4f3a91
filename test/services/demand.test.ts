import type { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ClaimRequest } from "../../core/job.ts";
import { Demand } from "../../services/dispatcher/demand.ts";
import { until } from "../e2e/kit/until.ts";

const test = suite("demand");

/** Of a dispatcher whose calls to schedulers are answered by `call`. */
function demandOf(call: object, retries: () => number): Demand {
  const demand: Demand = new Demand({
    broker: { call } as unknown as ServiceBroker,
    holder: "h",
    capacity: 1024,
    leaseMs: 10_000,
    retries,
    free: () => 1024,
    keepsUp: () => true,
    onFreed: () => demand.freed(),
    onJobs: () => undefined,
  });
  return demand;
}

/** A dispatcher with two schedulers that never answer; resolves with the room each was asked to fill. */
function asked(follow: (demand: Demand) => void, nodes: number): Promise<Map<string, number>> {
  const rooms = new Map<string, number>();
  const all = Promise.withResolvers<Map<string, number>>();
  const call = (_: string, { room }: { room: number }, { nodeID }: { nodeID: string }) => {
    rooms.set(nodeID, room);
    if (rooms.size === nodes) all.resolve(rooms);
    return nodeID === "gone" ? Promise.reject(new Error("no answer")) : new Promise(() => undefined);
  };
  follow(demandOf(call, () => 1024));
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

test("what retries may have is shared between schedulers, and nobody is asked for none of them", async () => {
  const claims: { room: number; retries: number; nodeID: string }[] = [];
  let allowed = 0;
  const call = (_: string, { room, retries }: ClaimRequest, { nodeID }: { nodeID: string }) => {
    claims.push({ room, retries, nodeID });
    return new Promise(() => undefined);
  };
  const demand = demandOf(call, () => allowed);
  demand.follow(["a", "b"]);
  assert.equal(claims, []);
  allowed = 7;
  demand.freed();
  await until("two claims", () => claims.length > 1);
  assert.equal(claims, [
    { room: 512, retries: 4, nodeID: "a" },
    { room: 512, retries: 3, nodeID: "b" },
  ]);
});

test("a scheduler that has no retry due keeps none from the others", async () => {
  const claims: string[] = [];
  const call = (_: string, { retries }: ClaimRequest, { nodeID }: { nodeID: string }) => {
    claims.push(nodeID);
    // a's claim stays parked; b has as many as it is asked for.
    return nodeID === "a" ? new Promise(() => undefined) : soon(reply(retries));
  };
  const soon = <T>(value: T) => new Promise<T>((resolve) => setImmediate(resolve, value));
  const reply = (retries: number) => ({ jobs: Array.from({ length: retries }), leasedAt: 0 });
  const demand = demandOf(call, () => 4);
  demand.follow(["a", "b"]);
  await until("b's retries", () => claims.filter((nodeID) => nodeID === "b").length >= 10);
  assert.is(claims.filter((nodeID) => nodeID === "a").length, 1);
  demand.stop();
});

test("a mistake in what takes the jobs is not tried again in silence", async () => {
  const seen = new Promise<unknown>((resolve) => process.once("unhandledRejection", resolve));
  const asked: string[] = [];
  const demand: Demand = new Demand({
    broker: {
      async call(action: string) {
        asked.push(action);
        return { jobs: [{}], leasedAt: 0 };
      },
    } as never,
    holder: "h",
    capacity: 16,
    leaseMs: 10_000,
    retries: null,
    free: () => 16,
    keepsUp: () => true,
    onFreed: () => demand.freed(),
    onJobs: () => {
      throw new TypeError("a mistake");
    },
  });
  demand.follow(["a"]);
  assert.instance(await seen, TypeError);
  assert.is(asked.length, 1);
  demand.stop();
});

test.run();
