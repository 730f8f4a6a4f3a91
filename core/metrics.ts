/**
 * What a process counts, in Prometheus's terms. All metrics are defined here, so every layer can count and the
 * table in `docs/operations.md` has one source (a test compares the two). Main thread only: worker threads report in
 * their outcomes and their {@link ../actors/gauges.ts}.
 *
 * Labels have few values, known in advance: never a URL, a task's id or an app's name. On hot paths the children
 * (`labels()`) are made once: an observation then costs about 0.3 µs.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { EGRESS_RULES, type EgressRule } from "./egress.ts";

export const registry = new Registry();

const of = (name: string, help: string) => ({ name: `bida_${name}`, help, registers: [registry] });
const counter = (name: string, help: string) => new Counter(of(name, help));
const counterBy = <L extends string>(name: string, help: string, labelNames: L[]) =>
  new Counter({ ...of(name, help), labelNames });
const gauge = (name: string, help: string) => new Gauge(of(name, help));
const gaugeBy = <L extends string>(name: string, help: string, labelNames: L[]) =>
  new Gauge({ ...of(name, help), labelNames });
const histogramBy = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
  new Histogram({ ...of(name, help), labelNames, buckets });

/** Seconds, 1 ms to a minute. */
const SHORT = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Seconds, 1 ms to the longest `timeoutMs`. */
const CALL = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
/** Seconds, 1 ms to an hour: after an outage calls are late by its length. */
const LATENESS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500];

// Accepting

export const APIS = ["rest", "legacy", "rpc"] as const;
/** Through which API a task came, or a refusal went. */
export type Api = (typeof APIS)[number];

/** One child per API, made in advance: an alert on a rate needs the zero before the first event. */
const byApi = <T>(child: (api: Api) => T) =>
  Object.fromEntries(APIS.map((api) => [api, child(api)])) as Record<Api, T>;

const accepted = counterBy("tasks_accepted_total", "Tasks committed", ["api"]);
export const tasksAccepted = byApi((api) => zeroed(accepted.labels(api)));

const acceptDuration = histogramBy(
  "accept_duration_seconds",
  "From a checked request to its commit",
  ["api"],
  SHORT,
);
export const acceptSeconds = byApi((api) => acceptDuration.labels(api));

const handovers = counterBy(
  "handovers_total",
  "Tasks that were to go to a dispatcher without the due set, and what became of them",
  ["result"],
);
/** `queued`: no dispatcher asked for more in that moment. `ended`: nobody called them in time. Both are in the due set then. */
export const handedOver = {
  given: zeroed(handovers.labels("given")),
  queued: zeroed(handovers.labels("queued")),
  ended: zeroed(handovers.labels("ended")),
};

export const refusals = counterBy("refusals_total", "Requests that were refused", ["api", "code"]);

const batchSize = histogramBy("commit_batch_size", "Items that shared a commit", ["kind"], SIZES);
const commitDuration = histogramBy("commit_duration_seconds", "One group commit", ["kind"], SHORT);

/** Measures group commits of one kind: wraps what writes a batch. */
export function measured<T, R>(
  kind: "accept" | "record",
  flush: (items: T[]) => Promise<R>,
): (items: T[]) => Promise<R> {
  const [size, duration] = [batchSize.labels(kind), commitDuration.labels(kind)];
  return async (items) => {
    const startedAt = performance.now();
    const result = await flush(items);
    size.observe(items.length);
    duration.observe((performance.now() - startedAt) / 1000);
    return result;
  };
}

export const dubboConnections = gauge("dubbo_connections", "Connections of Dubbo consumers");

// Calls

export const calls = counterBy("calls_total", "Calls that ended", ["outcome", "code"]);
export const callDuration = histogramBy(
  "call_duration_seconds",
  "From the connection to the last byte",
  ["outcome"],
  CALL,
);
export const callPhases = histogramBy(
  "call_phase_seconds",
  "Where a call's time went: the phases that it came to",
  ["phase"],
  CALL,
);
export const callLateness = histogramBy(
  "call_lateness_seconds",
  "Start of a call minus the time it was due",
  ["rank"],
  LATENESS,
);
export const callsInFlight = gauge("calls_in_flight", "Calls under way");
export const callsAllowed = gauge(
  "calls_allowed",
  "Calls that may be under way: fewer than threads × concurrency while the machine has no more sockets",
);
export const jobsHeld = gauge("jobs_held", "Jobs this dispatcher has a lease on");
export const jobsCapacity = gauge("jobs_capacity", "Jobs it may hold");
export const staleConnections = counter(
  "stale_connections_total",
  "Kept connections that the target had closed; the request was sent again on a new one",
);
const givenUp = counterBy("jobs_given_up_total", "Jobs that ended here without a call", ["why"]);
export const jobsGivenUp = {
  lost: zeroed(givenUp.labels("lost")),
  untrusted: zeroed(givenUp.labels("untrusted")),
  handBack: zeroed(givenUp.labels("handed_back")),
  putBack: zeroed(givenUp.labels("put_back")),
  crashed: zeroed(givenUp.labels("crashed")),
};
export const drainingNow = gauge(
  "dispatcher_draining",
  "1: it takes no more jobs and finishes those it holds",
);
export const outcomesBuffered = gauge("outcomes_buffered", "Outcomes that are not on record yet");
export const outcomesOldest = gauge("outcomes_oldest_age_seconds", "How long the oldest of them has waited");
export const leasesLost = counter("leases_lost_total", "Leases of this dispatcher that others took");
const blockedBy = counterBy(
  "egress_blocked_total",
  "Calls that were not made, because their target may not be reached",
  ["rule"],
);
export const egressBlocked = Object.fromEntries(
  EGRESS_RULES.map((rule) => [rule, zeroed(blockedBy.labels(rule))]),
) as Record<EgressRule, ReturnType<typeof blockedBy.labels>>;
export const threadCrashes = counter("thread_crashes_total", "Worker threads that died and were replaced");
export const threadDelay = gaugeBy(
  "thread_event_loop_delay_seconds",
  "99th percentile of the last seconds, per worker thread",
  ["thread"],
);

