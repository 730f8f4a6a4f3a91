/** Starts what the chosen workloads need, and runs them in turn. */
import { setTimeout as pause } from "node:timers/promises";
import { Child } from "../kit/child.ts";
import { now } from "../kit/clock.ts";
import * as servers from "../kit/servers.ts";
import type { Load, LoadPlan } from "../load/generator.ts";
import { type Cell, inTurns, type Measured, type Say } from "../measure.ts";
import type { Options } from "../options.ts";
import { startBullmqBare } from "../peers/bullmq-bare/index.ts";
import { startBullmqStack } from "../peers/bullmq-stack/index.ts";
import { startGraphileWorker } from "../peers/graphile-worker/index.ts";
import { limit } from "../peers/limit/index.ts";
import type { Result } from "../result.ts";
import { Bench } from "../round.ts";
import { Bida } from "../systems/bida.ts";
import type { System } from "../systems/system.ts";
import { usageAtRate, usageIdle } from "./rates.ts";
import { backlog, hanging, latency, memory, retryLateness, storm, withoutBreakers } from "./special.ts";

const RATES = [50, 200, 500, 1_000];
/** Before idle processes are measured, in ms. */
const SETTLING = 3_000;
const BATCH = { batch: 100, connections: 4 };

export async function runWorkloads(options: Options, result: Result, say: Say): Promise<void> {
  const run = new Run(options, result, say);
  try {
    await run.start();
    await run.throughput();
    await run.rates();
    await run.latency();
    await run.lateness();
    await run.nodes();
    await run.backlog();
    await run.destinations();
    await run.storm();
    await run.hanging();
  } finally {
    await run.stop();
  }
}

class Run {
  readonly #options: Options;
  readonly #result: Result;
  readonly #say: Say;
  readonly #stops: (() => Promise<unknown>)[] = [];
  readonly #peers = new Map<string, System>();
  #bench!: Bench;
  #embedded!: Bida;
  #cluster!: Bida;
  #redisUrl = "";

  constructor(options: Options, result: Result, say: Say) {
    this.#options = options;
    this.#result = result;
    this.#say = say;
  }

  async start(): Promise<void> {
    const { peers, only } = this.#options;
    this.#bench = this.#kept(await Bench.start());
    const [mariadb, redis, nats] = await Promise.all([
      servers.mariadb(),
      servers.redis("everysec"),
      servers.nats(),
    ]);
    for (const server of [mariadb, redis, nats]) this.#kept(server);
    this.#redisUrl = redis.url;
    if (peers.has("d")) this.#peers.set("limit", limit);
    if (peers.has("a")) {
      this.#add(await startBullmqStack("bullmq-stack", mariadb, this.#kept(await servers.redis("default"))));
      if (only.has("latency") || only.has("single"))
        this.#add(
          await startBullmqStack("bullmq-always", mariadb, this.#kept(await servers.redis("always"))),
        );
    }
    if (peers.has("b")) this.#add(await startBullmqBare(this.#kept(await servers.redis("default"))));
    if (peers.has("c")) {
      const postgres = await servers.postgres();
      if (postgres) this.#add(await startGraphileWorker(this.#kept(postgres)));
      else this.#result.skipped.push("graphile-worker: PostgreSQL is not installed");
    }
    this.#embedded = this.#kept(await Bida.start({ servers: null }));
    this.#cluster = this.#kept(await Bida.start({ servers: { mariadb, redis, nats } }));
    await this.#generator();
  }

