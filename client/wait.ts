/** Waiting for a task by asking again and again: no library gets Bida's events over HTTP yet. */
import type { WaitOptions } from "./client.ts";
import type { TaskState, TaskView } from "./contract.ts";
import { CallbackError } from "./error.ts";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;
const GROWTH = 1.5;
/** What a timer holds; with more it would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const ENDED: ReadonlySet<TaskState> = new Set<TaskState>(["succeeded", "exhausted", "canceled", "resolved"]);
/** Bida restarting, or asking to slow down, is no reason to stop waiting. */
const PASSING: ReadonlySet<string> = new Set([
  "network",
  "timeout",
  "unavailable",
  "unanswered",
  "too_many_requests",
  "share_used_up",
]);

/** Where time comes from; tests bring their own. Milliseconds. */
export interface Time {
  /** Only moves forward. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

const realTime: Time = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
};

/**
 * @param get fetches the task, giving up after `withinMs`
 * @throws CallbackError wait_timeout at the deadline, with the last passing failure as its cause; any other at once
 */
export async function waitFor(
  get: (withinMs: number) => Promise<TaskView>,
  { timeoutMs = 60_000, until = (task) => ENDED.has(task.state) }: WaitOptions = {},
  time: Time = realTime,
): Promise<TaskView> {
  const deadline = time.now() + timeoutMs;
  let seen = "it was not seen";
  let cause: CallbackError | undefined;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * GROWTH, LONGEST_PAUSE_MS)) {
    try {
      const task = await get(Math.max(1, Math.ceil(deadline - time.now())));
      if (until(task)) return task;
      const said = task.lastError ? `, last error ${task.lastError.code}: ${task.lastError.message}` : "";
      seen = `it is ${task.state} after ${task.callCount} calls${said}`;
      cause = undefined;
    } catch (error) {
      if (!(error instanceof CallbackError && PASSING.has(error.code))) throw error;
      cause = error;
    }
    const left = deadline - time.now();
    if (left > 0) {
      // Halving towards the deadline, so an end shortly before it is still seen.
      const own = Math.min(pause, Math.max(FIRST_PAUSE_MS, left / 2));
      await time.sleep(Math.min(left, Math.max(own, (cause?.retryAfter ?? 0) * 1000), LONGEST_TIMER_MS));
    }
    if (time.now() >= deadline) {
      const why = cause ? `; the last failure: ${cause.message}` : "";
      throw new CallbackError(
        "wait_timeout",
        `The task did not get there within ${timeoutMs} ms: ${seen}${why}`,
        {
          cause,
        },
      );
    }
  }
}
