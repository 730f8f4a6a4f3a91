/** What the ledger must show of a line: one call at a time, in the order in which the tasks were accepted. */
import * as assert from "uvu/assert";
import type { Call, Receiver } from "./receiver.ts";

/** @param ids the tasks of one `orderKey`, in order of acceptance */
export function assertInOrder(receiver: Receiver, ids: string[]): Call[] {
  const place = new Map(ids.map((taskId, i) => [taskId, i]));
  const calls = receiver.ledger.filter(({ taskId }) => place.has(taskId)).sort((a, b) => a.at - b.at);
  for (const [i, call] of calls.entries()) {
    const former = calls[i - 1];
    if (!former) continue;
    const [mine, before] = [place.get(call.taskId) as number, place.get(former.taskId) as number];
    assert.ok(mine >= before, `task ${mine} was called after task ${before}`);
    const what = `call ${call.attempt} of task ${mine} began while call ${former.attempt} of ${before} was open`;
    assert.ok(former.endedAt !== null && call.at >= former.endedAt, what);
  }
  return calls;
}
