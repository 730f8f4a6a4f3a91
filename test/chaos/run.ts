/** `npm run chaos`: random faults from a printed seed on a real cluster, for as long as is asked for. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../servers/server.ts";
import { type Campaign, campaign, type Step } from "./harness/campaign.ts";
import { FAULTS } from "./harness/faults.ts";
import { Random } from "./harness/random.ts";
import { accusations, tables, together, writeInto } from "./harness/report.ts";

const USAGE = `npm run chaos -- [options]

Kills, freezes, cuts and floods a real cluster at random, and compares what callers and the receiver saw with the
database. Exit code 0: every promise was kept; 1: the violations are listed; 2: the options are wrong.

  --minutes N      how long faults go on (default 20)
  --seed N         repeats the faults of another run (default: by chance; it is printed)
  --rate N         tasks per second (default 20)
  --lease N        BIDA_LEASE_MS (default 3000)
  --only TEXT      only faults whose name contains it; several texts with commas between them
  --json FILE      writes the result there (default chaos-result.json)
  --from FILES     runs nothing: takes the results of earlier runs from these files, with commas between them
  --write-docs     puts the table into docs/reliability.md and its translation
  --list           prints the names of all faults
  --help
`;

type Result = Campaign & { command: string };

const DOCS = ["docs/reliability.md", "docs/zh-CN/reliability.md"];
const ROOT = join(import.meta.dirname, "../..");

function options() {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: "string", default: "20" },
        seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
        rate: { type: "string", default: "20" },
        lease: { type: "string", default: "3000" },
        only: { type: "string", default: "" },
        json: { type: "string", default: "chaos-result.json" },
        "write-docs": { type: "boolean", default: false },
        from: { type: "string", default: "" },
        list: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const [minutes, seed, rate, lease] = [values.minutes, values.seed, values.rate, values.lease].map(
      Number,
    ) as [number, number, number, number];
    if (!(minutes > 0)) throw new Error("--minutes must be a number above 0");
    if (!Number.isSafeInteger(seed)) throw new Error("--seed must be a whole number");
    if (!(rate > 0 && rate <= 1000)) throw new Error("--rate must be a number up to 1000");
    if (!(lease >= 1000)) throw new Error("--lease must be at least 1000");
    return { ...values, minutes, seed, rate, lease };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** Faults by chance until the time is up; every kind comes before one comes again. */
function* byChance(random: Random, minutes: number, only: string): Generator<Step> {
  const kinds = FAULTS.filter(({ name }) => only.split(",").some((part) => name.includes(part)));
  const end = performance.now() + minutes * 60_000;
  // Minutes of outage belong into runs that are long enough for other things to happen too.
  const longMs = minutes >= 10 ? 120_000 : 20_000;
  for (let deck = random.shuffled(kinds); performance.now() < end; deck = random.shuffled(kinds)) {
    for (const kind of deck) {
      if (performance.now() >= end) return;
      const outageMs = random.next() < 0.15 ? longMs : random.whole(5_000, 15_000);
      yield { kind, outageMs, restMs: random.next() < 0.15 ? null : random.whole(500, 5_000) };
    }
  }
}

const given = options();
if (given.help) {
  console.log(USAGE);
  process.exit(0);
}
if (given.list) {
  console.log(FAULTS.map(({ name }) => name).join("\n"));
  process.exit(0);
}
if (given.from !== "") {
  const results = given.from.split(",").map((file) => JSON.parse(readFileSync(file, "utf8")) as Result);
  show(results.map(({ command }) => command).join("; "), together(results));
}
const command = `npm run chaos -- --minutes ${given.minutes} --seed ${given.seed}${given.only && ` --only "${given.only}"`}`;
console.log(command);
const run = await campaign({
  seed: given.seed,
  schedulers: 2,
  dispatchers: 3,
  leaseMs: given.lease,
  perSecond: given.rate,
  steps: byChance(new Random(given.seed), given.minutes, given.only),
  sampling: { folder: temporaryFolder("chaos"), everyMs: 1_000 },
  say: (line) => console.log(line),
});
writeFileSync(given.json, `${JSON.stringify({ command, ...run }, null, 2)}\n`);
console.log(`\n${given.json} has it all.`);
show(command, run);

/** Prints what came of it, writes it into the documents where that is asked for, and ends the process. */
function show(command: string, result: Campaign): never {
  console.log(`\n${tables(result)}\n\n${accusations(result)}`);
  if (given["write-docs"])
    for (const file of DOCS) writeInto(join(ROOT, file), "chaos", `\`${command}\`\n\n${tables(result)}`);
  process.exit(result.violations.length === 0 ? 0 : 1);
}
