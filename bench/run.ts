/**
 * `npm run bench [-- --quick] [--only workload,…] [--peers a,b,c,d] [--json [file]]`: Bida and what people build instead, on the
 * same work in one run. See docs/performance.md. Exit code 1 where a task was lost.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { dirname, resolve } from "node:path";
import { machine } from "./machine.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { report } from "./report.ts";
import type { Result } from "./result.ts";
import { runWorkloads } from "./workloads/all.ts";

/** A quick run takes about five minutes, a whole one about thirty. */
const LIMIT_MINUTES = { quick: 20, whole: 90 };
const RESULTS = resolve(import.meta.dirname, "results");

function optionsOf(args: string[]): Options {
  try {
    const options = readOptions(args);
    if (options !== null) return options;
  } catch (error) {
    const { message } = error as Error;
    console.error(args.includes("--json") ? JSON.stringify({ error: message }) : `bench: ${message}`);
    process.exit(2);
  }
  process.stdout.write(HELP);
  process.exit(0);
}

const options = optionsOf(process.argv.slice(2));
const mode = options.quick ? "quick" : "whole";
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const startedAt = performance.now();
// Whatever hangs, the run ends, and its processes with it.
setTimeout(() => {
  console.error(`not finished within ${LIMIT_MINUTES[mode]} minutes: given up`);
  process.exit(1);
}, LIMIT_MINUTES[mode] * 60_000).unref();
const result: Result = {
  startedAt: new Date().toISOString(),
  quick: options.quick,
  machine: machine(),
  loadAverage: { before: os.loadavg(), after: [] },
  generatorPerSecond: 0,
  throughput: {},
  rates: {},
  latency: {},
  lateness: {},
  backlog: {},
  storm: {},
  hanging: {},
  skipped: [],
  problems: [],
  seconds: 0,
};
const say = options.json ? console.error : console.log;
say(
  `load average before: ${os
    .loadavg()
    .map((load) => load.toFixed(2))
    .join(" ")}`,
);
await runWorkloads(options, result, say);
result.loadAverage.after = os.loadavg();
result.seconds = (performance.now() - startedAt) / 1000;

const day = result.startedAt.slice(0, 16).replaceAll(":", "");
for (const file of [
  resolve(RESULTS, `${day}.json`),
  ...(options.whole ? [resolve(RESULTS, options.quick ? "latest-quick.json" : "latest.json")] : []),
  ...(options.file ? [resolve(options.file)] : []),
]) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
}
say(`\n${report(result)}\n\n${Math.round(result.seconds)} s`);
if (options.json) console.log(JSON.stringify(result));
process.exit(result.problems.length > 0 ? 1 : 0);
