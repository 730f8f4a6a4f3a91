/** What a filter of many tasks says, in words: for the dialogs that act on it, and for the page of a job. */
import type { Job, TaskFilter } from "../api/types.ts";
import { dateTime } from "./format.ts";
import { type Key, t } from "./i18n.svelte.ts";

type Filter = TaskFilter | Job["filter"];

const LABELS: [string, Key][] = [
  ["destination", "field.destination"],
  ["url", "filter.url"],
  ["q", "filter.q"],
  ["sourceAppName", "field.sourceAppName"],
  ["targetAppName", "field.targetAppName"],
  ["incident", "page.incident"],
];

/** Label and value of each condition. */
export function filterWords(filter: Filter): [label: string, value: string][] {
  const { state, createdFrom, createdTo } = filter;
  const texts = LABELS.flatMap(([key, label]): [string, string][] => {
    const value = (filter as Record<string, unknown>)[key];
    return typeof value === "string" || typeof value === "number" ? [[t(label), String(value)]] : [];
  });
  const times: [string, string][] = [];
  if (createdFrom) times.push([`${t("field.createdAt")} ≥`, dateTime(createdFrom)]);
  if (createdTo) times.push([`${t("field.createdAt")} <`, dateTime(createdTo)]);
  const states: [string, string][] = state
    ? [[t("field.state"), state.map((one) => t(`state.${one}`)).join(" · ")]]
    : [];
  return [...states, ...texts, ...times];
}
