/** A worker thread: routes jobs to destination actors and sends their outcomes back in batches. Run by `pool.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { SyncedClock } from "../core/clock.ts";
import type { Outcome } from "../core/job.ts";
import { leaseKey } from "../core/lease.ts";
import { filledUrl } from "../core/url-template.ts";
import { Allowance } from "./allowance.ts";
import { AnswerRoom } from "./answer-room.ts";
import { Destination, type DestinationContext, type DestinationMessage } from "./destination.ts";
import { EgressGuard, guardedConnector } from "./egress.ts";
import { ThreadGauges } from "./gauges.ts";
import { Judge } from "./judge.ts";
import { type ActorRef, spawn } from "./kernel.ts";
import { type LeasedJob, LeaseTrust } from "./lease-trust.ts";
import { LoopDelay } from "./loop-delay.ts";
import { LoopLag } from "./loop-lag.ts";
import { Marks } from "./marks.ts";
import { NameResolver } from "./names/resolver.ts";
import type { FromThread, ThreadSettings, ToThread } from "./protocol.ts";
import { OutboundProxy } from "./proxy.ts";
import { PutBack } from "./put-back.ts";
import { Slots } from "./slots.ts";
import { Sockets } from "./sockets.ts";
import { Standings } from "./standings.ts";

/** Destinations without work are closed at the next round, in ms. Longer than targets keep connections open. */
const IDLE_ROUND_MS = 30_000;
/** Targets that answered within the last one or two of these rounds are known to answer just now, in ms. */
const ANSWERING_ROUND_MS = 2_000;
/** The dispatcher never sends more than it has room for; this only bounds a mistake. */
const MAILBOX = 100_000;
/**
 * Messages with outcomes leave at least so far apart, in ms: each costs both threads. Should this one die meanwhile, the
 * calls they are of count as `crashed`, as those do that are under way.
 */
const OUTCOMES_GAP = 4;

const port = parentPort;
if (!port) throw new Error("actors/thread.ts runs as a worker thread only");

const settings = workerData as ThreadSettings;
const gauges = new ThreadGauges(settings.gauges);
const clock = new SyncedClock();
const marks = new Marks(settings.marks);
const destinations = new Map<string, { ref: ActorRef<DestinationMessage>; actor: Destination }>();
let outcomes: Outcome[] = [];
/** Monotonic ms. */
let flushedAt = Number.NEGATIVE_INFINITY;

const slots = new Slots(settings.concurrency, (taken) => {
  gauges.inFlight = taken;
});
const allowance = new Allowance(settings.concurrency, (allowed) => {
  gauges.allowed = allowed;
  slots.resize(allowed);
});
gauges.allowed = allowance.slots;
const sockets = new Sockets(settings.sockets);
const judge = new Judge();
const putBack = new PutBack((jobs) => context.giveUp(jobs, "putBack"));

const names = new NameResolver({ servers: settings.dnsServers });
const guard = new EgressGuard(settings.egress);

const context: DestinationContext = {
  node: settings.node,
  clock,
  connector: guardedConnector(guard, {
    names,
    proxy: settings.egressProxy === null ? null : new OutboundProxy(settings.egressProxy, names),
    onBlocked: (blocked) => post({ type: "blocked", blocked }),
  }),
  guard,
  slots,
  sockets,
  answers: new AnswerRoom(),
  standings: new Standings(),
  destinationConcurrency: settings.destinationConcurrency,
  trust: new LeaseTrust(settings.trust),
  judge,
  works: (job) => marks.work((job as LeasedJob).place),
  waits: (job) => marks.rest((job as LeasedJob).place),
  stale: () => gauges.countStale(),
  report(outcome) {
    outcomes.push(outcome);
    if (outcomes.length > 1) return;
    const wait = flushedAt + OUTCOMES_GAP - performance.now();
    if (wait > 0) setTimeout(flush, wait);
    else setImmediate(flush);
  },
  putBack(job, { failure, error: { message } }) {
    marks.putBack(job.place);
    if (failure === "sockets") {
      sockets.closeIdle();
      allowance.exceeded(gauges.inFlight);
    }
    putBack.add(job);
    post({ type: "notMade", failure, message });
  },
  giveUp(jobs, why) {
    post({ type: "givenUp", leases: jobs.map(({ taskId, n }) => ({ taskId, n })), why });
  },
};

gauges.start();
port.on("message", (message: ToThread) => {
  switch (message.type) {
    case "deliver":
      lag.wake();
      for (const job of message.jobs) {
        // A job can kill the thread here too, or hold it up.
        marks.work(job.place);
        route(job);
        marks.putBack(job.place);
      }
      break;
    case "clock":
      clock.sample(message.sample);
      break;
    case "egress":
      guard.update(message.rules);
      break;
    case "lost": {
      const leases = new Set(message.leases.map(leaseKey));
      for (const { ref } of destinations.values()) ref.tell({ type: "lost", leases });
      break;
    }
    case "drain":
      void drain();
      break;
  }
});

setInterval(closeIdle, IDLE_ROUND_MS).unref();
setInterval(() => slots.nextRound(), ANSWERING_ROUND_MS).unref();
new LoopDelay(({ p99 }) => {
  gauges.delayMicros = p99 * 1000;
});
const lag = new LoopLag((lagMs, nextMs) => gauges.beat(lagMs, nextMs));

function route(job: LeasedJob): void {
  const origin = originOf(job);
  const known = destinations.get(origin) ?? open(origin);
  if (!known.ref.tell({ type: "deliver", job })) context.giveUp([job], "handBack");
}

/** A task whose URL cannot be filled any more gets its error in the delivery; any origin will do for that. */
function originOf(job: LeasedJob): string {
  try {
    return filledUrl(job).origin;
  } catch {
    return "http://invalid";
  }
}

function open(origin: string) {
  const actor = new Destination(origin, context);
  const ref = spawn<DestinationMessage>(actor, {
    name: `destination ${origin}`,
    mailbox: MAILBOX,
    // A failed destination hands back what waits in it and ends; the next job makes a new one.
    onFailure: (_, message) => {
      if (message.type === "deliver") context.giveUp([message.job], "handBack");
    },
    // It may have been closed as idle, and opened again since.
    onEnd: () => destinations.get(origin)?.ref === ref && destinations.delete(origin),
  });
  const entry = { ref, actor };
  destinations.set(origin, entry);
  return entry;
}

function closeIdle(): void {
  for (const [origin, { ref, actor }] of destinations) {
    if (!actor.idle || ref.size > 0) continue;
    destinations.delete(origin);
    void ref.stop();
  }
}

async function drain(): Promise<void> {
  for (const { ref } of destinations.values()) ref.tell({ type: "handBack" });
  // A destination ends when the calls that are in flight have ended.
  await Promise.all(Array.from(destinations.values(), ({ ref }) => ref.stop()));
  putBack.drain();
  flush();
  post({ type: "drained" });
}

function flush(): void {
  if (outcomes.length === 0) return;
  flushedAt = performance.now();
  post({ type: "outcomes", outcomes });
  outcomes = [];
}

function post(message: FromThread): void {
  port?.postMessage(message);
}
