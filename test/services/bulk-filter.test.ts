/** Whether a task that a job looked up still fits its filter when its turn comes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { epochMs } from "../../core/clock.ts";
import type { StoredState } from "../../core/task.ts";
import { stillFits } from "../../store/change-many.ts";
import type { StoredTask } from "../../store/rows.ts";

const task = (state: StoredState, finishedAt: number | null) =>
  ({ state, finishedAt: finishedAt === null ? null : epochMs(finishedAt) }) as StoredTask;
const filter = { states: ["exhausted" as const], asOf: epochMs(1_000) };

test("its state, and when it ended", () => {
  assert.is(stillFits(filter, task("exhausted", 900)), true);
  assert.is(stillFits(filter, task("exhausted", 1_001)), false, "it was called again, and failed again");
  assert.is(stillFits(filter, task("resolved", 900)), false);
  assert.is(stillFits(filter, task("pending", null)), false);
  assert.is(stillFits({ asOf: epochMs(1_000) }, task("pending", null)), true);
  assert.is(stillFits({}, task("canceled", 5_000)), true);
});

test.run();
