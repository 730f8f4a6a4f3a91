/** Signals that end a command: Ctrl-C, a supervisor, a terminal that is closed. */
import { constants } from "node:os";

export const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** As shells have it: 130 for SIGINT, 143 for SIGTERM. */
export const exitCodeOf = (signal: (typeof END_SIGNALS)[number]): number => 128 + constants.signals[signal];
