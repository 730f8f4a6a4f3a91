/** Telling a dispatcher to stop taking jobs, or to take them again: recorded in the audit log. */
import { z } from "zod";
import type { Drained } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { note } from "../../core/schema/parts.ts";
import { recordAudit } from "../../store/audit.ts";
import { transaction } from "../../store/failures.ts";
import { call } from "../bus/call.ts";
import { nodesWith } from "../bus/peers.ts";
import type { BidaContext } from "../bus/types.ts";
import type { Resources } from "../node/resources.ts";
import { originOfCall } from "../tasks/audit.ts";

/** How long the node may take to answer, in ms. */
const PATIENCE = 3_000;

export const drainSchema = z.strictObject({ nodeID: z.string(), draining: z.boolean(), note });

/**
 * Not kept: a node that starts anew takes jobs.
 * @throws BidaError not_found where no such node makes calls; unavailable
 */
export async function drain(
  { db, clock }: Resources,
  ctx: BidaContext,
  { nodeID, draining, note }: z.output<typeof drainSchema>,
): Promise<Drained> {
  if (!nodesWith(ctx.broker, "dispatcher.drain").includes(nodeID))
    throw new BidaError("not_found", "No such node makes calls");
  // The entry is there if the node has heard of it, and only then.
  return transaction(db, async (within) => {
    const action = draining ? "node.drain" : "node.undrain";
    const target = { type: "node", id: nodeID };
    await recordAudit(within, { at: clock.now(), ...originOfCall(ctx), action, target, note: note ?? null });
    return call(ctx.broker, "dispatcher.drain", { draining }, { nodeID, timeout: PATIENCE });
  });
}
