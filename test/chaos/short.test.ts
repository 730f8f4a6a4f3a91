/** Every fault once, on a real cluster; then everything that was promised is checked. See harness/verdict.ts. @takes 120 s @timed */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../servers/server.ts";
import { type Campaign, campaign } from "./harness/campaign.ts";
import { FAULTS } from "./harness/faults.ts";
import { Random } from "./harness/random.ts";
import { accusations, tables } from "./harness/report.ts";

const SEED = 1;
const test = suite("chaos");
let run: Campaign;

test("each fault once: nothing is lost, nothing recorded twice, nothing early, no call repeated without need", async () => {
  run = await campaign({
    seed: SEED,
    schedulers: 2,
    dispatchers: 2,
    leaseMs: 2_000,
    perSecond: 15,
    steps: new Random(SEED).shuffled(FAULTS).map((kind) => ({ kind, outageMs: 5_000, restMs: 200 })),
    sampling: { folder: temporaryFolder("chaos"), everyMs: 1_000 },
    say: (line) => console.log(line),
  });
  console.log(tables(run));
  assert.is(run.violations.length, 0, `\n${accusations(run)}`);
  assert.is(run.lost, 0);
  assert.is(run.faults.length, FAULTS.length);
  assert.ok(run.delivered > 500, `${run.delivered} delivered`);
});

test.run();
