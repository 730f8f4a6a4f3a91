/** What happens to nodes: killed, told to stop, frozen, a thread of theirs harmed. */
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../../e2e/kit/until.ts";
import type { Excuse, FaultContext, FaultKind } from "../fault.ts";
import { ROLES, type Role, type Seat } from "../seat.ts";

/** What notices a dead process and starts another takes about so long, in ms. */
export const SUPERVISOR = 500;
/** A node that was started is in the cluster and ready within this, in ms. */
export const BACK_WITHIN = 60_000;
/** SIGTERM: a node is gone within this, in ms. */
const STOP_LIMIT = 30_000;
/** A thread that is harmed is dead within this, in ms; longer than the longest pause before one is started again. */
const THREAD_LIMIT = 15_000;

/** Who is affected decides what may follow: only a dispatcher makes calls, only schedulers hold leases for them. */
const REPEATS: Record<Role, Excuse[]> = { api: [], scheduler: [], dispatcher: ["repeat"] };

export const seatOf = ({ system, random }: FaultContext, role: Role): Seat => random.pick(system.of(role));

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

const threads = (["throw", "memory"] as const).map(
  (how): FaultKind => ({
    name: how === "throw" ? "thread throws" : "thread out of memory",
    excuses: ["repeat", "unreached"],
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

export const NODE_FAULTS: FaultKind[] = [...kills, ...stops, ...freezes, ...threads];
