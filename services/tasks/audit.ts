/** Who stands behind a call, as the audit log names them. */
import type { AuditEntry } from "../../core/audit.ts";
import type { Actor } from "../../core/caller.ts";
import type { BidaContext } from "../bus/types.ts";

/** What an audit entry takes from the call itself. Calls without an actor come from other services of the cluster. */
export function originOfCall(ctx: BidaContext): Pick<AuditEntry, "actor" | "sourceIp" | "requestPath"> {
  const { sourceIp = null, requestPath = null } = ctx.meta;
  return { actor: actorOf(ctx), sourceIp, requestPath };
}

export const actorOf = (ctx: BidaContext): Actor =>
  ctx.meta.actor ?? { kind: "node", id: null, name: ctx.nodeID ?? "node", role: null };
