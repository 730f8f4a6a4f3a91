/** One search over everything that has a name; and what filters may be filled with. */
import { idPartsOf } from "../../core/id-parts.ts";
import { parseTaskId } from "../../core/ids.ts";
import { CALL_ERRORS } from "../../core/outcome.ts";
import type { SearchAnswer, SearchGroup, Suggestions, SuggestQuery, TaskPlace } from "../../core/search.ts";
import { appsLike } from "../../store/apps.ts";
import { listDestinations } from "../../store/destinations.ts";
import { incidentsLike } from "../../store/incidents.ts";
import { listTasks } from "../../store/list-tasks.ts";
import { mutesAt } from "../../store/mutes.ts";
import type { TaskFilter } from "../../store/read.ts";
import { EVERYTHING } from "../../store/scope.ts";
import {
  keysLike,
  namesOfLate,
  type SomeTasks,
  tasksByIdempotencyKey,
  tasksByIdParts,
  tasksByKey,
} from "../../store/search-tasks.ts";
import type { Resources } from "../node/resources.ts";
import { withApps } from "../tasks/calling-app.ts";
import { hashesOfKey } from "../tasks/idempotency.ts";
import { taskItem } from "../tasks/views.ts";
import { incidentView } from "./incidents.ts";
import { filterOf } from "./task-filter.ts";

/** Of each place. */
const MOST = 5;
/** Names that are suggested. */
const SUGGESTIONS = 10;
/** A search that no index helps does not begin another look after this long, in ms. */
const PATIENCE = 100;

type Db = Pick<Resources, "db">;

/**
 * Looks at each place. One that fails is named, and the others are answered all the same.
 * @param masked without secrets, see `core/task-secrets.ts`
 * @throws BidaError unavailable where every place fails
 */
export async function search(resources: Resources, text: string, masked: boolean): Promise<SearchAnswer> {
  const { db } = resources;
  const { filter: byUrl, leased } = await filterOf({ url: text }, resources, masked);
  const tasks = (place: TaskPlace, find: () => Promise<SomeTasks>): Place => [
    place,
    async () => {
      const { tasks: found, complete } = await find();
      const views = found.map((task) => taskItem(task, leased.has(task.taskId), masked));
      return { items: await withApps(db, found, views), complete };
    },
  ];
  const listed = (filter: TaskFilter) => async (): Promise<SomeTasks> => {
    const { items, nextCursor } = await listTasks(db, EVERYTHING, filter, MOST, null, "created", PATIENCE);
    return { tasks: items, complete: nextCursor === null };
  };
  const parts = idPartsOf(text);
  const sure = parseTaskId(text) === null ? parts : parts.slice(0, 1);
  // Three at once, however many places there are: a node has a dozen connections.
  const ways: Place[][] = [
    [
      tasks("taskId", () => tasksByIdParts(db, sure, MOST)),
      tasks("businessKey", () => tasksByKey(db, "business_key", text, MOST)),
      tasks("orderKey", () => tasksByKey(db, "order_key", text, MOST)),
      tasks("idempotencyKey", () => tasksByIdempotencyKey(db, hashesOfKey(text), MOST)),
      ["app", () => apps({ db }, text)],
      ["destination", () => destinations({ db }, text)],
      ["incident", () => incidents(resources, text)],
    ],
    [tasks("url", listed(byUrl))],
    db.sealing.currentId === null
      ? [tasks("payload", listed((await filterOf({ q: text }, resources, masked)).filter))]
      : [],
  ];
  const failures: unknown[] = [];
  const found = await Promise.all(
    ways.map(async (way) => {
      const groups: SearchGroup[] = [];
      for (const [place, find] of way) {
        try {
          groups.push({ place, unsearched: null, ...(await find()) } as SearchGroup);
        } catch (error) {
          failures.push(error);
          groups.push({ place, unsearched: "failed", items: [], complete: false });
        }
      }
      return groups;
    }),
  );
  const groups = found.flat();
  if (failures.length === groups.length) throw failures[0];
  if (db.sealing.currentId !== null)
    groups.push({ place: "payload", unsearched: "encrypted", items: [], complete: false });
  return { groups };
}

type Place = [
  place: SearchGroup["place"],
  find: () => Promise<{ items: SearchGroup["items"]; complete: boolean }>,
];

async function apps({ db }: Db, text: string) {
  const [own, ...named] = await Promise.all([
    appsLike(db, text, MOST + 1),
    namesOfLate(db, "source_app_name"),
    namesOfLate(db, "target_app_name"),
  ]);
  const of = (field: "app" | "sourceAppName" | "targetAppName", names: string[]) =>
    names.map((name) => ({ name, field }));
  const [sources = [], targets = []] = named.map((names) => names.filter(holding(text)));
  const all = [...of("app", own), ...of("sourceAppName", sources), ...of("targetAppName", targets)];
  return { items: all.slice(0, MOST), complete: all.length <= MOST };
}

async function destinations({ db }: Db, text: string) {
  const { items, nextCursor } = await listDestinations(db, { q: text }, MOST, null);
  return { items: items.map(({ origin }) => ({ origin })), complete: nextCursor === null };
}

async function incidents({ db, clock }: Pick<Resources, "db" | "clock">, text: string) {
  const [found, mutes] = await Promise.all([incidentsLike(db, text, MOST + 1), mutesAt(db, clock.now())]);
  const items = found.slice(0, MOST).map((one) => incidentView(one, mutes));
  return { items, complete: found.length <= MOST };
}

const holding = (text: string) => (name: string) => name.toLowerCase().includes(text.toLowerCase());

/** Values of a filter that fit what was typed so far. */
export async function suggest({ db }: Db, { field, text = "" }: SuggestQuery): Promise<Suggestions> {
  const items = await valuesOf({ db }, field, text);
  return { items: items.slice(0, SUGGESTIONS) };
}

async function valuesOf({ db }: Db, field: SuggestQuery["field"], text: string): Promise<string[]> {
  switch (field) {
    case "app":
      return appsLike(db, text, SUGGESTIONS);
    case "sourceAppName":
      return (await namesOfLate(db, "source_app_name")).filter(holding(text));
    case "targetAppName":
      return (await namesOfLate(db, "target_app_name")).filter(holding(text));
    case "destination": {
      const filter = text === "" ? {} : { q: text };
      return (await listDestinations(db, filter, SUGGESTIONS, null)).items.map(({ origin }) => origin);
    }
    case "errorCode":
      return Object.keys(CALL_ERRORS).filter(holding(text));
    case "orderKey":
      return keysLike(db, "order_key", text, SUGGESTIONS);
    case "businessKey":
      return keysLike(db, "business_key", text, SUGGESTIONS);
  }
}
