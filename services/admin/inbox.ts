/** Alarms that were raised, as operators see them: taken in hand, muted for a time, told again. Also what incidents do so with. */
import type { z } from "zod";
import { SEVERITY_OF } from "../../core/alarm/alarm.ts";
import type { MuteRequest, MuteView, RaisedView } from "../../core/alarm/inbox.ts";
import { epochMs, iso, minutes } from "../../core/clock.ts";
import type { Page } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import type { raisedQuerySchema } from "../../core/schema/inbox.ts";
import { recordAudit } from "../../store/audit.ts";
import { toldOf } from "../../store/gather.ts";
import {
  acknowledgeIncident,
  findIncident,
  listIncidents,
  type StoredIncident,
} from "../../store/incidents.ts";
import { addMute, covers, endMutes, type Mute, mutesAt, type Raised } from "../../store/mutes.ts";
import type { BidaContext } from "../bus/types.ts";
import type { Resources } from "../node/resources.ts";
import { actorOf, originOfCall } from "../tasks/audit.ts";

type Given = Pick<Resources, "db" | "clock">;

export async function raisedPage(
  given: Given,
  { limit, cursor, ...filter }: z.output<typeof raisedQuerySchema>,
): Promise<Page<RaisedView>> {
  const page = await listIncidents(given.db, filter, limit, cursor ?? null);
  return { items: await viewsOf(given, page.items), nextCursor: page.nextCursor };
}

/** @throws BidaError not_found */
export async function raised(given: Given, id: number): Promise<RaisedView> {
  const [view] = await viewsOf(given, [await findIncident(given.db, id)]);
  return view as RaisedView;
}

/** Says that somebody has it in hand. @throws BidaError not_found */
export async function acknowledge(
  { db, clock }: Given,
  ctx: BidaContext,
  id: number,
  note: string | undefined,
): Promise<void> {
  const at = clock.now();
  const acknowledged = { by: actorOf(ctx).name, at, note: note ?? null };
  const entry = { at, ...originOfCall(ctx), action: "incident.acknowledge", note: note ?? null };
  await acknowledgeIncident(db, id, acknowledged, (within) =>
    recordAudit(within, { ...entry, target: { type: "incident", id: String(id) } }),
  );
}

/** Takes back that somebody has it in hand; nothing is done, and nothing told, where nobody has. @throws BidaError not_found */
export async function releaseRaised(
  { db, clock }: Given,
  ctx: BidaContext,
  id: number,
  note: string | undefined,
): Promise<void> {
  const entry = { at: clock.now(), ...originOfCall(ctx), action: "incident.release", note: note ?? null };
  await acknowledgeIncident(db, id, null, async (within, { acknowledged }) => {
    if (acknowledged === null) return;
    const before = { ...acknowledged, at: iso(acknowledged.at) };
    await recordAudit(within, { ...entry, target: { type: "incident", id: String(id) }, before });
  });
}

export async function mutesPage({ db, clock }: Given): Promise<Page<MuteView>> {
  return { items: (await mutesAt(db, clock.now())).map(muteView), nextCursor: null };
}

/** @throws BidaError invalid_body without a scope; not_found for an incident that is not open; limit_reached */
export async function mute({ db, clock }: Given, ctx: BidaContext, request: MuteRequest): Promise<MuteView> {
  const at = clock.now();
  const { destination, sourceAppName, errorCode, incident } = request;
  if ([destination, sourceAppName, errorCode, incident].every((one) => one === undefined)) {
    const message = "is required, or sourceAppName, errorCode or incident";
    throw new BidaError("invalid_body", "A mute says what it is for", {
      errors: [{ field: "destination", message }],
    });
  }
  const wanted: Omit<Mute, "id"> = {
    destination: request.destination ?? null,
    sourceAppName: request.sourceAppName ?? null,
    errorCode: request.errorCode ?? null,
    incident: request.incident ?? null,
    until: request.minutes === undefined ? null : epochMs(at + minutes(request.minutes)),
    note: request.note ?? null,
    by: actorOf(ctx).name,
    createdAt: at,
  };
  const stored = await addMute(db, wanted, (within, one) =>
    recordAudit(within, {
      ...{ at, ...originOfCall(ctx), note: one.note },
      ...actOf(one, "mute"),
      after: muteView(one),
    }),
  );
  return muteView(stored);
}

/** Alarms are told again. @throws BidaError not_found for an id; conflict for what wider mutes hold back as well */
export async function unmute(
  { db, clock }: Given,
  ctx: BidaContext,
  which: { id: number } | { raised: Raised },
  note: string | undefined,
): Promise<void> {
  const at = clock.now();
  await endMutes(db, "id" in which ? which : { ...which, at }, (within, one) =>
    recordAudit(within, {
      ...{ at, ...originOfCall(ctx), note: note ?? null },
      ...actOf(one, "unmute"),
      before: muteView(one),
    }),
  );
}

/** A mute of one incident alone is something done to that incident. */
function actOf(one: Mute, verb: "mute" | "unmute") {
  const isOwn =
    one.incident !== null && [one.destination, one.sourceAppName, one.errorCode].every((it) => it === null);
  return isOwn
    ? { action: `incident.${verb}`, target: { type: "incident", id: String(one.incident) } }
    : { action: `alarm.${verb}`, target: { type: "mute", id: String(one.id) } };
}

async function viewsOf({ db, clock }: Given, found: StoredIncident[]): Promise<RaisedView[]> {
  const told = await toldOf(
    db.knex,
    found.map(({ id }) => id),
  );
  const mutes = await mutesAt(db, clock.now());
  return found.map((one) => ({
    id: one.id,
    kind: one.kind,
    severity: one.kind === "destination" ? "warning" : SEVERITY_OF[one.kind],
    destination: one.destination,
    errorCode: one.errorCode || null,
    statusCode: one.statusCode,
    channel: one.subject,
    alarms: one.alarms,
    firstAt: iso(one.firstAt),
    lastAt: iso(one.lastAt),
    lastError: one.lastError || null,
    lastTaskId: one.lastTask,
    told: told.get(one.id)?.size ?? 0,
    acknowledged: one.acknowledged && { ...one.acknowledged, at: iso(one.acknowledged.at) },
    mutes: one.endedAt === null ? mutes.filter((it) => covers(it, one)).map(({ id }) => id) : [],
    endedAt: one.endedAt === null ? null : iso(one.endedAt),
  }));
}

const muteView = ({ until, createdAt, ...one }: Mute): MuteView => ({
  ...one,
  until: until === null ? null : iso(until),
  createdAt: iso(createdAt),
});
