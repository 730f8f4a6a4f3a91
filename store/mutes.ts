/** Mutes: whose alarms are kept and told to nobody, until when. There are few. */
import type { Knex } from "knex";
import type { Alarm } from "../core/alarm/alarm.ts";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import type { Database } from "./database.ts";
import { reading, transaction } from "./failures.ts";
import type { Row } from "./rows.ts";

/** All that is not null must fit; something is not null. */
export interface MuteScope {
  /** Origin. */
  destination: string | null;
  sourceAppName: string | null;
  errorCode: string | null;
  incident: number | null;
}

export interface Mute extends MuteScope {
  id: number;
  /** Null: until its incident ends. */
  until: EpochMs | null;
  note: string | null;
  by: string;
  createdAt: EpochMs;
}

/** Of an installation, at once: each alarm is held against all. */
const MAX_MUTES = 500;

/** Whether it was in force at that moment. */
const holds = ({ until }: Mute, at: EpochMs): boolean => until === null || until > at;

/** Whether an alarm is told to nobody for this mute. */
export function silences(mute: Mute, alarm: Alarm, incident: number | null): boolean {
  if (!holds(mute, alarm.createdAt)) return false;
  if (mute.incident !== null && mute.incident !== incident) return false;
  if (mute.destination !== null && mute.destination !== alarm.destination) return false;
  if (mute.errorCode !== null && mute.errorCode !== alarm.errorCode) return false;
  return mute.sourceAppName === null || mute.sourceAppName === alarm.sourceAppName;
}

/** Whether it holds back every alarm of what was raised: one for an app holds back a part only. */
export const covers = (mute: Mute, raised: Omit<Raised, "endedAt">): boolean =>
  mute.sourceAppName === null &&
  (mute.incident === null || mute.incident === raised.id) &&
  (mute.destination === null || mute.destination === raised.destination) &&
  (mute.errorCode === null || mute.errorCode === raised.errorCode);

/** All, those that are over for a while included; newest first. */
export async function allMutes(knex: Knex): Promise<Mute[]> {
  return (await reading<Row[]>(knex("alarm_mutes").orderBy("id", "desc"))).map(muteFromRow);
}

/** Those that are in force. */
export async function mutesAt(db: Database, now: EpochMs): Promise<Mute[]> {
  return (await allMutes(db.knex)).filter((mute) => holds(mute, now));
}

/**
 * @param told is called in the same transaction: for the audit log
 * @throws BidaError limit_reached; not_found for an incident that is not open
 */
export function addMute(
  db: Database,
  mute: Omit<Mute, "id">,
  told: (within: Database, mute: Mute) => Promise<void>,
): Promise<Mute> {
  return transaction(db, async (within) => {
    const { knex } = within;
    if (mute.incident !== null) {
      const open = await knex("incidents").where({ id: mute.incident, ended: false }).forUpdate().first("id");
      if (!open) throw new BidaError("not_found", "No such open incident");
    }
    const former = (await allMutes(knex)).filter((one) => holds(one, mute.createdAt));
    if (former.length >= MAX_MUTES)
      throw new BidaError("limit_reached", `There are ${MAX_MUTES} mutes; end some`);
    // One for the same takes the place of the one before.
    const same = former.filter((one) => sameScope(one, mute)).map(({ id }) => id);
    await knex("alarm_mutes").whereIn("id", same).delete();
    const [id] = await knex("alarm_mutes").insert({
      destination: mute.destination,
      source_app_name: mute.sourceAppName,
      error_code: mute.errorCode,
      incident_id: mute.incident,
      until: mute.until,
      note: mute.note,
      created_by: mute.by.slice(0, 128),
      created_at: mute.createdAt,
    });
    const stored = { ...mute, id: id as number };
    await told(within, stored);
    return stored;
  });
}

/** An incident or another raised alarm, as far as mutes look at it. */
export interface Raised {
  id: number;
  destination: string | null;
  errorCode: string | null;
  endedAt: EpochMs | null;
}

/**
 * Ends mutes; alarms from here on are told again.
 * @param which an id, or all that are for an incident alone
 * @param told is called for each in the same transaction: for the audit log
 * @throws BidaError not_found for an id; conflict where wider mutes go on to hold back every alarm of the incident
 */
export function endMutes(
  db: Database,
  which: { id: number } | { raised: Raised; at: EpochMs },
  told: (within: Database, mute: Mute) => Promise<void>,
): Promise<Mute[]> {
  return transaction(db, async (within) => {
    const all = await allMutes(within.knex);
    const isMeant = (one: Mute) =>
      "id" in which ? one.id === which.id : sameScope(one, { ...NOTHING, incident: which.raised.id });
    const ended = all.filter(isMeant);
    if ("id" in which && ended.length === 0) throw new BidaError("not_found", "No such mute");
    if ("raised" in which) {
      const wider = all.filter((one) => !isMeant(one) && holdsBack(one, which.raised, which.at));
      if (wider.length > 0) throw new BidaError("conflict", `It is muted by wider mutes: ${namesOf(wider)}`);
    }
    await within
      .knex("alarm_mutes")
      .whereIn(
        "id",
        ended.map(({ id }) => id),
      )
      .delete();
    for (const mute of ended) await told(within, mute);
    return ended;
  });
}

const holdsBack = (mute: Mute, raised: Raised, at: EpochMs): boolean =>
  raised.endedAt === null && holds(mute, at) && covers(mute, raised);

/** The newest of them. */
const NAMED = 3;
const namesOf = (mutes: Mute[]): string =>
  [...mutes.slice(0, NAMED).map(nameOf), ...(mutes.length > NAMED ? ["…"] : [])].join(", ");

/** Such as `#3 timeout https://shop.example`. */
const nameOf = ({ id, errorCode, destination, incident }: Mute): string =>
  [`#${id}`, errorCode, destination, incident !== null && `incident ${incident}`].filter(Boolean).join(" ");

const NOTHING: MuteScope = { destination: null, sourceAppName: null, errorCode: null, incident: null };

const sameScope = (a: MuteScope, b: MuteScope): boolean =>
  a.destination === b.destination &&
  a.sourceAppName === b.sourceAppName &&
  a.errorCode === b.errorCode &&
  a.incident === b.incident;

/** Deletes those that ended before `before`; alarms that were raised until then may still be routed. */
export async function pruneMutes(db: Database, before: EpochMs): Promise<void> {
  const old = db.knex("alarm_mutes").where("until", "<", before);
  if (await old.clone().first("id")) await old.delete();
}

const muteFromRow = (row: Row): Mute => ({
  id: Number(row.id),
  destination: row.destination as string | null,
  sourceAppName: row.source_app_name as string | null,
  errorCode: row.error_code as string | null,
  incident: row.incident_id as number | null,
  until: row.until === null ? null : epochMs(row.until as number),
  note: row.note as string | null,
  by: row.created_by as string,
  createdAt: epochMs(row.created_at as number),
});
