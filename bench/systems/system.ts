/** What is measured: Bida or a peer, running in processes of its own. */

import type { Ledger } from "../load/receiver.ts";
import type { SubmitterPlan } from "../load/submitters.ts";

/** Which tasks a round handed in. */
export interface Handed {
  round: number;
  count: number;
  /** Epoch ms just before the first. */
  since: number;
  /** Whether no other tasks were handed in since. */
  alone: boolean;
}

export interface System {
  name: string;
  /** By what tasks come in; `rpc` only where there is such an API. */
  submitters: { http?: SubmitterPlan; rpc?: SubmitterPlan; bulk?: SubmitterPlan };
  /** Its processes, the servers that it uses included, by role. */
  pids(): Map<string, number>;
  /** Whether all of a round's tasks have been recorded as done. Asked once the receiver has answered all calls. */
  recorded(handed: Handed): Promise<boolean>;
  /** Compares what was recorded with what the receiver saw. @returns what does not fit, a line each */
  verify(handed: Handed, ledger: Ledger): Promise<string[]>;
  stop(): Promise<void>;
}

/** Compares a count of calls per task, as recorded, with the ledger. */
export function compareCalls(recorded: Uint16Array, ledger: Ledger, count: number): string[] {
  let [missing, extra] = [0, 0];
  for (let seq = 0; seq < count; seq++) {
    const difference = (recorded[seq] ?? 0) - (ledger.calls[seq] as number);
    if (difference < 0) missing -= difference;
    else extra += difference;
  }
  return [
    ...(missing > 0 ? [`${missing} calls arrived and are not recorded`] : []),
    ...(extra > 0 ? [`${extra} calls are recorded and did not arrive`] : []),
  ];
}
