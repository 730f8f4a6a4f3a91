// What the unit tests share: seeded chance, and the refusal something is answered with.
import * as assert from "uvu/assert";
import { BidaError } from "../../core/errors.ts";
import { JsonError } from "../../core/json/error.ts";
import { type JsonText, readJson } from "../../core/json/text.ts";
import type { TaskRequest } from "../../core/task-request.ts";

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The BidaError that `run` throws or rejects with; fails the test for anything else. */
export async function refusal(run: () => unknown): Promise<BidaError> {
  const error = await thrown(run);
  if (!(error instanceof BidaError)) throw error;
  return error;
}

/** What `run` throws or rejects with; fails the test where it does neither. */
export async function thrown(run: () => unknown): Promise<unknown> {
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    return error;
  }
  assert.unreachable(`it was not refused, but gave ${JSON.stringify(result)}`);
  return undefined;
}

/** JSON as its caller writes it; "" for what has none. */
export const text = (value: unknown): string => JSON.stringify(value) ?? "";

/** The same, checked. */
export const json = (value: unknown): JsonText => readJson(text(value));

/** The smallest task that is accepted, and more. */
export const request = (more: Record<string, unknown> = {}): TaskRequest =>
  ({ url: "http://target.example/cb", requestMethod: "POST", limitCallCount: 3, ...more }) as TaskRequest;

/** `JSON.rawJSON`, which TypeScript's types do not know yet. */
export const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => unknown };

/** The JsonError that `run` throws. */
export function jsonFault(run: () => unknown): JsonError {
  try {
    run();
  } catch (error) {
    assert.instance(error, JsonError);
    return error as JsonError;
  }
  return assert.unreachable("it was taken") as never;
}

/** What it costs this process, in ms of CPU time: a busy machine makes it take longer, and hardly makes it cost more. */
export function cost<T>(run: () => T): { result: T; ms: number } {
  const before = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  return { result, ms: (user + system) / 1_000 };
}
