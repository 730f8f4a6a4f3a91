/** Messages between a delivery thread and the thread that judges for it. One answer at a time. */
import type { Answer, ExpectationSpec } from "../core/expect.ts";
import type { CallError } from "../core/outcome.ts";

/** What `judge` takes. */
export interface Case {
  /** Without `contains`: a message has no functions. */
  answer: Omit<Answer, "contains">;
  /** Those of the texts it must contain that were found in it, where more was searched than is kept. */
  found?: string[];
  expect: ExpectationSpec | null;
  expectResult: string | null;
}

/** `ready` once it can judge; then one `verdict` per case. */
export type FromJudge = { type: "ready" } | { type: "verdict"; error: CallError | null };
