/** One round: work is handed to one system, and it ends when everything was delivered and recorded, and was checked. */
import { loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { Child } from "./kit/child.ts";
import { now } from "./kit/clock.ts";
import { type Quantiles, quantilesOf } from "./kit/figures.ts";
import { type Costs, measuring } from "./kit/usage.ts";
import type { Load, LoadPlan } from "./load/generator.ts";
import type { Ledger } from "./load/receiver.ts";
import { type Behaviour, callsNeeded, type Work } from "./load/work.ts";
import type { System } from "./systems/system.ts";

export interface RoundPlan {
  via: "http" | "rpc" | "bulk";
  count: number;
  batch?: number;
  connections?: number;
  rate?: number | null;
  behaviour?: Behaviour;
  payload?: number;
  destinations?: number;
  firstDestination?: number;
  /** Other rounds' tasks may be open at the end of this one. */
  unfinished?: boolean;
  retryDelayMs?: number;
}

export interface RoundResult {
  system: string;
  count: number;
  /** From the first request to the last record. */
  seconds: number;
  /** Delivered and recorded per second. */
  perSecond: number;
  /** Accepted per second, while requests were sent. */
  acceptedPerSecond: number;
  calls: number;
  /** Calls beyond those that were needed. At-least-once allows them; none are expected while nothing dies. */
  extraCalls: number;
  refused: number;
  /** ms from the time at which it was, or should have been, sent. */
  accept: Quantiles;
  firstCall: Quantiles;
  /** ms from the answer to the first call: negative where the call was faster than the answer. */
  acceptToCall: Quantiles;
  costs: Costs;
  /** CPU time of all of the system's processes per callback, servers included, in µs. */
  cpuUs: number;
  problems: string[];
  loadAverage: number;
}

/** Between two looks at whether all is recorded, in ms. */
const LOOK = 10;
/** Without a single delivery for so long a round is lost. */
const PATIENCE_MS = 60_000;

/** Processes of the bench itself; what they take is no cost of the system's. */
export const OUTSIDE: ReadonlySet<string> = new Set(["receiver", "generator"]);

let rounds = 0;

export class Bench {
  readonly receiver: Child;
  readonly generator: Child;
  readonly receiverPort: number;

  private constructor(receiver: Child, receiverPort: number, generator: Child) {
    this.receiver = receiver;
    this.receiverPort = receiverPort;
    this.generator = generator;
  }

  static async start(): Promise<Bench> {
    const [receiver, generator] = await Promise.all([
      Child.start<number>(new URL("load/receiver.ts", import.meta.url)),
      Child.start(new URL("load/generator.ts", import.meta.url)),
    ]);
    return new Bench(receiver.child, receiver.answer, generator.child);
  }

  async stop(): Promise<void> {
    await Promise.all([this.receiver.stop(), this.generator.stop()]);
  }

  workOf(plan: Partial<RoundPlan>): Work {
    return {
      round: ++rounds,
      behaviour: plan.behaviour ?? "ok",
      payload: plan.payload ?? 200,
      destinations: plan.destinations ?? 16,
      firstDestination: plan.firstDestination ?? 0,
      receiverPort: this.receiverPort,
      retryDelayMs: plan.retryDelayMs ?? 200,
    };
  }

  /** @returns also the ledger and the load, for who wants to know more */
  async round(system: System, plan: RoundPlan): Promise<RoundResult & { ledger: Ledger; load: Load }> {
    const { count } = plan;
    const submitter = system.submitters[plan.via];
    if (!submitter) throw new Error(`${system.name} has no submitter ${plan.via}`);
    const work = this.workOf(plan);
    const { round } = work;
    await this.receiver.ask("open", { round, capacity: count });
    const pids = new Map([
      ...system.pids(),
      ["receiver", this.receiver.pid],
      ["generator", this.generator.pid],
    ]);
    const costs = measuring(pids);
    const since = Date.now() - 1;
    const load = await this.generator.ask<Load>("run", {
      submitter,
      work,
      count,
      batch: plan.batch ?? 1,
      connections: plan.connections ?? 64,
      rate: plan.rate ?? null,
    } satisfies LoadPlan);
    const problems: string[] = [];
    const handed = { round, count, since, alone: !plan.unfinished };
    if (await this.#delivered(round, count)) await this.#recorded(system, handed, problems);
    const endedAt = now();
    const spent = costs(count);
    const ledger = await this.receiver.ask<Ledger>("close", { round });
    problems.push(...lost(ledger, count), ...(await system.verify(handed, ledger)));
    const seconds = (endedAt - load.startedAt) / 1000;
    const calls = ledger.calls.reduce((sum, n) => sum + n, 0);
    const needed = Array.from({ length: count }, (_, seq) => callsNeeded(work.behaviour, seq));
    return {
      system: system.name,
      count,
      seconds,
      perSecond: count / seconds,
      acceptedPerSecond: (count / (load.endedAt - load.startedAt)) * 1000,
      calls,
      extraCalls: calls - needed.reduce((sum, n) => sum + n, 0),
      refused: load.refused,
      accept: quantilesOf(load.accepted.map((at, i) => at - (load.submitted[i] as number))),
      firstCall: quantilesOf(ledger.first.map((at, i) => at - (load.submitted[i] as number))),
      acceptToCall: quantilesOf(ledger.first.map((at, i) => at - (load.accepted[i] as number))),
      costs: spent,
      cpuUs: Object.entries(spent).reduce(
        (sum, [role, cost]) => sum + (OUTSIDE.has(role) ? 0 : cost.cpuPer1000 * 1_000),
        0,
      ),
      problems,
      loadAverage: loadavg()[0] as number,
      ledger,
      load,
    };
  }

  /** Waits for the receiver; gives up when nothing moves any more. */
  async #delivered(round: number, tasks: number): Promise<boolean> {
    for (let before = -1; ; ) {
      if (await this.receiver.ask<boolean>("wait", { round, tasks, withinMs: PATIENCE_MS })) return true;
      const done = await this.receiver.ask<number>("done", { round });
      if (done === before) return false;
      before = done;
    }
  }

  async #recorded(system: System, handed: Parameters<System["recorded"]>[0], problems: string[]) {
    const deadline = now() + PATIENCE_MS;
    while (!(await system.recorded(handed))) {
      if (now() > deadline) return void problems.push("not everything was recorded");
      await pause(LOOK);
    }
  }
}

function lost(ledger: Ledger, count: number): string[] {
  let [never, failed] = [0, 0];
  for (let seq = 0; seq < count; seq++) {
    if (ledger.calls[seq] === 0) never++;
    else if (ledger.succeeded[seq] === 0) failed++;
  }
  return [
    ...(never > 0 ? [`${never} accepted tasks were never called`] : []),
    ...(failed > 0 ? [`${failed} tasks were called and never succeeded`] : []),
  ];
}
