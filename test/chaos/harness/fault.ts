/** What a fault is, and the record of one. */
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import type { FarSide } from "./receiver.ts";
import type { System } from "./system.ts";

export interface FaultRecord {
  kind: string;
  /** Which node or server. */
  target: string;
  /** ms since the epoch. `endedAt`: everything is in its place again. */
  startedAt: number;
  endedAt: number;
  /** Something was away for a while: recovery counts from its end. */
  outage: boolean;
  excuses: Excuse[];
  /** Calls and callers that are not the fault's own are served while it lasts. */
  spares?: boolean;
}

/**
 * What a fault may lead to without a promise being broken. `repeat`: a call that was under way, or whose outcome was
 * not on record, is made a second time under the same number. `overlap`: that second call may come while the first is
 * still open, because the node that makes the first one is frozen, or cannot be reached, and its lease ran out.
 * `unreached`: an attempt may be on record that the receiver knows nothing of, because it was cut off on its way.
 * `early`: the clock that says what is due ran ahead.
 */
export type Excuse = "repeat" | "overlap" | "unreached" | "early";

export interface FaultKind {
  name: string;
  excuses: Excuse[];
  outage: boolean;
  /** See {@link FaultRecord}; false where it is not said. */
  spares?: boolean;
  /** Whether this machine, and this system, can do it; without: every one can. */
  needs?(system: System): boolean;
  /** Resolves when everything is in its place again. @returns which node or server */
  run(context: FaultContext): Promise<string>;
}

export interface FaultContext {
  system: System;
  load: Load;
  far: FarSide;
  random: Random;
  leaseMs: number;
  /** How long an outage lasts, in ms. */
  outageMs: number;
  /** Something that must not happen did. */
  violation(text: string): void;
}
