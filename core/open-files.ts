/** How many files and sockets a process may have open, and how many calls at once fit into that. */
import { readFileSync } from "node:fs";

/** What is kept for everything but calls: listening, callers, database, Redis, NATS, files. */
const RESERVE = 512;
/** And of a small limit, this share. */
const RESERVE_SHARE = 1 / 2;

/** The process's own limit. Null: there is none, or this system does not say (only Linux does). */
export function openFileLimit(
  read: () => string = () => readFileSync("/proc/self/limits", "utf8"),
): number | null {
  try {
    const [, soft] = /^Max open files\s+(\d+)\s/m.exec(read()) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

/** Sockets that each thread's calls may have under that limit, at least 1. */
export function socketsPerThread(limit: number | null, threads: number): number {
  if (limit === null) return Number.POSITIVE_INFINITY;
  const reserve = Math.min(RESERVE, Math.ceil(limit * RESERVE_SHARE));
  return Math.max(1, Math.floor((limit - reserve) / threads));
}
