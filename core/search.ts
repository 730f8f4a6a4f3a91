/** One search over everything that has a name, and what filters may be filled with. */
import type { IncidentView } from "./incident.ts";
import type { TaskItem } from "./task-views.ts";

/** Where tasks are looked for. */
export const TASK_PLACES = ["taskId", "businessKey", "orderKey", "idempotencyKey", "url", "payload"] as const;
export type TaskPlace = (typeof TASK_PLACES)[number];

/** Why a place was not searched: payloads are encrypted there, or the search failed. */
export const UNSEARCHED = ["encrypted", "failed"] as const;

/** Filters that an app's name may be a value of. */
export const APP_FIELDS = ["app", "sourceAppName", "targetAppName"] as const;

/** What was found at one place, the best or the newest first; a handful at most. */
interface Found<Place extends string, Item> {
  place: Place;
  items: Item[];
  /** Whether all was looked at, and is among `items`. Otherwise there may be more. */
  complete: boolean;
  unsearched: (typeof UNSEARCHED)[number] | null;
}

export type SearchGroup =
  | Found<TaskPlace, TaskItem>
  | Found<"app", { name: string; field: (typeof APP_FIELDS)[number] }>
  | Found<"destination", { origin: string }>
  | Found<"incident", IncidentView>;

export interface SearchQuery {
  /** What somebody typed. */
  text: string;
}

/** A group for each place, also where nothing was found. */
export interface SearchAnswer {
  groups: SearchGroup[];
}

/** Filters whose values are suggested. */
export const SUGGESTED = [...APP_FIELDS, "destination", "errorCode", "orderKey", "businessKey"] as const;

export interface SuggestQuery {
  field: (typeof SUGGESTED)[number];
  /** The beginning of an order or business key, a part of anything else; missing: nothing was typed yet. */
  text?: string | undefined;
}

export interface Suggestions {
  /** Ten at most. */
  items: string[];
}
