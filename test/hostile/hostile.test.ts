/**
 * Hostile requests and answers, one kind per row: each gets what it should, costs little CPU time of the whole process, and does not
 * delay an innocent caller. @takes 85 s @timed
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "../e2e/kit/embedded.ts";
import type { Row } from "./kit/row.ts";
import { runRows } from "./kit/run.ts";
import { answerRows } from "./rows/answers.ts";
import { batchRows, bodyRows } from "./rows/bodies.ts";
import { declaredRows } from "./rows/declared.ts";
import { httpRows } from "./rows/http.ts";
import { listRows } from "./rows/lists.ts";
import { patternRows } from "./rows/patterns.ts";

const test = suite("hostile");

const ROWS: Row[] = [
  ...bodyRows,
  ...batchRows,
  ...patternRows,
  ...answerRows,
  ...declaredRows,
  ...httpRows,
  ...listRows,
];

// One thread for calls: what holds it up holds up everybody's. Shares have a test of their own.
runRows(test, ROWS, () => startEmbedded({ BIDA_THREADS: "1", BIDA_CALLER_BYTES_PER_SECOND: "0" }));

test("there are at least 250 rows, each with a name of its own", () => {
  assert.ok(ROWS.length >= 250, String(ROWS.length));
  assert.is(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
});

test.run();
