/** One hostile kind: what is done, what may come of it, and what it may cost. */
import type { World } from "../../e2e/kit/world.ts";

/** What rows are run on. */
export interface Place {
  world: World;
  /** A task that has ended; `/resend` copies it. */
  original: string;
  /** Of an app that only hostile rows use. */
  key: Record<string, string>;
}

export interface Seen {
  /** Of the answer; 0: the connection was closed without one. */
  status: number;
  /** A refusal's code, or a failed call's; null: none. */
  code: string | null;
  /** Of the answer. */
  bytes: number;
}

export interface Row {
  name: string;
  run(place: Place): Promise<Seen>;
  /** Default: any but a failure of ours. */
  status?: number[];
  code?: string | null;
  /** The answer has at most so many bytes; default 64 KiB. */
  bytes?: number;
  /** CPU time that all threads of Bida may take for it, in s. Default {@link CPU_SECONDS}. */
  cpuSeconds?: number;
}

/**
 * The rule is about 50 ms of a main thread. What is measured has HTTP, decompression, garbage collection and whatever else the
 * process does beside it in it, and code that runs for the first time.
 */
export const CPU_SECONDS = 0.6;

const MIB = 1024 * 1024;
export const repeated = (part: string, bytes: number): string =>
  part.repeat(Math.max(1, Math.floor(bytes / part.length)));
export const members = (count: number, value: string): string =>
  Array.from({ length: count }, (_, i) => `"k${i}":${value}`).join();
/** Just below the largest body of a task. */
export const LARGE = 7 * MIB - 4_096;
export { MIB };

/** One request, and what came of it. */
export async function asked(
  { world }: Pick<Place, "world">,
  method: string,
  path: string,
  { body, headers }: { body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<Seen> {
  const reply = await world.api(method, path, body, headers);
  return { status: reply.status, code: reply.json?.code ?? null, bytes: reply.text.length };
}
