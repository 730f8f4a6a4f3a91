/** The faults: everything that can happen to a node, a server, a connection, a thread or a clock. */
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { until } from "../../e2e/kit/until.ts";
import type { Excuse, FaultContext, FaultKind } from "./fault.ts";
import { ROLES, type Role, SERVERS, type Seat, type ServerName } from "./system.ts";

/** What notices a dead process and starts another takes about so long, in ms. */
const SUPERVISOR = 500;
/** SIGTERM: a node is gone within this, in ms. */
const STOP_LIMIT = 30_000;
/** A thread that is harmed is dead within this, in ms; longer than the longest pause before one is started again. */
const THREAD_LIMIT = 15_000;

/** Who is affected decides what may follow: only a dispatcher makes calls, only schedulers hold leases for them. */
const REPEATS: Record<Role, Excuse[]> = { api: [], scheduler: [], dispatcher: ["repeat"] };

const seatOf = ({ system, random }: FaultContext, role: Role): Seat => random.pick(system.of(role));

const kills = ROLES.map(
  (role): FaultKind => ({
    name: `SIGKILL ${role}`,
    excuses: REPEATS[role],
    outage: false,
    async run(context) {
      const seat = seatOf(context, role);
      await seat.end("SIGKILL");
      await pause(SUPERVISOR);
      seat.start();
      return seat.name;
    },
  }),
);

const stops = ROLES.map(
  (role): FaultKind => ({
    name: `SIGTERM ${role}`,
    // A node that is told to stop finishes or hands back what it holds.
    excuses: [],
    outage: false,
    async run(context) {
      const seat = seatOf(context, role);
      const startedAt = Date.now();
      const how = await seat.end("SIGTERM");
      const took = Date.now() - startedAt;
      // A process that has not come as far as its first words cannot listen for a signal either.
      const asleep = how === "SIGTERM" && seat.node.log === "";
      if ((how !== "exit 0" && !asleep) || took > STOP_LIMIT)
        context.violation(`SIGTERM of ${seat.name}: ${how} after ${took} ms; ${seat.node.log.slice(-500)}`);
      await pause(SUPERVISOR);
      seat.start();
      return seat.name;
    },
  }),
);

const freezes = ROLES.map(
  (role): FaultKind => ({
    name: `SIGSTOP ${role}`,
    excuses: role === "dispatcher" ? ["repeat", "overlap"] : [],
    outage: true,
    async run(context) {
      const seat = seatOf(context, role);
      seat.node.pause();
      await pause(Math.max(2.5 * context.leaseMs, context.outageMs));
      seat.node.resume();
      return seat.name;
    },
  }),
);

/** Leases live in Redis: without it they run out, and who holds what may be forgotten. */
const EXCUSES_OF: Record<ServerName, Excuse[]> = {
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
      // The door alone would only show that nobody can come in.
      const roles = USERS[server].filter((role) => role !== "api") as Role[];
      const seat = random.pick(system.seats.filter(({ role }) => roles.includes(role)));
      seat.links[server].blackHole();
      await pause(outageMs);
      seat.links[server].heal();
      return seat.name;
    },
  }),
);

const threads = (["throw", "memory"] as const).map(
  (how): FaultKind => ({
    name: how === "throw" ? "thread throws" : "thread out of memory",
    excuses: ["repeat"],
    outage: false,
    async run(context) {
      const seat = seatOf(context, "dispatcher");
      const before = seat.node.records("thread died").length;
      const died = () => seat.node.records("thread died").length > before;
      const harm = () => {
        seat.harmThread(how);
        return until(`a thread of ${seat.name} to die`, died, THREAD_LIMIT);
      };
      // The first time there may be none: after several deaths in a row a new one is started only after a pause.
      await harm()
        .catch(harm)
        .catch((error: Error) => context.violation(`${how}: ${error.message}`));
      return seat.name;
    },
  }),
);

/** A node comes back with its clock seconds off. */
const skew: FaultKind = {
  name: "clock off",
  excuses: ["repeat"],
  outage: false,
  async run(context) {
    const seat = seatOf(context, context.random.pick(["scheduler", "dispatcher"] as const));
    seat.skewMs = context.random.whole(-10_000, 10_000);
    await seat.end("SIGKILL");
    await pause(SUPERVISOR);
    seat.start();
    return `${seat.name} ${seat.env.E2E_CLOCK_SHIFT} ms`;
  },
};

/** Every kind of fault there is. */
export const FAULTS: FaultKind[] = [
  ...kills,
  ...stops,
  ...freezes,
  flush,
  ...restarts,
  ...outages,
  ...cuts,
  ...holes,
  ...threads,
  skew,
];
