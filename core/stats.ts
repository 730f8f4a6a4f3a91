/**
 * What is counted: per stretch of time, app and lane a {@link Cell}; per app the tasks in each state ({@link Totals}).
 * All of it can be added up in any order, so many may count at once and somebody sums up later.
 */
import type { EpochMs } from "./clock.ts";
import { bucketOfDuration, type Histogram, mergeHistogram } from "./histogram.ts";
import type { Lane } from "./id-types.ts";
import type { AttemptRecord } from "./outcome.ts";
import type { Step } from "./stats-views.ts";
import { STORED_STATES, type StoredState } from "./task.ts";

/** Counters of a cell. Stored by position: only ever add at the end. */
export const COUNTERS = [
  /** Tasks that were accepted. */
  "accepted",
  /** Calls by outcome, and those of them that were not their task's first. */
  "callsSucceeded",
  "callsFailed",
  "retries",
  /** Tasks that came to this end. */
  "succeeded",
  "exhausted",
  "canceled",
  "resolved",
  /** Ended tasks that were sent again by hand. */
  "reopened",
] as const;
export type Counter = (typeof COUNTERS)[number];

export interface Cell {
  counts: Record<Counter, number>;
  /** Failed calls by error code. */
  errors: Record<string, number>;
  /** Of all calls. */
  durations: Histogram;
}

/** How many tasks are in each state, and what was ever counted, pruned or not. */
export interface Totals {
  states: Record<StoredState, number>;
  accepted: number;
  callsSucceeded: number;
  callsFailed: number;
}

/** A change of state. `from` is null for a new task, `to` for one that is deleted. */
export interface Transition {
  appId: number;
  lane: Lane;
  from: StoredState | null;
  to: StoredState | null;
  /** How many tasks; default 1. */
  count?: number;
}

/** The part of a cell's key that names no time. `lane` is "" for all lanes, `appId` -1 for all apps. */
export interface CellKey {
  appId: number;
  lane: string;
}

export const ALL_APPS = -1;
export const ALL_LANES = "";
/** Where lanes go that are not kept apart. */
export const OTHER_LANES = "other";

/** The three lengths of a cell, in ms. Days are those of UTC. */
export const STEPS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const satisfies Record<
  Step,
  number
>;
export type { Step };

/** How long cells of a step are kept, in ms; days for ever. */
export const KEPT: Record<Step, number> = {
  minute: 48 * STEPS.hour,
  hour: 60 * STEPS.day,
  day: Number.POSITIVE_INFINITY,
};

/** The beginning of the step that `time` is in. */
export const floorTo = (time: number, step: Step): EpochMs => (time - (time % STEPS[step])) as EpochMs;

/** Copied for every cell: that takes a thirtieth of the time of building them anew. */
const NO_COUNTS = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Cell["counts"];
const NO_STATES = Object.fromEntries(STORED_STATES.map((state) => [state, 0])) as Totals["states"];

export const emptyCell = (): Cell => ({ counts: { ...NO_COUNTS }, errors: {}, durations: {} });

/** Adds `more` to `into`. */
export function mergeCell(into: Cell, more: Cell): void {
  for (const name of COUNTERS) into.counts[name] += more.counts[name];
  for (const code in more.errors)
    into.errors[code] = (into.errors[code] ?? 0) + (more.errors[code] as number);
  mergeHistogram(into.durations, more.durations);
}

export const emptyTotals = (): Totals => ({
  states: { ...NO_STATES },
  accepted: 0,
  callsSucceeded: 0,
  callsFailed: 0,
});

/** Adds `more` to `into`. */
export function mergeTotals(into: Totals, more: Totals): void {
  for (const state of STORED_STATES) into.states[state] += more.states[state];
  into.accepted += more.accepted;
  into.callsSucceeded += more.callsSucceeded;
  into.callsFailed += more.callsFailed;
}

/** What one transaction counts of an app and lane. */
type TallyEntry = CellKey & { cell: Cell; states: Totals["states"] };
type EntryParts = [appId: number, lane: string, states: number[], ...CellParts];

const encodeEntries = (entries: Iterable<TallyEntry>): string =>
  JSON.stringify(
    Array.from(entries, ({ appId, lane, cell, states }) => [
      appId,
      lane,
      STORED_STATES.map((state) => states[state]),
      ...cellParts(cell),
    ]),
  );

/** What one transaction counts. */
export class Tally {
  readonly #cells = new Map<string, TallyEntry>();

  get empty(): boolean {
    return this.#cells.size === 0;
  }

