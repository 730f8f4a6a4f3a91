/** What the actions on apps, users and sessions work with. */

import type { AuditEntry } from "../../core/audit.ts";
import type { Actor } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Database } from "../../store/database.ts";
import type { BidaContext } from "../bus/types.ts";
import { originOfCall } from "../tasks/audit.ts";

/** Records what this call does, in the transaction of the change. */
export const audited = (
  within: Database,
  clock: Clock,
  ctx: BidaContext,
  entry: Pick<AuditEntry, "action" | "target" | "before" | "after"> & { actor?: Actor },
): Promise<void> => recordAudit(within, { at: clock.now(), ...originOfCall(ctx), ...entry });

/** What differs between two views, for the audit log: unchanged fields say nothing. */
export function difference<T extends object>(before: T, after: T): { before: Partial<T>; after: Partial<T> } {
  const changed = (Object.keys(after) as (keyof T)[]).filter(
    (key) => key !== "updatedAt" && JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  const pick = (from: T) => Object.fromEntries(changed.map((key) => [key, from[key]])) as Partial<T>;
  return { before: pick(before), after: pick(after) };
}
