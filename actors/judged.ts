/** One answer, judged: what cannot be judged has not proved success. */
import { judge } from "../core/expect.ts";
import type { CallError } from "../core/outcome.ts";
import { OverBudget } from "../core/pattern.ts";
import type { Case } from "./judge-protocol.ts";

/** @returns null where the answer proves success. Never throws */
export function judged({ answer, found, expect, expectResult }: Case): CallError | null {
  try {
    const seen = found ? { ...answer, contains: (text: string) => found.includes(text) } : answer;
    return judge(seen, expect, expectResult);
  } catch (failure) {
    return {
      code: failure instanceof OverBudget ? "overrun" : "unexpected_result",
      message: `cannot be judged: ${(failure as Error).message}`,
    };
  }
}
