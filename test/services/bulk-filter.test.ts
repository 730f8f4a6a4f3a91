/** Whether a task that a job looked up still fits its filter when its turn comes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { epochMs } from "../../core/clock.ts";
import type { CallErrorCode } from "../../core/outcome.ts";
import type { StoredState } from "../../core/task.ts";
import { stillFits as fits } from "../../store/change-many.ts";
import type { TaskFilter } from "../../store/read.ts";
import type { StoredTask } from "../../store/rows.ts";

const task = (state: StoredState, finishedAt: number | null, code: CallErrorCode | null = null) =>
  ({
    state,
    finishedAt: finishedAt === null ? null : epochMs(finishedAt),
    lastError: code && { code, message: "" },
    callCount: 3,
  }) as StoredTask;
const stillFits = (filter: TaskFilter, found: StoredTask, callCount = 3) => fits(filter, found, callCount);
const filter = { states: ["exhausted" as const], asOf: epochMs(1_000) };

test("its state, and when it ended", () => {
  assert.is(stillFits(filter, task("exhausted", 900)), true);
  assert.is(stillFits(filter, task("exhausted", 1_001)), false, "it was called again, and failed again");
  assert.is(stillFits(filter, task("resolved", 900)), false);
  assert.is(stillFits(filter, task("pending", null)), false);
  assert.is(stillFits({ asOf: epochMs(1_000) }, task("pending", null)), true);
  assert.is(stillFits({}, task("canceled", 5_000)), true);
});

test("its last error, its last answer, and when it ended, as far as the filter names them", () => {
  const refused = { errorCodes: ["refused", "timeout"] };
  assert.is(stillFits(refused, task("exhausted", 900, "refused")), true);
  assert.is(stillFits(refused, task("exhausted", 900, "bad_status")), false);
  assert.is(stillFits(refused, task("pending", null)), false, "it has no error any more");
  const answered: TaskFilter = { statuses: [[500, 599]] };
  assert.is(stillFits(answered, task("exhausted", 900)), true);
  assert.is(stillFits(answered, task("exhausted", 900), 2), false, "it was called since");
  const range = { finishedFrom: 500, finishedTo: 900 };
  assert.is(stillFits(range, task("exhausted", 500)), true);
  assert.is(stillFits(range, task("exhausted", 900)), false);
  assert.is(stillFits(range, task("pending", null)), false, "it is called again");
});

test.run();
