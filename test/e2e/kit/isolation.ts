/** What one destination, or a mass of waiting tasks, does to another destination's first calls. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as assert from "uvu/assert";
import { originOf, seqOf, type Work } from "../../../bench/load/work.ts";
import { clockNow, Receiver } from "./receiver.ts";
import type { World } from "./world.ts";

/** Of each measurement. */
const SAMPLES = 60;

/** From acceptance to the first call, in ms, sorted; one task after another, no more once `going` says no. */
export async function firstCallLatencies(world: World, going = () => true): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < SAMPLES && going(); i++) {
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

/** A receiver of its own that answers after a second; once it is told to hurry, at once. */
export async function slowReceiver(): Promise<{ receiver: Receiver; url: string; hurry(): void }> {
  const receiver = await Receiver.start();
  let delayMs = 1_000;
  const hurry = () => {
    delayMs = 0;
  };
  return { receiver, url: receiver.url((res) => void setTimeout(() => res.end("ok"), delayMs)), hurry };
}

/** Submits `count` tasks in batches. */
export async function submitMany(world: World, count: number, task: Record<string, unknown>): Promise<void> {
  for (let done = 0; done < count; done += 1_000) {
    const reply = await world.batch(Array.from({ length: Math.min(1_000, count - done) }, () => task));
    assert.is(reply.status, 202, reply.text);
  }
}

/** The far side of tasks that `bench/fill.ts` makes: five destinations that answer at once, and what they got. */
export class Crowd {
  readonly work: Work;
  /** Calls by the task's number; their times. */
  readonly calls = new Map<number, number[]>();
  readonly stop: () => void;

  private constructor(work: Work, stop: () => void) {
    this.work = work;
    this.stop = stop;
  }

  static async start(): Promise<Crowd> {
    const server = createServer((req, res) => {
      const seq = seqOf(req.url ?? "");
      crowd.calls.set(seq, [...(crowd.calls.get(seq) ?? []), clockNow()]);
      req.resume().on("end", () => res.end("ok"));
    });
    await new Promise<void>((listening) => server.listen(0, "0.0.0.0", listening));
    const work: Work = {
      ...{ round: 0, behaviour: "ok", payload: 10, retryDelayMs: 1_000 },
      ...{ destinations: 5, firstDestination: 0, receiverPort: (server.address() as AddressInfo).port },
    };
    const crowd = new Crowd(work, () => {
      server.closeAllConnections();
      server.close();
    });
    return crowd;
  }

  get origins(): string[] {
    return Array.from({ length: this.work.destinations }, (_, i) => originOf(this.work, i));
  }
}

/**
 * Compares medians: half a second stands for "not at all" on any machine, while a queue behind calls that hang would
 * cost their whole timeout. `npm run bench -- --only hanging,storm` has the ratio.
 */
export function assertUnmoved(before: number[], after: number[], what: string): void {
  const median = (sorted: number[]) => sorted[Math.floor(sorted.length / 2)] ?? 0;
  const text = `${what}: first calls after ${median(before).toFixed(1)} ms before, ${median(after).toFixed(1)} ms now (${after.length})`;
  console.log(text);
  assert.ok(after.length >= 10, text);
  assert.ok(median(after) < median(before) * 1.5 + 500, text);
}
