/**
 * How many outcomes a second the store records, as a scheduler does it: batches of 400, several transactions at once.
 *
 *   node bench/recording.ts [--tasks 40000] [--batch 400] [--concurrency 3] [--mysql]
 */
import { parseArgs } from "node:util";
import { systemClock } from "../core/clock.ts";
import { laneOf } from "../core/ids.ts";
import type { Outcome } from "../core/job.ts";
import { recordOutcomes } from "../store/record.ts";
import { closeDatabase, freshDatabase, given, KINDS, outcome } from "../test/store/fixtures.ts";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "40000" },
    batch: { type: "string", default: "400" },
    concurrency: { type: "string", default: "3" },
    lanes: { type: "string", default: "20" },
    mysql: { type: "boolean", default: false },
  },
});
const [count, size, concurrency, lanes] = [values.tasks, values.batch, values.concurrency, values.lanes].map(
  Number,
) as [number, number, number, number];

const kind = KINDS[values.mysql ? 1 : 0];
if (!kind) throw new Error("no such database");
const db = await freshDatabase(kind);

const outcomes: Outcome[] = [];
const acceptedAt = performance.now();
for (let i = 0; i < count; i += 500) {
  const tasks = await given(
    db,
    ...Array.from({ length: 500 }, (_, k) => ({ lane: laneOf(`http://t${k % lanes}`) })),
  );
  outcomes.push(...tasks.map((task, k) => outcome(task, 1, k % 10 === 0 ? "failed" : "succeeded")));
}
const accepted = count / ((performance.now() - acceptedAt) / 1000);

const batches: Outcome[][] = [];
for (let i = 0; i < outcomes.length; i += size) batches.push(outcomes.slice(i, i + size));
const startedAt = performance.now();
const worker = async () => {
  for (let batch = batches.shift(); batch; batch = batches.shift())
    await recordOutcomes(db, batch, systemClock, Math.random);
};
await Promise.all(Array.from({ length: kind.dialect === "sqlite" ? 1 : concurrency }, worker));
const recorded = count / ((performance.now() - startedAt) / 1000);
console.log(
  `${kind.name}: accepted ${Math.round(accepted)}/s in batches of 500, recorded ${Math.round(recorded)}/s in batches of ${size}`,
);
await closeDatabase(db);
process.exit();
