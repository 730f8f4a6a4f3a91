/** What happens to the servers, and to connections with them. */
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Excuse, FaultKind } from "../fault.ts";
import { type Role, SERVERS, type ServerName } from "../seat.ts";

/** Leases live in Redis: without it they run out, and who holds what may be forgotten. */
export const EXCUSES_OF: Record<ServerName, Excuse[]> = {
  mariadb: [],
  redis: ["repeat", "overlap"],
  nats: ["repeat", "overlap"],
};

const flush: FaultKind = {
  name: "FLUSHALL",
  // Holders come first: what is under way is not forgotten.
  excuses: ["repeat"],
  outage: false,
  async run({ system }) {
    const redis = new Redis(system.servers.redis.url, { maxRetriesPerRequest: 1 });
    await redis.flushall();
    redis.disconnect();
    return "redis";
  },
};

const restarts = SERVERS.map(
  (server): FaultKind => ({
    name: `${server} restarts`,
    excuses: EXCUSES_OF[server],
    outage: false,
    async run({ system }) {
      await system.servers[server].restart("SIGKILL");
      return server;
    },
  }),
);

const outages = SERVERS.map(
  (server): FaultKind => ({
    name: `${server} gone`,
    excuses: EXCUSES_OF[server],
    outage: true,
    async run({ system, outageMs }) {
      await system.servers[server].down("SIGKILL");
      await pause(outageMs);
      await system.servers[server].up();
      return server;
    },
  }),
);

/** Who uses what: dispatchers never open the database or Redis. */
const USERS: Record<ServerName, Role[]> = {
  mariadb: ["api", "scheduler"],
  redis: ["api", "scheduler"],
  nats: ["api", "scheduler", "dispatcher"],
};

const cuts = SERVERS.map(
  (server): FaultKind => ({
    name: `${server} connections cut`,
    excuses: server === "mariadb" ? [] : ["repeat"],
    outage: false,
    async run({ system, random }) {
      const seat = random.pick(system.seats.filter(({ role }) => USERS[server].includes(role)));
      seat.links[server].cut();
      return `${seat.name}`;
    },
  }),
);

const holes = SERVERS.map(
  (server): FaultKind => ({
    name: `${server} black-holed`,
    excuses: EXCUSES_OF[server],
    outage: true,
    async run({ system, random, outageMs }) {
      // The API alone would only show that nobody can come in.
      const roles = USERS[server].filter((role) => role !== "api") as Role[];
      const seat = random.pick(system.seats.filter(({ role }) => roles.includes(role)));
      seat.links[server].blackHole();
      await pause(outageMs);
      seat.links[server].heal();
      return seat.name;
    },
  }),
);

export const SERVER_FAULTS: FaultKind[] = [flush, ...restarts, ...outages, ...cuts, ...holes];
