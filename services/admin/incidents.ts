/** Incidents as operators see them, and what they do about one. */
import type { z } from "zod";
import type { BulkResult } from "../../core/bulk.ts";
import type { Page } from "../../core/contract.ts";
import type { IncidentDetail, IncidentView } from "../../core/incident.ts";
import type { incidentQuerySchema } from "../../core/schema/incidents.ts";
import { recordAudit } from "../../store/audit.ts";
import {
  changeIncident,
  findIncident,
  listIncidents,
  outcomeOf,
  type StoredIncident,
} from "../../store/incidents.ts";
import type { BidaContext } from "../bus/types.ts";
import type { Resources } from "../node/resources.ts";
import { actorOf, originOfCall } from "../tasks/audit.ts";
import { changeFiltered, type Options } from "./bulk.ts";
import type { Office } from "./office.ts";
import { iso } from "./people-parts.ts";

export async function incidentPage(
  { db }: Pick<Resources, "db">,
  { state, limit, cursor }: z.output<typeof incidentQuerySchema>,
): Promise<Page<IncidentView>> {
  const page = await listIncidents(db, state, limit, cursor ?? null);
  return { items: page.items.map(incidentView), nextCursor: page.nextCursor };
}

/** @throws BidaError not_found */
export async function incident({ db }: Pick<Resources, "db">, id: number): Promise<IncidentDetail> {
  const [found, outcome] = await Promise.all([findIncident(db, id), outcomeOf(db, id)]);
  return { ...incidentView(found), outcome };
}

/** Says that somebody has it in hand. @throws BidaError not_found */
export function acknowledge(
  resources: Pick<Resources, "db" | "clock">,
  ctx: BidaContext,
  id: number,
  note: string | undefined,
): Promise<IncidentDetail> {
  const at = resources.clock.now();
  const acknowledged = { by: actorOf(ctx).name, at, note: note ?? null };
  return change(resources, ctx, id, "incident.acknowledge", { acknowledged }, note);
}

/** Its alarms are not told, or are told again. @throws BidaError not_found */
export function mute(
  resources: Pick<Resources, "db" | "clock">,
  ctx: BidaContext,
  id: number,
  muted: boolean,
  note: string | undefined,
): Promise<IncidentDetail> {
  return change(resources, ctx, id, muted ? "incident.mute" : "incident.unmute", { muted }, note);
}

async function change(
  { db, clock }: Pick<Resources, "db" | "clock">,
  ctx: BidaContext,
  id: number,
  action: string,
  to: Parameters<typeof changeIncident>[2],
  note: string | undefined,
): Promise<IncidentDetail> {
  const target = { type: "incident", id: String(id) };
  await changeIncident(db, id, to, (within) =>
    recordAudit(within, { at: clock.now(), ...originOfCall(ctx), action, target, note: note ?? null }),
  );
  return incident({ db }, id);
}

/** Retries or resolves those of its tasks that are exhausted. @throws BidaError not_found */
export async function changeTasksOf(
  office: Pick<Office, "resources" | "worker">,
  ctx: BidaContext,
  id: number,
  action: "retry" | "resolve",
  options: Options,
): Promise<BulkResult> {
  await findIncident(office.resources.db, id);
  return changeFiltered(office, ctx, action, { state: ["exhausted"], incident: id }, options);
}

export const incidentView = (one: StoredIncident): IncidentView => ({
  id: one.id,
  destination: one.destination,
  errorCode: one.errorCode,
  statusCode: one.statusCode,
  firstAt: iso(one.firstAt),
  lastAt: iso(one.lastAt),
  tasks: one.tasks,
  first: { taskId: one.firstTask, error: one.firstError },
  last: { taskId: one.lastTask, error: one.lastError },
  muted: one.muted,
  acknowledged: one.acknowledged && { ...one.acknowledged, at: iso(one.acknowledged.at) },
  endedAt: one.endedAt === null ? null : iso(one.endedAt),
});
