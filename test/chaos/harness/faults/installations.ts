/** Nodes that do not belong together meet: another installation on the same NATS, another Redis behind one scheduler. */
import { setTimeout as pause } from "node:timers/promises";
import { BidaNode } from "../../../e2e/kit/node.ts";
import * as mariadb from "../../../servers/mariadb.ts";
import * as redis from "../../../servers/redis.ts";
import type { FaultKind } from "../fault.ts";
import { seatOf } from "./nodes.ts";

const foreign: FaultKind = {
  name: "a foreign installation on the same nats",
  excuses: [],
  outage: true,
  spares: true,
  async run({ system, outageMs }) {
    const [database, cache] = await Promise.all([
      mariadb.createDatabase({ url: new URL("/", system.databaseUrl).href }),
      redis.start(),
    ]);
    const roles = ["scheduler", "dispatcher"] as const;
    const nodes = await Promise.all(
      roles.map(async (role) => new BidaNode(await system.foreignEnvironment(role, database, cache.url))),
    );
    // It needs a few seconds until it is there, and then time to meet the others.
    await pause(8_000 + outageMs);
    await Promise.all(nodes.map((node) => node.stop()));
    await cache.stop();
    return nodes.map(({ pid }) => pid).join(", ");
  },
};

const otherRedis: FaultKind = {
  name: "a scheduler with another redis",
  excuses: [],
  outage: true,
  async run(context) {
    const { outageMs } = context;
    const seat = seatOf(context, "scheduler");
    const cache = await redis.start();
    const usual = seat.env.BIDA_REDIS_URL as string;
    await seat.end("SIGTERM");
    seat.env.BIDA_REDIS_URL = cache.url;
    seat.start();
    // It may say so and end.
    seat.expectEnd();
    await pause(8_000 + outageMs);
    await seat.end("SIGTERM");
    seat.env.BIDA_REDIS_URL = usual;
    seat.start();
    await cache.stop();
    return seat.name;
  },
};

export const INSTALLATION_FAULTS: FaultKind[] = [foreign, otherRedis];
