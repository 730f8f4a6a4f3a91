/** The one place where changes to channels reach the audit log. */
import type { Database } from "../../store/database.ts";
import type { BidaContext } from "../lib/bus.ts";
import type { ChannelChange } from "./channels.ts";

/**
 * Who did what to a channel. The views are masked, so nothing secret gets into the log.
 * @param _within the transaction of the change, for an audit log in the database
 */
export async function auditChannel(
  _within: Database,
  change: ChannelChange,
  ctx: BidaContext,
): Promise<void> {
  const { action, id, after, before } = change;
  const who = ctx.meta.actor?.name ?? "node";
  ctx.broker.logger.info(
    { action, id, name: (after ?? before)?.name, who, from: ctx.meta.sourceIp },
    "audit",
  );
}
