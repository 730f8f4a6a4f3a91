/** Compares what became of a task, by Bida's record and by the receiver's, with what was foreseen. */
import type { AttemptView, TaskView } from "../../core/contract.ts";
import type { Scenario } from "./scenarios.ts";

/** @returns what is wrong; empty where all is as foreseen */
export function differences(
  { foreseen, task: asked }: Scenario,
  task: TaskView,
  attempts: AttemptView[],
): string[] {
  const wrong: string[] = [];
  const compare = (what: string, found: unknown, wanted: unknown) => {
    if (found !== wanted) wrong.push(`${what} is ${found}, foreseen was ${wanted}`);
  };
  compare("state", task.state, foreseen.state);
  compare("callCount", task.callCount, foreseen.attempts);
  compare("the number of attempts", attempts.length, foreseen.attempts);
  compare("the error code", task.lastError?.code ?? null, foreseen.errorCode);
  const first = attempts[0];
  if (first && asked.delayMs) {
    const waited = Date.parse(first.startedAt) - Date.parse(task.createdAt);
    if (waited < asked.delayMs) wrong.push(`the first call came after ${waited} ms, before its time`);
  }
  return wrong;
}
