/** Incidents as operators see them, and what they do about one. In hand and mute are those of `inbox.ts`. */

import type { z } from "zod";
import type { BulkResult } from "../../core/bulk.ts";
import { type EpochMs, iso } from "../../core/clock.ts";
import type { Page } from "../../core/contract.ts";
import type { TaskId } from "../../core/ids.ts";
import type { IncidentAnswer, IncidentDetail, IncidentView } from "../../core/incident.ts";
import type { incidentQuerySchema } from "../../core/schema/incidents.ts";
import type { Database } from "../../store/database.ts";
import { findIncident, listIncidents, outcomeOf, type StoredIncident } from "../../store/incidents.ts";
import { covers, type Mute, mutesAt } from "../../store/mutes.ts";
import { failedAttempt } from "../../store/payloads.ts";
import type { BidaContext } from "../bus/types.ts";
import type { Resources } from "../node/resources.ts";
import { isMasked } from "../tasks/tasks.ts";
import { attemptView } from "../tasks/views.ts";
import { changeFiltered, type Options } from "./bulk.ts";
import { acknowledge, mute, releaseRaised, unmute } from "./inbox.ts";
import type { Office } from "./office.ts";

type Given = Pick<Resources, "db" | "clock">;

export async function incidentPage(
  { db, clock }: Given,
  { state, limit, cursor }: z.output<typeof incidentQuerySchema>,
): Promise<Page<IncidentView>> {
  const page = await listIncidents(db, { state, kind: "exhausted" }, limit, cursor ?? null);
  const mutes = await mutesAt(db, clock.now());
  return { items: page.items.map((one) => incidentView(one, mutes)), nextCursor: page.nextCursor };
}

/** @param masked who asks sees tasks without their secrets @throws BidaError not_found */
export async function incident({ db, clock }: Given, id: number, masked: boolean): Promise<IncidentDetail> {
  const [found, outcome, mutes] = await Promise.all([
    findIncident(db, id, "exhausted"),
    outcomeOf(db, id),
    mutesAt(db, clock.now()),
  ]);
  const view = incidentView(found, mutes);
  const [first, last] = await Promise.all([
    answerOf(db, found.firstTask, found.firstAt, masked),
    answerOf(db, found.lastTask, found.lastAt, masked),
  ]);
  return {
    ...view,
    first: { ...view.first, answer: first },
    last: { ...view.last, answer: last },
    outcome: outcome.states,
    counted: outcome.counted,
  };
}

/** Characters of an answer. */
const START = 500;

async function answerOf(
  db: Database,
  taskId: TaskId | null,
  at: EpochMs,
  masked: boolean,
): Promise<IncidentAnswer | null> {
  const found = taskId && (await failedAttempt(db, taskId, at));
  if (!found) return null;
  const { n, statusCode, responseBody, responseEncoding, responseTruncated } = attemptView(found, masked);
  const body = responseEncoding === "text" ? responseBody : null;
  // No half of a character, as the last of them.
  const bodyStart = body?.slice(0, START).replace(/[\uD800-\uDBFF]$/, "") ?? null;
  return { n, statusCode, bodyStart, truncated: responseTruncated || (body ?? "").length > START };
}

/** Says that somebody has it in hand. @throws BidaError not_found */
export async function acknowledgeIncident(
  resources: Given,
  ctx: BidaContext,
  id: number,
  note: string | undefined,
): Promise<IncidentDetail> {
  return changed(resources, ctx, id, () => acknowledge(resources, ctx, id, note));
}

/** Takes that back. @throws BidaError not_found */
export async function releaseIncident(
  resources: Given,
  ctx: BidaContext,
  id: number,
  note: string | undefined,
): Promise<IncidentDetail> {
  return changed(resources, ctx, id, () => releaseRaised(resources, ctx, id, note));
}

/**
 * Its alarms are not told, for a time or until it ends; or are told again.
 * @throws BidaError not_found; conflict where wider mutes hold them back as well, which end by themselves or by their ids
 */
export async function muteIncident(
  resources: Given,
  ctx: BidaContext,
  id: number,
  { muted, minutes, note }: { muted: boolean; minutes?: number | undefined; note?: string | undefined },
): Promise<IncidentDetail> {
  return changed(resources, ctx, id, (found) =>
    muted
      ? mute(resources, ctx, { incident: id, minutes, note })
      : unmute(resources, ctx, { raised: found }, note),
  );
}

/** The incident as it is after a change. @throws BidaError not_found, before it */
async function changed(
  resources: Given,
  ctx: BidaContext,
  id: number,
  change: (found: StoredIncident) => Promise<unknown>,
): Promise<IncidentDetail> {
  await change(await findIncident(resources.db, id, "exhausted"));
  return incident(resources, id, isMasked(ctx));
}

/** Retries or resolves those of its tasks that are exhausted. @throws BidaError not_found */
export async function changeTasksOf(
  office: Pick<Office, "resources" | "worker">,
  ctx: BidaContext,
  id: number,
  action: "retry" | "resolve",
  options: Options,
): Promise<BulkResult> {
  await findIncident(office.resources.db, id, "exhausted");
  return changeFiltered(office, ctx, action, { state: ["exhausted"], incident: id }, options);
}

/** @param mutes that are in force */
export function incidentView(one: StoredIncident, mutes: Mute[]): IncidentView {
  const own = one.endedAt === null ? mutes.filter((mute) => covers(mute, one)) : [];
  const until = own.some((mute) => mute.until === null) ? [] : own.flatMap((mute) => mute.until ?? []);
  return {
    id: one.id,
    destination: one.destination,
    errorCode: one.errorCode,
    statusCode: one.statusCode,
    firstAt: iso(one.firstAt),
    lastAt: iso(one.lastAt),
    tasks: one.tasks,
    first: { taskId: one.firstTask ?? "", error: one.firstError },
    last: { taskId: one.lastTask ?? "", error: one.lastError },
    muted: own.length > 0,
    mutedUntil: until.length > 0 ? new Date(Math.max(...until)).toISOString() : null,
    acknowledged: one.acknowledged && { ...one.acknowledged, at: iso(one.acknowledged.at) },
    endedAt: one.endedAt === null ? null : iso(one.endedAt),
  };
}