  async stop(): Promise<void> {
    // Nodes before their servers.
    for (const stop of this.#stops.reverse()) await stop().catch((error) => this.#say(String(error)));
  }

  /** Of all systems in turn, what the options ask for. */
  async throughput(): Promise<void> {
    const { quick, only } = this.#options;
    const cells: Cell[] = [];
    const all = [...this.#peers.values(), this.#embedded, this.#cluster];
    for (const system of all) {
      const bida = system === this.#embedded || system === this.#cluster;
      const add = (name: string, plan: Cell["plan"], warmUp?: number) =>
        cells.push({ key: `${system.name}.${name}`, system, plan, ...(warmUp ? { warmUp } : {}) });
      // Of the one that is as durable as Bida only the row that is compared.
      if (system.name === "bullmq-always") {
        if (only.has("single")) add("single", { via: "http" });
        continue;
      }
      if (only.has("single") && system.submitters.http)
        add("single", { via: "http", ...(system === limit ? { connections: 128 } : {}) });
      if (only.has("batch") && system.submitters.bulk) add("batch", { via: "bulk", ...BATCH });
      if (only.has("batch") && system.submitters.http && system !== limit && (!quick || bida))
        add("batch", { via: "http", ...BATCH });
      if (only.has("rpc") && system.submitters.rpc) {
        add("rpc", { via: "rpc" });
        add("rpc-batch", { via: "rpc", ...BATCH });
      }
      const stack = bida || system.name === "bullmq-stack";
      if (only.has("failures") && stack) {
        add("fail-1%", { via: "http", behaviour: "f1" });
        add("fail-30%", { via: "http", behaviour: "f30" });
      }
      if (only.has("payloads") && stack) {
        add("10KB", { via: "http", payload: 10_000 });
        add("200KB", { via: "http", payload: 200_000, connections: 16 }, 100);
      }
    }
    if (cells.length === 0) return;
    this.#say("throughput, systems in turn");
    const [rounds, seconds] = quick ? [3, 1.7] : [5, 3];
    const found = await inTurns(this.#bench, cells, rounds, seconds, this.#say);
    for (const measured of found) this.#keep(measured);
  }

  /** Cores in use far below saturation, and by doing nothing. */
  async rates(): Promise<void> {
    if (!this.#options.only.has("rates")) return;
    this.#say("cores in use, open loop");
    const { quick } = this.#options;
    const seconds = quick ? 6 : 15;
    const stack = this.#peers.get("bullmq-stack");
    const systems = [this.#cluster, this.#embedded, ...(stack ? [stack] : [])];
    // As warm as processes are that have run for a while.
    for (const system of systems) await this.#bench.round(system, { via: "http", count: 3_000 });
    for (const rate of RATES) {
      for (const system of systems) {
        const found = await usageAtRate(this.#bench, system, rate, seconds);
        this.#result.rates[`${system.name}@${rate}`] = found;
        this.#problems(`${system.name}, ${rate}/s`, found.problems);
        this.#say(`  ${system.name}@${rate} ${found.cores.toFixed(3)} cores`);
      }
    }
    // What was begun is ended: outcomes recorded, statistics summed up.
    await pause(SETTLING);
    for (const [name, found] of await usageIdle(systems, quick ? 20 : 60)) {
      this.#result.rates[`${name}@0`] = found;
      this.#say(`  ${name}, idle ${found.cores.toFixed(4)} cores`);
    }
  }

  async latency(): Promise<void> {
    if (!this.#options.only.has("latency")) return;
    this.#say("latency, open loop");
    const { quick } = this.#options;
    const always = this.#peers.get("bullmq-always");
    const stack = this.#peers.get("bullmq-stack");
    const peers = quick ? [always] : [stack, always];
    const systems = [this.#embedded, this.#cluster, ...peers].filter((one) => one !== undefined);
    if (always) await this.#bench.round(always, { via: "http", count: 1_500 });
    for (const rate of quick ? [1_000] : [200, 1_000, 3_000]) {
      for (const system of systems) {
        const found = await latency(this.#bench, system, rate, quick ? 4 : 10);
        this.#result.latency[`${system.name}@${rate}`] = found;
        this.#problems(`${system.name}, ${rate}/s`, found.problems);
        this.#say(`  ${system.name}@${rate} first call p99 ${found.firstCall.p99.toFixed(1)} ms`);
      }
    }
  }

  async lateness(): Promise<void> {
    if (!this.#options.only.has("lateness")) return;
    this.#say("retries at their time");
    const { quick } = this.#options;
    const systems = quick ? [this.#cluster] : [this.#embedded, this.#cluster];
    for (const bida of systems) {
      // So the destinations are known.
      await this.#bench.round(bida, { via: "http", count: 200 });
      await withoutBreakers(this.#bench, bida);
    }
    const stack = quick ? undefined : this.#peers.get("bullmq-stack");
    for (const system of [...systems, ...(stack ? [stack] : [])]) {
      const found = await retryLateness(this.#bench, system, 1_000, quick ? 4 : 10);
      this.#result.lateness[system.name] = found;
      this.#problems(`${system.name}, retries`, found.problems);
    }
  }

  /** Nodes that schedule and dispatch, beside the one with the API. */
  async nodes(): Promise<void> {
    if (!this.#options.only.has("nodes")) return;
    this.#say("nodes");
    const { quick } = this.#options;
    const [rounds, seconds] = quick ? [2, 1.7] : [5, 3];
    for (const nodes of quick ? [1, 2] : [1, 2, 3]) {
      if (nodes > 1) await this.#cluster.grow();
      await this.#measure(`cluster${nodes}.single`, rounds, seconds);
    }
    for (let nodes = quick ? 2 : 3; nodes > 1; nodes--) await this.#cluster.shrink();
  }

  async backlog(): Promise<void> {
    const { quick, only, backlog: count } = this.#options;
    if (!only.has("backlog")) return;
    const [rounds, seconds] = quick ? [2, 1.7] : [5, 3];
    const systems: [Bida, string | null][] = [[this.#cluster, this.#redisUrl]];
    if (!quick) systems.push([this.#embedded, null]);
    for (const [bida, redisUrl] of systems) {
      this.#say(`backlog of ${count}, ${bida.name}`);
      const cell = (name: string): Cell => ({
        key: `${bida.name}.${name}`,
        system: bida,
        plan: { via: "http" },
      });
      const [without] = await inTurns(this.#bench, [cell("no backlog")], rounds, seconds, this.#say);
      const rssBefore = memory(bida);
      const filled = await backlog(this.#bench, bida, redisUrl, count);
      const [loaded] = await inTurns(this.#bench, [cell("backlog")], rounds, seconds, this.#say);
      if (!without || !loaded) return;
      for (const measured of [without, loaded]) this.#check(measured);
      const rss = memory(bida);
      let startedAt = now();
      await bida.restart(async () => {
        startedAt = now();
      });
      const readyS = (now() - startedAt) / 1000;
      this.#result.backlog[bida.name] = { count, ...filled, without, with: loaded, rssBefore, rss, readyS };
    }
  }

  /** Batches with as many lanes as tasks, beside batches with one. */
  async destinations(): Promise<void> {
    const { quick, only } = this.#options;
    if (!only.has("destinations")) return;
    this.#say("destinations");
    const cells = [1, 10_000].map(
      (destinations): Cell => ({
        key: `cluster.${destinations} destinations`,
        system: this.#cluster,
        plan: { via: "http", destinations },
      }),
    );
    const [rounds, seconds] = quick ? [3, 3] : [5, 5];
    for (const found of await inTurns(this.#bench, cells, rounds, seconds, this.#say)) this.#keep(found);
  }

  async storm(): Promise<void> {
    if (!this.#options.only.has("storm")) return;
    this.#say("storm");
    for (const bida of [this.#embedded, this.#cluster]) {
      const found = await storm(this.#bench, bida, 100_000);
      this.#result.storm[bida.name] = found;
      this.#problems(`${bida.name}, storm`, found.problems);
    }
  }

  async hanging(): Promise<void> {
    if (!this.#options.only.has("hanging")) return;
    this.#say("one target hangs");
    for (const bida of [this.#embedded, this.#cluster]) {
      const found = await hanging(this.#bench, bida, 200, 10);
      this.#result.hanging[bida.name] = found;
      this.#problems(`${bida.name}, hanging`, [...found.with.problems, ...found.without.problems]);
    }
  }

  async #measure(key: string, rounds: number, seconds: number): Promise<void> {
    const cell: Cell = { key, system: this.#cluster, plan: { via: "http" } };
    const [found] = await inTurns(this.#bench, [cell], rounds, seconds, this.#say);
    if (found) this.#keep(found);
  }

  /** Whether the generator could be what limits: it is measured against a server that does nothing. */
  async #generator(): Promise<void> {
    const { child } = await Child.start(new URL("../load/generator.ts", import.meta.url));
    const port = await child.ask<number>("nullServer");
    const plan: LoadPlan = {
      submitter: { kind: "http", baseUrl: `http://127.0.0.1:${port}`, headers: {} },
      work: this.#bench.workOf({}),
      count: 10_000,
      batch: 1,
      connections: 64,
      rate: null,
    };
    for (let i = 0; i < 2; i++) {
      const load = await this.#bench.generator.ask<Load>("run", plan);
      this.#result.generatorPerSecond = (plan.count / (load.endedAt - load.startedAt)) * 1000;
    }
    await child.stop();
  }

  #keep(measured: Measured): void {
    this.#result.throughput[measured.key] = measured;
    this.#check(measured);
  }

  #check({ key, rounds }: Measured): void {
    for (const { problems } of rounds) this.#problems(key, problems);
  }

  #problems(where: string, problems: string[]): void {
    this.#result.problems.push(...problems.map((problem) => `${where}: ${problem}`));
  }

  #add(system: System): void {
    this.#peers.set(system.name, this.#kept(system));
  }

  #kept<T extends { stop(): Promise<unknown> }>(one: T): T {
    this.#stops.push(() => one.stop());
    return one;
  }
}
