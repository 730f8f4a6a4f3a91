/**
 * The moments of a task's first call at which two parts know different things: it is committed and not yet handed over; a
 * dispatcher has it and Redis knows nothing of the lease; the lease is told to Redis while its outcome goes to the record.
 * They last milliseconds. A burst of tasks, and calls that last about half a lease, put many tasks into them at once.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Plan } from "../behaviour.ts";
import type { FaultContext, FaultKind } from "../fault.ts";
import type { Submission } from "../load.ts";
import { BACK_WITHIN, SUPERVISOR, seatOf } from "./nodes.ts";
import { EXCUSES_OF } from "./servers.ts";

/** Tasks in a burst. */
const BURST = 60;

/** Many tasks at the same moment. */
function burst({ load }: FaultContext, planOf: () => Partial<Plan> = () => ({})): Submission[] {
  return Array.from({ length: BURST }, () => load.add(planOf()));
}

/** Calls that end shortly before, at and after the moment at which a dispatcher tells Redis of them. */
const halfALease =
  ({ random, leaseMs }: FaultContext) =>
  (): Partial<Plan> => ({ kind: "long", ms: Math.round(random.between(0.35, 0.65) * leaseMs) });

/** Resolves when the first of them is answered. */
const firstOf = ({ load }: FaultContext, tasks: Submission[]): Promise<void> =>
  Promise.race(tasks.map((task) => load.answered([task])));

const amidAccepts: FaultKind = {
  name: "SIGKILL scheduler at accepts",
  excuses: [],
  outage: false,
  async run(context) {
    const seat = seatOf(context, "scheduler");
    await firstOf(context, burst(context));
    await pause(context.random.whole(0, 15));
    await seat.end("SIGKILL");
    await pause(SUPERVISOR);
    seat.start();
    return seat.name;
  },
};

const frozenAtAccepts: FaultKind = {
  name: "SIGSTOP scheduler at accepts",
  excuses: [],
  outage: true,
  async run(context) {
    const seat = seatOf(context, "scheduler");
    await firstOf(context, burst(context));
    await pause(context.random.whole(0, 15));
    seat.node.pause();
    await pause(Math.max(2.5 * context.leaseMs, context.outageMs));
    seat.node.resume();
    return seat.name;
  },
};

/** Between the hand-over of a task and the promotion of its lease its dispatcher dies; all of them do. */
const dispatchersAtFirstCalls: FaultKind = {
  name: "SIGKILL all dispatchers at first calls",
  excuses: ["repeat"],
  outage: false,
  async run(context) {
    const seats = context.system.of("dispatcher");
    await firstOf(context, burst(context, halfALease(context)));
    await pause(context.random.between(0, 0.6) * context.leaseMs);
    await Promise.all(seats.map((seat) => seat.end("SIGKILL")));
    await pause(SUPERVISOR);
    for (const seat of seats) seat.start();
    return "all dispatchers";
  },
};

/** Those who are told of promotions and outcomes die at that moment. */
const schedulerAtPromotions: FaultKind = {
  name: "SIGKILL scheduler at promotions",
  excuses: [],
  outage: false,
  async run(context) {
    const seat = seatOf(context, "scheduler");
    await firstOf(context, burst(context, halfALease(context)));
    await pause(context.random.between(0.35, 0.65) * context.leaseMs);
    await seat.end("SIGKILL");
    await pause(SUPERVISOR);
    seat.start();
    return seat.name;
  },
};

/** Nothing breaks: promotions and outcomes of the same calls meet, again and again. */
const promotionsAtRecords: FaultKind = {
  name: "promotions at records",
  excuses: [],
  outage: false,
  spares: true,
  async run(context) {
    for (let round = 0; round < 3; round++) {
      const tasks = burst(context, halfALease(context));
      await context.load.answered(tasks);
      await pause(context.leaseMs * 0.7);
    }
    return `${3 * BURST} calls of half a lease`;
  },
};

/** Redis is there and does not answer, while tasks are handed over and promoted. */
const redisFrozen: FaultKind = {
  name: "redis freezes at accepts",
  excuses: EXCUSES_OF.redis,
  outage: true,
  async run(context) {
    const { pid } = context.system.servers.redis;
    await firstOf(context, burst(context, halfALease(context)));
    await pause(context.random.whole(0, 15));
    process.kill(pid, "SIGSTOP");
    try {
      burst(context);
      await pause(context.random.between(0.5, 1.5) * context.leaseMs);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    return "redis";
  },
};

/**
 * The power goes: every node dies at once, tasks in every state. The outage ends when all are up again: how long six
 * processes take to start at once is the machine's affair.
 */
const everything: FaultKind = {
  name: "SIGKILL all nodes at accepts",
  excuses: ["repeat"],
  outage: true,
  async run(context) {
    const { system } = context;
    const { seats } = system;
    burst(context, halfALease(context));
    await firstOf(context, burst(context));
    await pause(context.random.between(0, 0.3) * context.leaseMs);
    await Promise.all(seats.map((seat) => seat.end("SIGKILL")));
    await pause(SUPERVISOR);
    for (const seat of seats) seat.start();
    await Promise.all(seats.map((seat) => system.joined(seat)));
    await Promise.all(system.of("api").map(({ node }) => node.ready(BACK_WITHIN)));
    return "all nodes";
  },
};

export const WINDOW_FAULTS: FaultKind[] = [
  amidAccepts,
  frozenAtAccepts,
  dispatchersAtFirstCalls,
  schedulerAtPromotions,
  promotionsAtRecords,
  redisFrozen,
  everything,
];
