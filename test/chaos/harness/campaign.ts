/** One run from start to verdict: a cluster, callers, faults one after another, and what came of it. */
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../e2e/kit/until.ts";
import { endedAmong, readDatabase } from "./database.ts";
import type { FaultContext, FaultKind, FaultRecord } from "./fault.ts";
import { Load } from "./load.ts";
import { Pulse } from "./pulse.ts";
import { Random } from "./random.ts";
import { startFarSide } from "./receiver.ts";
import { type Sampling, stallsIn } from "./samples.ts";
import { type Debt, disturbances, recoveries, stuck, touched, Watch } from "./service.ts";
import { System } from "./system.ts";
import { judge, type Verdict } from "./verdict.ts";

export interface Step {
  kind: FaultKind;
  /** How long an outage lasts, in ms. */
  outageMs: number;
  /** After service is normal again, before the next fault, in ms; null: the next one does not wait for that. */
  restMs: number | null;
}

export interface CampaignOptions {
  seed: number;
  schedulers: number;
  dispatchers: number;
  leaseMs: number;
  perSecond: number;
  /** The faults, in order. */
  steps: Iterable<Step>;
  sampling: Sampling;
  say(line: string): void;
}

export interface Campaign extends Verdict {
  seeds: number[];
  leaseMs: number;
  seconds: number;
  submitted: number;
  seats: string[];
  /** How often processes waited too long for their turn, outside of faults; see samples.ts and pulse.ts. */
  stalls: number;
  /** Calls that were owed for longer than {@link stuckAfter} when nothing was broken any more. */
  stuck: number;
  faults: (FaultRecord & { recoveryMs: number; last: string | null })[];
}

/** Service is normal again after a fault within this, in ms, or that is a violation. */
const RECOVERY_LIMIT = 120_000;
/** Others are owed nothing for longer than this while a fault lasts that must spare them, in ms: what a node hands back takes. */
const sparedLimit = (leaseMs: number) => 2 * leaseMs + 1_000;
/** Nobody waits longer than this after a fault, in ms: two leases, or the 15 s in which Redis is whole again and one more. */
const stuckAfter = (leaseMs: number) => Math.max(2 * leaseMs, 15_000 + leaseMs);
/** All that was accepted has ended after the last fault within this, in ms. */
const DRAIN_LIMIT = 180_000;
const ORIGINS = 4;
/** Between two looks, in ms: looking costs, and all traffic of the cluster passes through this process. */
const LOOK = 250;

