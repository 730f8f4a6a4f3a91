/** Clocks that are wrong, and clocks that jump. */
import { setTimeout as pause } from "node:timers/promises";
import type { FaultKind } from "../fault.ts";
import { SUPERVISOR, seatOf } from "./nodes.ts";
import { EXCUSES_OF } from "./servers.ts";

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

/** How far a clock that is plainly wrong is off: beyond what is kept, in ms. */
const FAR_MS = 40 * 86_400_000;
/** A scheduler begins to prune 5 s after its start; see docs/operations.md, "Retention". In ms. */
const PRUNING_BEGINS = 5_000;

/** A machine starts with its clock 40 days ahead: by that clock everything is old enough to be deleted. */
const ahead: FaultKind = {
  name: "clock of a scheduler 40 days ahead",
  excuses: ["repeat"],
  outage: true,
  async run(context) {
    const seat = seatOf(context, "scheduler");
    const usual = seat.env.E2E_CLOCK_SHIFT ?? "0";
    seat.skewMs = FAR_MS;
    await seat.end("SIGKILL");
    seat.start();
    await context.system.joined(seat);
    await pause(Math.max(PRUNING_BEGINS + 3_000, context.outageMs));
    seat.skewMs = Number(usual);
    await seat.end("SIGKILL");
    seat.start();
    return seat.name;
  },
};

/** Redis's clock, which says what is due, jumps while it runs, and jumps back. */
const redisJumps = ([120_000, -120_000] as const).map(
  (ms): FaultKind => ({
    name: `redis clock jumps ${ms > 0 ? "ahead" : "back"}`,
    // Leases end by that clock, and it says what is due: whichever way it goes first, one of its two jumps is ahead.
    excuses: [...EXCUSES_OF.redis, "early"],
    outage: true,
    needs: ({ redisClock }) => redisClock !== null,
    async run({ system, outageMs }) {
      system.redisClock?.shift(ms);
      await pause(outageMs);
      system.redisClock?.shift(0);
      return `redis, ${ms / 1_000} s`;
    },
  }),
);

export const CLOCK_FAULTS: FaultKind[] = [skew, ahead, ...redisJumps];
