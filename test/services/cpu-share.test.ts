/** How busy the machine is, as heartbeats tell it. */
import type os from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { machineUsage } from "../../services/node/cpu-share.ts";

const test = suite("cpu share");

test("since the last call, over all processors; one look per call", async () => {
  let looks = 0;
  let times = { user: 100, nice: 0, sys: 100, irq: 0, idle: 1_000 };
  const usage = machineUsage(() => {
    looks += 1;
    return [times, times].map((one) => ({ times: one }) as os.CpuInfo);
  });
  times = { user: 110, nice: 5, sys: 110, irq: 5, idle: 1_070 };
  assert.equal([await usage(), looks], [{ avg: 30 }, 2]);
  assert.equal(await usage(), { avg: 0 }, "no time has passed");
});

test("a machine that does not say is idle", async () => {
  assert.equal(await machineUsage(() => [])(), { avg: 0 });
});

test.run();
