/** What one destination does to another one's first calls. */
import * as assert from "uvu/assert";
import { clockNow, Receiver } from "./receiver.ts";
import type { World } from "./world.ts";

/** Of each measurement. */
const SAMPLES = 60;

/** From acceptance to the first call, in ms, sorted; one task after another. */
export async function firstCallLatencies(world: World): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const taskId = await world.submit({ url: world.receiver.url() });
    const acceptedAt = clockNow();
    const [call] = await world.receiver.waitForCalls(taskId, 1);
    taken.push((call?.at ?? 0) - acceptedAt);
  }
  return taken.sort((a, b) => a - b);
}

/** A receiver of its own that takes calls and never answers. */
export async function hangingReceiver(): Promise<{ receiver: Receiver; url: string }> {
  const receiver = await Receiver.start();
  return { receiver, url: receiver.url(() => undefined) };
}

/** Submits `count` tasks in batches. */
export async function submitMany(world: World, count: number, task: Record<string, unknown>): Promise<void> {
  for (let done = 0; done < count; done += 1_000) {
    const tasks = Array.from({ length: Math.min(1_000, count - done) }, () => task);
    const reply = await world.api("POST", "/v1/tasks/batch", { tasks });
    assert.is(reply.status, 202, reply.text);
  }
}

/**
 * Compares medians: half a second stands for "not at all" on any machine, while a queue behind calls that hang would
 * cost their whole timeout. `npm run bench` has the ratio.
 */
export function assertUnmoved(before: number[], after: number[], what: string): void {
  const median = (sorted: number[]) => sorted[Math.floor(sorted.length / 2)] ?? 0;
  const text = `${what}: first calls after ${median(before).toFixed(1)} ms before, ${median(after).toFixed(1)} ms now`;
  console.log(text);
  assert.ok(median(after) < median(before) * 1.5 + 500, text);
}
