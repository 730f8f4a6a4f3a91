/** Faults of each kind on one real cluster; then everything that was promised is checked. See harness/verdict.ts. @takes 60 s @timed */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../servers/server.ts";
import { type Campaign, campaign } from "./harness/campaign.ts";
import type { FaultKind } from "./harness/fault.ts";
import { FAULTS } from "./harness/faults.ts";
import { accusations, tables } from "./harness/report.ts";

/** One of each kind, those first that no other test has. All of them: `npm run chaos`. */
const SOME = [
  "SIGKILL scheduler at accepts",
  "SIGKILL scheduler at promotions",
  "SIGKILL all dispatchers at first calls",
  "redis freezes at accepts",
  "redis loses part of its keys",
  "mariadb fails over by name",
  "redis fails over by name",
  "nats connections cut",
  "thread throws",
];
const SEED = 1;
const test = suite("chaos");
let run: Campaign;

const named = (name: string): FaultKind => {
  const kind = FAULTS.find((one) => one.name === name);
  if (!kind) throw new Error(`there is no fault "${name}"`);
  return kind;
};

test("faults of each kind: nothing is lost, nothing recorded twice, nothing early, no call repeated without need", async () => {
  run = await campaign({
    seed: SEED,
    schedulers: 2,
    dispatchers: 2,
    leaseMs: 2_000,
    perSecond: 15,
    steps: SOME.map((name) => ({ kind: named(name), outageMs: 2_000, restMs: 200 })),
    sampling: { folder: temporaryFolder("chaos"), everyMs: 1_000 },
    say: (line) => console.log(line),
  });
  console.log(tables(run));
  assert.is(run.violations.length, 0, `\n${accusations(run)}`);
  assert.is(run.lost, 0);
  assert.is(run.faults.length, SOME.length);
  assert.ok(run.delivered > 300, `${run.delivered} delivered`);
});

test.run();
