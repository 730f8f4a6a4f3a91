/** What was raised and is looked after by people: acknowledged, muted, over. Times are ISO 8601. */
import type { OutageKind, Severity } from "./alarm.ts";

/** `GET /v1/alarms`: alarms that are about the same, gathered while it lasts. */
export interface RaisedView {
  /** Also its incident's, of `exhausted`. */
  id: number;
  kind: OutageKind;
  severity: Severity;
  /** Origin; null where it is about none. */
  destination: string | null;
  errorCode: string | null;
  statusCode: number | null;
  /** The channel that is broken, or whose limit the backlog is over. */
  channel: { id: number; name: string | null } | null;
  /** How many alarms there were. */
  alarms: number;
  firstAt: string;
  lastAt: string;
  lastError: string | null;
  lastTaskId: string | null;
  /** How many channels it was told to. */
  told: number;
  acknowledged: Acknowledgement | null;
  /** Mutes that hold all of it back. */
  mutes: number[];
  /** When it was over; null: it is open. */
  endedAt: string | null;
}

export interface Acknowledgement {
  by: string;
  at: string;
  note: string | null;
}

export interface RaisedQuery {
  /** Default: open. */
  state?: "open" | "ended" | undefined;
  kind?: OutageKind | undefined;
  /** Origin. */
  destination?: string | undefined;
  errorCode?: string | undefined;
  acknowledged?: boolean | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Alarms that fit all that is given are kept and told to nobody. */
export interface MuteView {
  id: number;
  destination: string | null;
  sourceAppName: string | null;
  errorCode: string | null;
  incident: number | null;
  /** Null: until its incident ends. */
  until: string | null;
  note: string | null;
  by: string;
  createdAt: string;
}

export interface MuteRequest {
  destination?: string | undefined;
  sourceAppName?: string | undefined;
  errorCode?: string | undefined;
  incident?: number | undefined;
  /** For how long; needed unless it is for one incident. */
  minutes?: number | undefined;
  note?: string | undefined;
}