export async function campaign(options: CampaignOptions): Promise<Campaign> {
  const { seed, leaseMs, say, steps, perSecond } = options;
  const random = new Random(seed);
  const far = await startFarSide(ORIGINS);
  const system = await System.start(options);
  const startedAt = Date.now();
  say(`seed ${seed}; lease ${leaseMs} ms; nodes: ${system.seats.map(({ name }) => name).join(", ")}`);
  const load = new Load({
    baseUrl: system.balancer.url,
    origins: far.origins,
    random: new Random(seed + 1),
    perSecond,
  });
  const watch = new Watch(load.submissions, far.ledger);
  const broken: string[] = [];
  const faults: FaultRecord[] = [];
  const broke = (what: string) => {
    broken.push(what);
    say(`✗ ${what}`);
  };
  const calm = (what: string): Promise<boolean> =>
    until(what, () => isCalm(watch, system), RECOVERY_LIMIT, LOOK).catch((error: Error) => {
      const owed = watch.overdue().slice(0, 5);
      broke(`${error.message}; owed: ${owed.map((debt) => debt.what)}`);
      return false;
    });

  const pulse = new Pulse(far, leaseMs);
  pulse.start();
  load.start();
  await pause(1_000);
  await calm("normal service before the first fault");
  for (const step of steps) {
    if (step.kind.needs?.(system) === false) {
      say(`${step.kind.name} is left out: this machine lacks what it needs`);
      continue;
    }
    // What it must spare has to be whole before.
    if (step.kind.spares && !(await calm(`normal service before ${step.kind.name}`))) break;
    const context: FaultContext = {
      ...{ system, load, far, random, leaseMs, outageMs: step.outageMs },
      violation: broke,
    };
    const fault = await inflict(step, context);
    faults.push(fault);
    const took = ((fault.endedAt - fault.startedAt) / 1000).toFixed(1);
    say(`${stamp(fault.startedAt - startedAt)}  ${fault.kind} (${fault.target}), ${took} s`);
    if (step.restMs === null) continue;
    // What a fault breaks may show a moment later: no sooner than a lease runs out, in the worst case.
    await pause(500);
    // Where service does not come back, nothing is learned from more faults.
    if (!(await calm(`normal service after ${fault.kind}`))) break;
    await pause(step.restMs);
  }
  await load.stop();
  await calm("all that is owed");
  const loadEndedAt = Date.now();
  await drained(system, broken);
  await pulse.stop();
  const database = await readDatabase(system.databaseUrl);
  broken.push(...system.deaths, ...load.surprises, ...system.seats.flatMap(({ unexpected }) => unexpected));
  const ends = await system.stop();
  for (const [i, how] of ends.entries())
    if (how !== "exit 0") {
      const { name, node } = system.seats[i] as (typeof system.seats)[number];
      broken.push(`SIGTERM at the end: ${name}: ${how}; its last words: ${node.log.slice(-1000)}`);
    }
  await far.stop();

  const { submissions } = load;
  const seats = system.seats.map(({ name }) => name);
  const stalls = [...stallsIn(options.sampling, seats, leaseMs), ...pulse.stalls];
  // The machine last: what a fault explains is the fault's.
  const excusing = [...stalls, ...faults];
  const { undone } = system;
  const evidence = { submissions, ledger: far.ledger, ...database, faults: excusing, undone, leaseMs };
  const verdict = judge(evidence);
  const debts = disturbances(submissions, far.ledger, loadEndedAt);
  const times = recoveries(faults, debts, leaseMs, loadEndedAt);
  for (const fault of faults.filter(({ spares }) => spares)) {
    const others = touched(fault, faults, debts, stalls, sparedLimit(leaseMs), loadEndedAt);
    if (others.length > 0) broken.push(`${fault.kind} touched others: ${shown(others, loadEndedAt)}`);
  }
  const behind = stuck(faults, debts, stalls, stuckAfter(leaseMs), loadEndedAt);
  if (behind.length > 0) broken.push(`stayed behind: ${shown(behind, loadEndedAt)}`);
  return {
    ...verdict,
    violations: [...broken.map((what) => ({ what, taskId: null, seen: [] })), ...verdict.violations],
    seeds: [seed],
    stuck: behind.length,
    leaseMs,
    seconds: Math.round((loadEndedAt - startedAt) / 1000),
    submitted: submissions.length,
    seats,
    stalls: stalls.filter((stall) => !faults.some((fault) => covers(fault, stall))).length,
    faults: faults.map((fault, i) => ({
      ...fault,
      ...(times[i] as { recoveryMs: number; last: string | null }),
    })),
  };
}

/** Nobody is owed anything. */
async function isCalm(watch: Watch, system: System): Promise<boolean> {
  const owed = watch.overdue().flatMap(({ taskId }) => taskId ?? []);
  if (owed.length > 0) watch.ended(await endedAmong(system.databaseUrl, owed).catch(() => []));
  return watch.overdue().length === 0;
}

async function inflict({ kind }: Step, context: FaultContext): Promise<FaultRecord> {
  const { name, excuses, outage, spares = false } = kind;
  const startedAt = Date.now();
  const target = await kind.run(context);
  return { kind: name, target, startedAt, endedAt: Date.now(), outage, excuses, spares };
}

/** Whether a process was frozen on purpose, or was just starting, at that time. */
const covers = (fault: FaultRecord, { startedAt, endedAt }: FaultRecord): boolean =>
  fault.startedAt <= endedAt && fault.endedAt + 10_000 >= startedAt;

/** Every task of the database has ended. */
async function drained(system: System, broken: string[]): Promise<void> {
  const open = async () => {
    const { tasks } = await readDatabase(system.databaseUrl);
    return tasks.every(({ state }) => state !== "pending");
  };
  await until("every task to end", open, DRAIN_LIMIT, LOOK).catch((error: Error) =>
    broken.push(error.message),
  );
}

function shown(debts: Debt[], now: number): string {
  const lines = debts.slice(0, 5).map(({ what, from, to }) => {
    const at = new Date(from).toISOString().slice(11, 23);
    return `${what}, owed since ${at}, ${to === null ? "not paid" : "paid"} after ${(to ?? now) - from} ms`;
  });
  return `${debts.length} debts: ${lines.join("; ")}`;
}

const stamp = (ms: number) =>
  `${String(Math.floor(ms / 60_000)).padStart(2)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
