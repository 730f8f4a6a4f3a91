/** What people must hear of, and which channel wants to hear it. Pure. */
import type { EpochMs } from "../clock.ts";
import type { TaskId } from "../id-types.ts";

/**
 * - `exhausted`: a task reached its limit, or ended early: it expired, or was stopped.
 * - `breaker`: calls to a destination are suspended.
 * - `backlog`: tasks have been due for long without being called.
 * - `channel`: another channel cannot be reached.
 */
export const ALARM_KINDS = ["exhausted", "breaker", "backlog", "channel"] as const;
/** `recovered`: what was told of is over. No channel chooses it by its kinds: those hear of it that heard of the alarm. */
export type AlarmKind = (typeof ALARM_KINDS)[number] | "recovered";

/** What lasts and is over at some time; a `destination` fails most calls, and no breaker opened for it. */
export const OUTAGE_KINDS = [...ALARM_KINDS, "destination"] as const;
export type OutageKind = (typeof OUTAGE_KINDS)[number];

/** Each includes those after it where a channel asks for "at least". */
export const SEVERITIES = ["warning", "error", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const SEVERITY_OF: Record<AlarmKind, Severity> = {
  exhausted: "error",
  breaker: "warning",
  backlog: "error",
  channel: "critical",
  recovered: "warning",
};

/** The owner of alarms' tasks. No app has it, since the database numbers apps from 1: nobody can pretend to be Bida. */
export const ALARM_APP_ID = -1;
/** `sourceAppName` of alarms' tasks. */
export const ALARM_SOURCE = "bida";

/** What a template is filled with; a field that an alarm has no value for is empty. */
export interface AlarmFacts {
  url?: string | undefined;
  targetAppName?: string | undefined;
  /** Epoch ms. */
  createTime?: number | undefined;
  lastModifiedDate?: number | undefined;
  callCount?: number | undefined;
  limitCallCount?: number | undefined;
  lastError?: string | undefined;
  statusCode?: number | undefined;
  /** `breaker`, `channel`: since when, epoch ms. */
  since?: number | undefined;
  /** `breaker`: failed calls in a row. */
  failures?: number | undefined;
  /** `backlog`: how long the oldest task has been due. */
  minutes?: number | undefined;
  /** `channel`, and the backlog of one that recovered: its name. */
  channel?: string | undefined;
  /** `recovered`: what is over, its id among what was raised, and how many alarms it had. */
  of?: OutageKind | undefined;
  incident?: number | undefined;
  alarms?: number | undefined;
}

/** A fact before it is stored. */
export interface NewAlarm {
  kind: AlarmKind;
  taskId: TaskId | null;
  sourceAppName: string | null;
  /** Origin. */
  destination: string | null;
  errorCode: string | null;
  facts: AlarmFacts;
  createdAt: EpochMs;
  /** Id of a channel that it is not told to, being about it. */
  notTo?: number;
  /** Id of the only channel that it is told to. */
  onlyTo?: number;
}

export interface Alarm extends NewAlarm {
  id: number;
}

/** What a channel wants; an empty list wants everything. */
export interface AlarmFilter {
  kinds: (typeof ALARM_KINDS)[number][];
  sourceAppNames: string[];
  /** Origins. */
  destinations: string[];
  minSeverity: Severity;
}

/**
 * Whether a channel with `filter` wants an alarm. Apps and destinations narrow the alarms that have one: a backlog or
 * a broken channel concerns everybody, and is left out by `kinds`.
 */
export function wants(filter: AlarmFilter, alarm: NewAlarm): boolean {
  const { kinds, sourceAppNames, destinations, minSeverity } = filter;
  if (kinds.length > 0 && !kinds.some((kind) => kind === alarm.kind)) return false;
  if (SEVERITIES.indexOf(SEVERITY_OF[alarm.kind]) < SEVERITIES.indexOf(minSeverity)) return false;
  if (alarm.kind === "exhausted" && sourceAppNames.length > 0) {
    if (alarm.sourceAppName === null || !sourceAppNames.includes(alarm.sourceAppName)) return false;
  }
  return destinations.length === 0 || alarm.destination === null || destinations.includes(alarm.destination);
}
