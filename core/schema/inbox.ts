/** Requests and answers about what was raised, and about mutes. */
import { z } from "zod";
import { OUTAGE_KINDS, SEVERITIES } from "../alarm/alarm.ts";
import type { MuteRequest, MuteView, RaisedQuery, RaisedView } from "../alarm/inbox.ts";
import { CALL_ERRORS, type CallErrorCode } from "../outcome.ts";
import { note, originOr, paging, part } from "./parts.ts";

const CODES = Object.keys(CALL_ERRORS) as CallErrorCode[];

/** 30 days. */
const LONGEST_MUTE = 43_200;

export const muteMinutes = z
  .int("must be a whole number")
  .min(1, `must be 1 to ${LONGEST_MUTE}`)
  .max(LONGEST_MUTE, `must be 1 to ${LONGEST_MUTE}`)
  .describe("For how long");

export const raisedQuerySchema = z.strictObject({
  state: z.enum(["open", "ended"], { error: "must be open or ended" }).default("open"),
  kind: z.enum(OUTAGE_KINDS, { error: `must be one of ${OUTAGE_KINDS.join(", ")}` }).optional(),
  destination: originOr().optional(),
  errorCode: part(32).optional(),
  acknowledged: z.boolean("must be true or false").optional(),
  ...paging,
}) satisfies z.ZodType<unknown, RaisedQuery>;

export const muteRequestSchema = z
  .strictObject({
    destination: originOr().optional(),
    sourceAppName: part(64).optional(),
    errorCode: z.enum(CODES, { error: `must be one of ${CODES.join(", ")}` }).optional(),
    incident: z.int("must be an id of GET /v1/alarms").optional(),
    minutes: muteMinutes.optional(),
    note,
  })
  .refine((one) => one.incident !== undefined || one.minutes !== undefined, {
    path: ["minutes"],
    error: "is required, unless it is for one incident, which ends",
  })
  .meta({
    id: "AlarmMuteRequest",
    examples: [{ destination: "https://shop.example", minutes: 120, note: "They move house" }],
  }) satisfies z.ZodType<unknown, MuteRequest>;

const text = z.string();
const count = z.int();

export const raisedSchema = z
  .object({
    id: count.describe("Also its incident's, of `exhausted`"),
    kind: z.enum(OUTAGE_KINDS),
    severity: z.enum(SEVERITIES),
    destination: text.nullable(),
    errorCode: text.nullable(),
    statusCode: count.nullable(),
    channel: z
      .object({ id: count, name: text.nullable() })
      .nullable()
      .describe("The channel that is broken, or whose limit the backlog is over"),
    alarms: count.describe("How many alarms there were"),
    firstAt: text,
    lastAt: text,
    lastError: text.nullable(),
    lastTaskId: text.nullable(),
    told: count.describe("How many channels it was told to"),
    acknowledged: z.object({ by: text, at: text, note: text.nullable() }).nullable(),
    mutes: z.array(count).describe("Mutes that hold all of it back"),
    endedAt: text.nullable().describe("When it was over; null: it is open"),
  })
  .meta({ id: "RaisedAlarm" }) satisfies z.ZodType<RaisedView>;

export const muteViewSchema = z
  .object({
    id: count,
    destination: text.nullable(),
    sourceAppName: text.nullable(),
    errorCode: text.nullable(),
    incident: count.nullable(),
    until: text.nullable().describe("Null: until its incident ends"),
    note: text.nullable(),
    by: text,
    createdAt: text,
  })
  .meta({
    id: "AlarmMute",
    description: "Alarms that fit all that is given are kept and told to nobody",
  }) satisfies z.ZodType<MuteView>;