  /** A recorded call. */
  attempt(appId: number, lane: Lane, { n, outcome, error, durationMs }: AttemptRecord): void {
    const { cell } = this.#at(appId, lane);
    cell.counts[outcome === "succeeded" ? "callsSucceeded" : "callsFailed"] += 1;
    if (n > 1) cell.counts.retries += 1;
    if (outcome === "failed") {
      const code = error?.code ?? "unknown";
      cell.errors[code] = (cell.errors[code] ?? 0) + 1;
    }
    const bucket = bucketOfDuration(durationMs);
    cell.durations[bucket] = (cell.durations[bucket] ?? 0) + 1;
  }

  /** A change of state; none where `from` is `to`. */
  transition({ appId, lane, from, to, count = 1 }: Transition): void {
    if (from === to || count === 0) return;
    const { cell, states } = this.#at(appId, lane);
    if (from !== null) states[from] -= count;
    if (to === null) return;
    states[to] += count;
    // What is imported in an ended state was accepted too.
    if (from === null) cell.counts.accepted += count;
    if (to !== "pending") cell.counts[to] += count;
    else if (from !== null) cell.counts.reopened += count;
  }

  /** As text; see {@link sumTallies}. */
  encode(): string {
    return encodeEntries(this.#cells.values());
  }

  /**
   * The same with the lanes of each app summed up, `lane` being {@link ALL_LANES}: a fraction of the text where many
   * destinations share a transaction. Null where no app has several lanes.
   */
  encodeByApp(): string | null {
    const apps = new Map<number, TallyEntry>();
    for (const { appId } of this.#cells.values())
      if (!apps.has(appId))
        apps.set(appId, { appId, lane: ALL_LANES, cell: emptyCell(), states: { ...NO_STATES } });
    if (apps.size === this.#cells.size) return null;
    for (const { appId, cell, states } of this.#cells.values()) {
      const sum = apps.get(appId) as TallyEntry;
      mergeCell(sum.cell, cell);
      for (const state of STORED_STATES) sum.states[state] += states[state];
    }
    return encodeEntries(apps.values());
  }

  #at(appId: number, lane: string) {
    const key = `${appId} ${lane}`;
    let found = this.#cells.get(key);
    if (!found) {
      found = { appId, lane, cell: emptyCell(), states: emptyTotals().states };
      this.#cells.set(key, found);
    }
    return found;
  }
}

/** What was counted of one app and lane within one minute. */
export interface Counted extends CellKey {
  /** Beginning of the minute. */
  at: EpochMs;
  cell: Cell;
  totals: Totals;
}

/**
 * Sums up encoded tallies. On the way of every reading of statistics, so entries are added as they were parsed.
 * @param lanes `together`: summed up over all lanes of an app, as {@link ALL_LANES}
 */
export function sumTallies(
  tallies: { at: number; data: string }[],
  lanes: "apart" | "together" = "apart",
): Counted[] {
  const sums = new Map<string, Counted>();
  for (const { at, data } of tallies) {
    const minute = floorTo(at, "minute");
    for (const [appId, ownLane, states, ...parts] of JSON.parse(data) as EntryParts[]) {
      const lane = lanes === "apart" ? ownLane : ALL_LANES;
      const key = `${appId} ${lane} ${minute}`;
      let sum = sums.get(key);
      if (!sum) {
        sum = { appId, lane, at: minute, cell: emptyCell(), totals: emptyTotals() };
        sums.set(key, sum);
      }
      addParts(sum.cell, parts);
      for (let i = 0; i < STORED_STATES.length; i++)
        sum.totals.states[STORED_STATES[i] as StoredState] += states[i] ?? 0;
    }
  }
  for (const { cell, totals } of sums.values()) {
    totals.accepted = cell.counts.accepted;
    totals.callsSucceeded = cell.counts.callsSucceeded;
    totals.callsFailed = cell.counts.callsFailed;
  }
  return [...sums.values()];
}

export const encodeCell = (cell: Cell): string => JSON.stringify(cellParts(cell));

export function decodeCell(text: string): Cell {
  const cell = emptyCell();
  addEncoded(cell, text);
  return cell;
}

/** Adds an encoded cell to `into`. */
export const addEncoded = (into: Cell, text: string): void => addParts(into, JSON.parse(text) as CellParts);

type CellParts = [counts: number[], errors: Cell["errors"], durations: Histogram];

const cellParts = ({ counts, errors, durations }: Cell): CellParts => [
  COUNTERS.map((name) => counts[name]),
  errors,
  durations,
];

function addParts(into: Cell, [counts, errors, durations]: CellParts): void {
  // The hot loop of every reading: no iterators.
  for (let i = 0; i < COUNTERS.length; i++) into.counts[COUNTERS[i] as Counter] += counts[i] ?? 0;
  for (const code in errors) into.errors[code] = (into.errors[code] ?? 0) + (errors[code] as number);
  mergeHistogram(into.durations, durations);
}