// Scheduling

export const due = gaugeBy("due", "Entries of the due set, of the whole cluster", ["place"]);
export const retryPace = gauge(
  "retry_pace",
  "Retries per second that it may take; less while event loops are late",
);
export const claimsParked = gauge("claims_parked", "Claims of dispatchers that wait for work");
export const leasesRecovered = counter("leases_recovered_total", "Leases that ran out and were taken back");
const reconciledBy = counterBy("reconciled_tasks_total", "Tasks that the due set lacked", ["round"]);
export const reconciled = {
  usual: zeroed(reconciledBy.labels("usual")),
  rebuild: zeroed(reconciledBy.labels("rebuild")),
};
export const rebuilds = counter("due_rebuilds_total", "Times the due set was built anew");
export const dueRepairs = counterBy(
  "due_repairs_total",
  "What the due set had counted or remembered wrongly, and was put right",
  ["kind"],
);
export const attemptsDropped = counter(
  "attempts_dropped_total",
  "Outcomes of attempts that were on record already",
);

export const CHANGES = ["succeeded", "exhausted", "canceled", "resolved", "retried"] as const;
/** What can become of a task; `retried`: by hand. */
export type Change = (typeof CHANGES)[number];
const changes = counterBy("task_changes_total", "State changes of tasks that are on record", ["change"]);
export const taskChanges = Object.fromEntries(
  CHANGES.map((change) => [change, zeroed(changes.labels(change))]),
) as Record<Change, ReturnType<typeof changes.labels>>;

export const breakers = gaugeBy(
  "breakers",
  "Destinations whose breaker is not closed, of the whole cluster",
  ["state"],
);
const breakerChangesBy = counterBy("breaker_changes_total", "Breakers that opened or closed", ["change"]);
export const breakerChanges = {
  opened: zeroed(breakerChangesBy.labels("opened")),
  closed: zeroed(breakerChangesBy.labels("closed")),
};

// What we depend on

const retries = counterBy("database_retries_total", "Transactions that ran again", ["reason"]);
export const databaseRetries = {
  deadlock: zeroed(retries.labels("deadlock")),
  lockWait: zeroed(retries.labels("lock_wait")),
  busy: zeroed(retries.labels("busy")),
};
export const databasePool = gaugeBy("database_connections", "Connections of this node", ["state"]);
export const contact = gaugeBy("contact", "1: works; 0: contact is lost", ["part"]);
export const contactLost = gaugeBy("contact_lost_seconds", "How long contact has been lost by now", ["part"]);
export const contactLosses = counterBy("contact_losses_total", "How often contact was lost", ["part"]);

export const foreignNodes = gauge(
  "foreign_nodes",
  "Nodes of other installations on the same NATS; nothing is asked of them",
);
export const packetsRefused = counterBy(
  "packets_refused_total",
  "Packets from NATS that are not valid, and were dropped before anything was done with them",
  ["command"],
);
export const redisEvicts = gauge("redis_evicts", "1: Redis may evict keys (its maxmemory-policy)");

// The node

export const nodeInfo = gaugeBy("node_info", "1, with the node's version and services", [
  "version",
  "services",
]);
export const eventLoopDelay = gaugeBy(
  "event_loop_delay_seconds",
  "Main thread, quantiles of the last seconds",
  ["quantile"],
);

/**
 * Prometheus's library samples the event loop every 10 ms for these, and each sample wakes the process: that was most of what
 * an idle node cost. `bida_event_loop_delay_seconds` says the same for less.
 */
const SAMPLED = ["min", "max", "mean", "stddev", "p50", "p90", "p99"].map(
  (what) => `nodejs_eventloop_lag_${what}_seconds`,
);
const SELDOM_MS = 3_600_000;

/** Node's and the process's own: `process_…`, `nodejs_…`, named as every Node program names them. */
export function collectProcessMetrics(): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SELDOM_MS });
  for (const name of SAMPLED) registry.removeSingleMetric(name);
}

/** A counter's child that is there before its first event. */
function zeroed<T extends { inc(value?: number): void }>(child: T): T {
  child.inc(0);
  return child;
}
