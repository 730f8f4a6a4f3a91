/** Runs hostile rows against a Bida, and judges each: what it answers, what it costs, and what an innocent caller notices. */
import { existsSync } from "node:fs";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import type { World } from "../../e2e/kit/world.ts";
import { cpuSecondsOf } from "./cpu.ts";
import { Innocent, type InnocentDelays } from "./innocent.ts";
import { CPU_SECONDS, type Place, type Row } from "./row.ts";

/** An innocent caller may wait so long, in ms: a machine that is busy with other tests has delays of its own. Without budgets it were 6 to 20 s. */
const DELAY = 5_000;

/**
 * @param start its processes together are what a row's CPU time is taken of
 * @param dearer so many times what a row may cost, and make others wait, in one process
 */
export function runRows(test: Test, rows: Row[], start: () => Promise<World>, dearer = 1): void {
  let place: Place;
  let innocent: Innocent;
  const measured: { name: string; cpu: number; delays: InnocentDelays }[] = [];
  const spent = (): number =>
    place.world.nodes.reduce(
      (sum, { pid }) => sum + (existsSync(`/proc/${pid}/stat`) ? cpuSecondsOf(pid) : 0),
      0,
    );

  test.before(async () => {
    const world = await start();
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

  for (const row of rows) {
    test(row.name, async () => {
      const { status, code, bytes = 64 * 1024, cpuSeconds = CPU_SECONDS } = row;
      const cost = async () => {
        const before = spent();
        const seen = await row.run(place);
        const delays = await innocent.delays();
        return { seen, delays, cpu: spent() - before };
      };
      const first = await cost();
      const { seen, delays } = first;
      // Where others share a processor's caches the same work takes up to twice its time: what costs much by itself does so again.
      const cpu = first.cpu > cpuSeconds * dearer ? Math.min(first.cpu, (await cost()).cpu) : first.cpu;
      measured.push({ name: row.name, cpu, delays });
      const what = JSON.stringify(seen);
      assert.ok(status ? status.includes(seen.status) : seen.status < 500, what);
      if (code !== undefined) assert.is(seen.code, code, what);
      assert.ok(seen.bytes <= bytes, `${what}: more than ${bytes} bytes`);
      assert.ok(cpu <= cpuSeconds * dearer, `${cpu.toFixed(2)} CPU s, more than ${cpuSeconds * dearer}`);
      assert.ok(delays.tasks >= 1);
      for (const delay of [delays.accept, delays.call])
        assert.ok(delay <= DELAY * dearer, `an innocent caller waited ${delay.toFixed(0)} ms`);
    });
  }
}
