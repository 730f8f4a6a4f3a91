/**
 * `npm run bench:latency [-- --mode embedded|cluster|both] [--count 500] [--gap 10]`: how long a callback takes on an
 * idle machine, one after another. The system runs in processes of its own; this process is caller and target both, so
 * one clock measures everything.
 */
import { parseArgs } from "node:util";
import { measure, type Sample } from "./latency-measure.ts";
import { type System, startCluster, startEmbedded } from "./latency-system.ts";
import { Target } from "./latency-target.ts";
import { quantile } from "./quantile.ts";

const SYSTEMS = { embedded: startEmbedded, cluster: startCluster };
const TARGET_MEDIAN_MS = { embedded: 5, cluster: 10 };
/** Calls before the measurement: connections are made and code is compiled. */
const WARM_UP = 50;

type Mode = keyof typeof SYSTEMS;

const { values } = parseArgs({
  options: {
    mode: { type: "string", default: "both" },
    count: { type: "string", default: "500" },
    gap: { type: "string", default: "10" },
  },
});

const modes: Mode[] = values.mode === "both" ? ["embedded", "cluster"] : [values.mode as Mode];
const [count, gapMs] = [Number(values.count), Number(values.gap)];
if (modes.some((mode) => !Object.hasOwn(SYSTEMS, mode)) || !(count >= 1) || !(gapMs >= 0)) {
  console.error("usage: npm run bench:latency -- [--mode embedded|cluster|both] [--count 500] [--gap 10]");
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
for (const mode of modes) await run(mode);

async function run(mode: Mode): Promise<void> {
  const target = await Target.start();
  let system: System | undefined;
  try {
    system = await SYSTEMS[mode]();
    await measure(system.baseUrl, target, WARM_UP, gapMs);
    report(mode, await measure(system.baseUrl, target, count, gapMs));
  } finally {
    await system?.stop();
    await target.stop();
  }
}

function report(mode: Mode, samples: Sample[]): void {
  console.log(`\n${mode}: ${samples.length} callbacks, one after another, ${gapMs} ms between them`);
  console.log(
    `${"ms".padEnd(24)}${["median", "p95", "p99", "max"].map((name) => name.padStart(9)).join("")}`,
  );
  const rows: [string, (sample: Sample) => number][] = [
    ["submit → 202", ({ submitted, accepted }) => accepted - submitted],
    ["202 → call arrives", ({ accepted, arrived }) => arrived - accepted],
    ["submit → call arrives", ({ submitted, arrived }) => arrived - submitted],
  ];
  for (const [name, of] of rows) {
    const sorted = samples.map(of).sort((a, b) => a - b);
    const figures = [0.5, 0.95, 0.99, 1].map((q) => quantile(sorted, q).toFixed(2).padStart(9));
    console.log(`${name.padEnd(24)}${figures.join("")}`);
  }
  const median = quantile(
    samples.map(({ accepted, arrived }) => arrived - accepted).sort((a, b) => a - b),
    0.5,
  );
  const kept = median < TARGET_MEDIAN_MS[mode];
  console.log(
    `median of 202 → call: ${kept ? "below" : "NOT below"} the aim of ${TARGET_MEDIAN_MS[mode]} ms`,
  );
}
