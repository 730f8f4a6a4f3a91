/** The one place where changes to channels reach the audit log. */
import type { BidaContext } from "../lib/bus.ts";
import type { ChannelChange } from "./channels.ts";

/** Who did what to a channel. The views are masked, so nothing secret gets into the log. */
export async function auditChannel(change: ChannelChange, ctx: BidaContext): Promise<void> {
  const { action, id, after, before } = change;
  const who = ctx.meta.actor?.name ?? "node";
  ctx.broker.logger.info(
    { action, id, name: (after ?? before)?.name, who, from: ctx.meta.sourceIp },
    "changed",
  );
}
