/**
 * Hostile requests and answers, one kind per row: each gets what it should, costs little CPU time of the whole process, and does not
 * delay an innocent caller. @takes 200 s @timed
 */
import { existsSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "../e2e/kit/embedded.ts";
import { cpuSecondsOf } from "./kit/cpu.ts";
import { Innocent, type InnocentDelays } from "./kit/innocent.ts";
import { CPU_SECONDS, type Place, type Row } from "./kit/row.ts";
import { answerRows } from "./rows/answers.ts";
import { batchRows, bodyRows } from "./rows/bodies.ts";
import { declaredRows } from "./rows/declared.ts";
import { httpRows } from "./rows/http.ts";
import { listRows } from "./rows/lists.ts";
import { patternRows } from "./rows/patterns.ts";

const ROWS: Row[] = [
  ...bodyRows,
  ...batchRows,
  ...patternRows,
  ...answerRows,
  ...declaredRows,
  ...httpRows,
  ...listRows,
];

/** An innocent caller may wait so long, in ms: a machine that is busy with other tests has delays of its own. Without budgets it were 6 to 20 s. */
const DELAY = 5_000;

let place: Place;
let innocent: Innocent;
const measured: { name: string; cpu: number; delays: InnocentDelays }[] = [];

test.before(async () => {
  // One thread for calls: what holds it up holds up everybody's. Shares have a test of their own.
  const world = await startEmbedded({ BIDA_THREADS: "1", BIDA_CALLER_BYTES_PER_SECOND: "0" });
  const original = await world.submit({ url: world.receiver.url(), requestParam: { a: 1 } });
  await world.ended(original);
  const [hostile, other] = [await world.app("hostile"), await world.app("innocent")];
  place = { world, original, key: hostile.headers };
  innocent = new Innocent(world.baseUrl, other.headers);
  await innocent.delays();
});
test.after(async () => {
  const worst = (of: (row: (typeof measured)[number]) => number) =>
    measured.toSorted((a, b) => of(b) - of(a)).slice(0, 5);
  console.log(`\nhostile: ${measured.length} rows`);
  for (const row of worst(({ cpu }) => cpu)) console.log(`  ${row.cpu.toFixed(2)} CPU s: ${row.name}`);
  for (const row of worst(({ delays }) => delays.accept))
    console.log(`  ${row.delays.accept.toFixed(0)} ms until an innocent task is accepted: ${row.name}`);
  for (const row of worst(({ delays }) => delays.call))
    console.log(`  ${row.delays.call.toFixed(0)} ms until it is called: ${row.name}`);
  await innocent?.stop();
  await place?.world.stop();
});

test("there are at least 250 rows, each with a name of its own", () => {
  assert.ok(ROWS.length >= 250, String(ROWS.length));
  assert.is(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
});

for (const row of ROWS) {
  test(row.name, async () => {
    const pid = place.world.nodes[0]?.pid as number;
    const hasCpu = existsSync(`/proc/${pid}/stat`);
    const before = hasCpu ? cpuSecondsOf(pid) : 0;
    const seen = await row.run(place);
    const delays = await innocent.delays();
    const cpu = hasCpu ? cpuSecondsOf(pid) - before : 0;
    measured.push({ name: row.name, cpu, delays });
    const { status, code, bytes = 64 * 1024, cpuSeconds = CPU_SECONDS } = row;
    const what = JSON.stringify(seen);
    assert.ok(status ? status.includes(seen.status) : seen.status < 500, what);
    if (code !== undefined) assert.is(seen.code, code, what);
    assert.ok(seen.bytes <= bytes, `${what}: more than ${bytes} bytes`);
    assert.ok(cpu <= cpuSeconds, `${cpu.toFixed(2)} CPU s, more than ${cpuSeconds}`);
    assert.ok(delays.tasks >= 1);
    for (const delay of [delays.accept, delays.call])
      assert.ok(delay <= DELAY, `an innocent caller waited ${delay.toFixed(0)} ms`);
  });
}

test.run();
