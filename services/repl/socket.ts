/**
 * How the REPL reaches an embedded process, which is on no network: a Unix socket in its data directory, for the same
 * user of the operating system only (mode 0600). Lines of JSON: the process says {@link Hello}, then answers each
 * {@link Asked} with an {@link Answered}, in any order. A client that {@link Follows} is sent {@link Changed} as well.
 */
import path from "node:path";
import type { TaskChange } from "../../core/contract.ts";
import type { CallMeta } from "../bus/types.ts";

export interface Hello {
  nodeID: string;
  /** Actions that can be called, by service. */
  actions: Record<string, string[]>;
}

/** What happens to tasks, to a client that asked to follow it. */
export interface Changed {
  changes: TaskChange[];
}

/** Instead of an {@link Asked}: the client wants to be told of changes from now on. It is answered by {@link Following}. */
export interface Follows {
  follow: true;
}

/** From here on changes are told. */
export interface Following {
  following: true;
}

export interface Asked {
  id: number;
  action: string;
  params: unknown;
  meta: CallMeta;
}

export interface Answered {
  id: number;
  result?: unknown;
  /** As Moleculer's errors have it. */
  error?: { name: string; message: string; code: number; type: string; data: unknown };
}

/** What an address of a Unix socket may be long, in bytes, on Linux (108 with the NUL) and macOS (104). */
const MAX_ADDRESS = process.platform === "darwin" ? 103 : 107;

/** The address for a data directory, as short as it can be said from here; null where even that is too long. */
export function socketOf(dataDir: string): string | null {
  const absolute = path.resolve(dataDir, "repl.sock");
  if (process.platform === "win32") return null;
  const [shortest = absolute] = [absolute, path.relative(process.cwd(), absolute)].sort(
    (a, b) => Buffer.byteLength(a) - Buffer.byteLength(b),
  );
  return Buffer.byteLength(shortest) > MAX_ADDRESS ? null : shortest;
}
