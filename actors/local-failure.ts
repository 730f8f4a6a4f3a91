/** Failures of this machine before anything reached the target: they say nothing of it, and cost no attempt. */
import { isIPv4 } from "node:net";
import os from "node:os";
import { type LocalFailure, OwnError } from "./names/name-error.ts";

export type { LocalFailure };

/** No descriptor, memory or buffer for a socket (socket(2), connect(2)). */
const NO_ROOM: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"]);

/**
 * @param error of a connection that could not be made. Several addresses that all failed come as an AggregateError: where
 * one of them was not tried for want of room, the target may be well.
 * @returns null where it is the target's, or the way's to it: `EHOSTUNREACH` and `ENETUNREACH` are
 */
export function localFailureOf(error: unknown, interfaces = os.networkInterfaces): LocalFailure | null {
  if (error instanceof OwnError) return error.local;
  if (error instanceof AggregateError)
    return error.errors.some((one) => localFailureOf(one, interfaces) !== null) ? "sockets" : null;
  const {
    code = "",
    address = "",
    cause,
  } = (error ?? {}) as { code?: string; address?: string; cause?: unknown };
  if (NO_ROOM.has(code)) return "sockets";
  if (code === "EADDRNOTAVAIL") return hasSourceFor(address, interfaces) ? "sockets" : null;
  return cause instanceof Error ? localFailureOf(cause, interfaces) : null;
}

/**
 * `EADDRNOTAVAIL` has two meanings: all ports for outgoing connections are in use, or the machine has no address from
 * which it could reach that one, as where IPv6 is switched off. That would last.
 */
function hasSourceFor(address: string, interfaces: typeof os.networkInterfaces): boolean {
  if (isIPv4(address)) return true;
  try {
    const wantsLoopback = address === "::1";
    return Object.values(interfaces())
      .flatMap((some) => some ?? [])
      .some(({ family, internal, scopeid }) => family === "IPv6" && internal === wantsLoopback && !scopeid);
  } catch {
    // It takes a socket to find out.
    return true;
  }
}
