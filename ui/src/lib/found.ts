/** What the palette makes of the server's answer to a search. */
import type { SearchAnswer, Task } from "../api/types.ts";
import type { IconName } from "../components/Icon.svelte";
import { shortId, urlParts } from "./format.ts";
import { type Key, t } from "./i18n.svelte.ts";
import { go, readable } from "./router.svelte.ts";

/** One line that can be chosen. */
export interface Entry {
  /** Tells it from the others, whatever comes before or behind it. */
  key: string;
  icon: IconName;
  text: string;
  /** Beside the text. */
  detail?: string;
  state?: Task["state"];
  keys?: string;
  run: () => void;
}

export interface Section {
  key: string;
  title: Key;
  entries: Entry[];
}

type Group = SearchAnswer["groups"][number];
type Place = Group["place"];

const TITLES: Record<Place, Key> = {
  taskId: "found.taskId",
  businessKey: "found.businessKey",
  orderKey: "found.orderKey",
  idempotencyKey: "found.idempotencyKey",
  incident: "found.incident",
  destination: "found.destination",
  app: "found.app",
  url: "found.url",
  payload: "found.payload",
};
/** How each place is searched: where nothing was found, another way of typing it may find it. */
const WAYS: Record<Place, Key> = {
  taskId: "found.by.ends",
  businessKey: "found.by.beginning",
  orderKey: "found.by.beginning",
  idempotencyKey: "found.by.whole",
  incident: "found.by.part",
  destination: "found.by.part",
  app: "found.by.part",
  url: "found.by.part",
  payload: "found.by.part",
};
/** What is sure comes first, what merely holds the text last. */
const ORDER = Object.keys(TITLES) as Place[];

export const tasksWith = (name: string, value: string): string =>
  `/tasks?${readable(new URLSearchParams({ [name]: value }))}`;

/** A section for each place where something was found; a task stands in the first of its places only. */
export function sectionsOf({ groups }: SearchAnswer): Section[] {
  const seen = new Set<string>();
  return groups
    .toSorted((a, b) => ORDER.indexOf(a.place) - ORDER.indexOf(b.place))
    .map((group) => ({
      key: group.place,
      title: TITLES[group.place],
      entries: entriesOf(group, seen),
    }))
    .filter(({ entries }) => entries.length > 0);
}

function entriesOf(group: Group, seen: Set<string>): Entry[] {
  switch (group.place) {
    case "app":
      return group.items.map(({ name, field }) => ({
        key: `${field} ${name}`,
        icon: "apps",
        text: name,
        detail: t(`field.${field}`),
        run: () => go(tasksWith(field, name)),
      }));
    case "destination":
      return group.items.map(({ origin }) => ({
        key: origin,
        icon: "destinations",
        text: origin,
        run: () => go(`/destinations/${encodeURIComponent(origin)}`),
      }));
    case "incident":
      return group.items.map(({ id, destination, errorCode, statusCode, tasks, endedAt }) => ({
        key: `incident ${id}`,
        icon: "warn",
        text: `${errorCode}${statusCode === null ? "" : ` ${statusCode}`} · ${destination ?? "–"}`,
        detail: t(endedAt === null ? "found.incident.open" : "found.incident.ended", { n: tasks }),
        run: () => go(`/incidents/${id}`),
      }));
    default:
      return group.items
        .filter(({ taskId }) => !seen.has(taskId) && seen.add(taskId))
        .map((task) => {
          const { host, rest } = urlParts(task.calledUrl ?? task.url);
          return {
            key: task.taskId,
            icon: "tasks",
            text: task.businessKey ?? task.orderKey ?? shortId(task.taskId),
            detail: `${host}${rest}`,
            state: task.state,
            run: () => go(`/tasks/${task.taskId}`),
          };
        });
  }
}

/** Where nothing was found, and how it was looked for there; null where something was found everywhere. */
function nothingIn(groups: Group[]): string | null {
  const empty = groups
    .filter(({ items, complete, unsearched }) => items.length === 0 && complete && unsearched === null)
    .map(({ place }) => place);
  if (empty.length === 0) return null;
  const sorted = ORDER.filter((place) => empty.includes(place));
  const ways = Array.from(new Set(sorted.map((place) => WAYS[place])), (way) =>
    t(way, {
      places: sorted
        .filter((place) => WAYS[place] === way)
        .map((place) => t(TITLES[place]))
        .join(t("found.and")),
    }),
  );
  return t("found.none", { places: ways.join(t("found.or")) });
}

/** What has to be said of an answer: where nothing was found or could be looked for, and where not all was looked at. */
export function notesOf({ groups }: SearchAnswer): string[] {
  const places = (which: Group[]) => which.map(({ place }) => t(TITLES[place])).join(" · ");
  const encrypted = groups.filter(({ unsearched }) => unsearched === "encrypted");
  const failed = groups.filter(({ unsearched }) => unsearched === "failed");
  // Where as much was found as is shown, there is more to see, and the list has it.
  const part = groups.filter(
    ({ complete, unsearched, items }) => !complete && unsearched === null && items.length === 0,
  );
  const none = nothingIn(groups);
  return [
    ...(none === null ? [] : [none]),
    ...(encrypted.length > 0 ? [t("found.encrypted", { places: places(encrypted) })] : []),
    ...(failed.length > 0 ? [t("found.failed", { places: places(failed) })] : []),
    ...(part.length > 0 ? [t("found.part", { places: places(part) })] : []),
  ];
}
