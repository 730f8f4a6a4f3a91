/** Hands tasks in, a process of its own: as fast as answers come, or at a fixed rate whatever answers take. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { serve } from "../kit/child.ts";
import { now } from "../kit/clock.ts";
import { openSubmitter, type Submitter, type SubmitterPlan } from "./submitters.ts";
import type { Work } from "./work.ts";

export interface LoadPlan {
  submitter: SubmitterPlan;
  work: Work;
  /** Tasks in all. */
  count: number;
  /** Tasks per request. */
  batch: number;
  /** Requests at the same time; with a rate, the most connections. */
  connections: number;
  /** Tasks per second, each sent at its time; null: the next one when an answer came. */
  rate: number | null;
}

/** Times are of `kit/clock.ts`, by the number of the task. */
export interface Load {
  /** When it was sent, or, with a rate, when it should have been: a stall counts for all that it holds up. */
  submitted: Float64Array;
  /** When the answer was there. */
  accepted: Float64Array;
  startedAt: number;
  endedAt: number;
  /** Requests that were asked to slow down, and were repeated. */
  refused: number;
}

/** Before what was refused is sent again, in ms. */
const AGAIN = 50;

async function run(plan: LoadPlan): Promise<Load> {
  const submitter = await openSubmitter(plan.submitter, plan.work, plan.connections);
  const load: Load = {
    submitted: new Float64Array(plan.count),
    accepted: new Float64Array(plan.count),
    startedAt: 0,
    endedAt: 0,
    refused: 0,
  };
  try {
    load.startedAt = now();
    await (plan.rate === null ? closed(plan, submitter, load) : open(plan, plan.rate, submitter, load));
    load.endedAt = now();
  } finally {
    await submitter.close();
  }
  return load;
}

async function closed(
  { count, batch, connections }: LoadPlan,
  submitter: Submitter,
  load: Load,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const seqs = range(next, Math.min(count, next + batch));
      next += seqs.length;
      const at = now();
      for (const seq of seqs) load.submitted[seq] = at;
      await handIn(submitter, seqs, load);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

async function open({ count }: LoadPlan, rate: number, submitter: Submitter, load: Load): Promise<void> {
  const answers: Promise<void>[] = [];
  const start = now() + 5;
  for (let seq = 0; seq < count; ) {
    const due = start + (seq / rate) * 1000;
    if (due > now()) {
      await pause(1);
      continue;
    }
    load.submitted[seq] = due;
    answers.push(handIn(submitter, [seq], load));
    seq++;
  }
  await Promise.all(answers);
}

async function handIn(submitter: Submitter, seqs: number[], load: Load): Promise<void> {
  while (!(await submitter.submit(seqs))) {
    load.refused++;
    await pause(AGAIN);
  }
  const at = now();
  for (const seq of seqs) load.accepted[seq] = at;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

serve({
  start: () => undefined,
  run,
  /** A server that does nothing but answer 202: what this generator could do at most. @returns its port */
  nullServer: () => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(202, { "content-type": "application/json" });
      response.end('{"taskId":"00000000-0000-7000-8000-000000000000"}');
    });
    return new Promise((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
    );
  },
});
