/** `npm run soak`: a steady load with failing targets and no faults. Does any process grow, does its loop keep turning? */
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../servers/server.ts";
import { campaign } from "./harness/campaign.ts";
import type { FaultKind } from "./harness/fault.ts";
import { accusations, grid } from "./harness/report.ts";
import { type Sample, samplesOf } from "./harness/samples.ts";
import { slopeOf } from "./harness/slope.ts";

const USAGE = `npm run soak -- [options]

Runs a cluster under a steady load, part of whose targets fail, hang, reset or pour. Prints each process's memory (RSS, and
what its heaps hold), their slopes (linear regression, the first fifth left out) and its event loops' delay. Before each look
garbage is collected: V8 leaves it lying for as long as there is room, which looks like growth for an hour. Exit code 1 where
a promise was broken, or where what a process holds, or its RSS, grows by more than --max-slope for certain (slope minus
twice its standard error).

  --minutes N      (default 15)
  --rate N         tasks per second (default 60)
  --seed N         of the load (default 1)
  --max-slope N    MB per hour (default 60)
  --help
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "15" },
    rate: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    "max-slope": { type: "string", default: "60" },
    help: { type: "boolean", default: false },
  },
});
const [minutes, rate, seed, maxSlope] = [values.minutes, values.rate, values.seed, values["max-slope"]].map(
  Number,
) as [number, number, number, number];
if (values.help || !(minutes > 0) || !(rate > 0) || !Number.isSafeInteger(seed) || !(maxSlope >= 0)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const MB = 1024 * 1024;
const sampling = {
  folder: temporaryFolder("soak"),
  everyMs: Math.min(5_000, (minutes * 60_000) / 40),
  collect: true,
};
const steady: FaultKind = {
  name: "steady load",
  excuses: [],
  outage: false,
  async run() {
    await pause(minutes * 60_000);
    return "all nodes";
  },
};

const run = await campaign({
  ...{ seed, schedulers: 2, dispatchers: 3, leaseMs: 10_000, perSecond: rate },
  steps: [{ kind: steady, outageMs: 0, restMs: 0 }],
  sampling,
  say: (line) => console.log(line),
});

/** What all threads of a process held at a time, by the last that each said of itself. */
function heldAt(samples: Sample[], time: number): number {
  const latest = new Map(
    samples.filter(({ at }) => at <= time).map(({ threadId, held }) => [threadId, held]),
  );
  return Array.from(latest.values()).reduce((sum, bytes) => sum + bytes, 0);
}

const growing: string[] = [];
const rows = run.seats.map((name) => {
  const samples = samplesOf(sampling, name);
  const main = samples.filter(({ threadId }) => threadId === 0);
  const held = main.map(({ at }) => ({ at, bytes: heldAt(samples, at) }));
  const grows = (what: string, points: { at: number; bytes: number }[]): string => {
    const settled = points.slice(Math.floor(points.length / 5));
    const { slope, error } = slopeOf(settled.map(({ at, bytes }) => [at / 3_600_000, bytes / MB] as const));
    if (slope - 2 * error > maxSlope)
      growing.push(`${name}: ${what} grows by ${slope.toFixed(0)} MB per hour`);
    return `${slope.toFixed(1)} ± ${(2 * error).toFixed(1)}`;
  };
  const worst = (of: (sample: Sample) => number) => Math.max(...samples.slice(1).map(of)).toFixed(1);
  const mb = (bytes: number | undefined) => ((bytes ?? 0) / MB).toFixed(0);
  const rss = main.map(({ at, rss: bytes }) => ({ at, bytes }));
  return [
    name,
    mb(rss[Math.floor(rss.length / 5)]?.bytes),
    mb(rss.at(-1)?.bytes),
    mb(Math.max(...rss.map(({ bytes }) => bytes))),
    grows("RSS", rss),
    mb(held.at(-1)?.bytes),
    grows("what it holds", held),
    worst(({ p99 }) => p99),
    worst(({ max }) => max),
  ];
});
console.log(
  `\n${run.submitted} tasks in ${(run.seconds / 60).toFixed(1)} min: ${run.delivered} delivered, ${run.exhausted} exhausted, ${run.lost} lost, ${run.duplicated} calls repeated\n`,
);
const head = [
  ...["process", "RSS MB begin", "end", "most", "MB per hour", "held MB, end", "MB per hour"],
  ...["loop delay ms, worst p99", "worst"],
];
console.log(grid(head, rows).join("\n"));
console.log(
  [accusations(run), ...growing.map((line) => `✗ ${line}`)].filter(Boolean).join("\n") || "\nno violations",
);
process.exit(run.violations.length + growing.length === 0 ? 0 : 1);
