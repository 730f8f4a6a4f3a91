/** The one place where changes to channels reach the audit log. */
import type { EpochMs } from "../../core/clock.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Database } from "../../store/database.ts";
import type { BidaContext } from "../bus/types.ts";
import { originOfCall } from "../tasks/audit.ts";
import type { ChannelChange } from "./channels.ts";

/**
 * Who did what to a channel. The views are masked, so nothing secret gets into the log.
 * @param within the transaction of the change
 */
export async function auditChannel(
  within: Database,
  { action, id, before, after }: ChannelChange,
  ctx: BidaContext,
  at: EpochMs,
): Promise<void> {
  const target = { type: "webhook", id: id === null ? null : String(id) };
  await recordAudit(within, { at, ...originOfCall(ctx), action, target, before, after });
}
