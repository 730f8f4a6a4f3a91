/** What a filter of many tasks says, in words: for the dialogs that act on it, and for the page of a job. */
import type { Job, TaskFilter } from "../api/types.ts";
import { dateTime } from "./format.ts";
import { type Key, t } from "./i18n.svelte.ts";

const LABELS: [keyof TaskFilter, Key][] = [
  ["url", "filter.url"],
  ["q", "filter.q"],
  ["sourceAppName", "field.sourceAppName"],
  ["targetAppName", "field.targetAppName"],
  ["app", "field.app"],
  ["destination", "field.destination"],
  ["errorCode", "field.errorCode"],
  ["status", "filter.status"],
  ["orderKey", "field.orderKey"],
  ["businessKey", "field.businessKey"],
  ["incident", "page.incident"],
];
const TIMES: [keyof TaskFilter, string, Key][] = [
  ["createdFrom", "≥", "field.createdAt"],
  ["createdTo", "<", "field.createdAt"],
  ["finishedFrom", "≥", "field.finishedAt"],
  ["finishedTo", "<", "field.finishedAt"],
];

/** Label and value of each condition. */
export function filterWords(filter: TaskFilter | Job["filter"]): [label: string, value: string][] {
  const states: [string, string][] = filter.state
    ? [[t("field.state"), filter.state.map((one) => t(`state.${one}`)).join(" · ")]]
    : [];
  const texts = LABELS.flatMap(([key, label]): [string, string][] => {
    const value = filter[key];
    if (value === undefined) return [];
    return [[t(label), Array.isArray(value) ? value.join(" · ") : String(value)]];
  });
  const times = TIMES.flatMap(([key, sign, label]): [string, string][] => {
    const value = filter[key];
    return typeof value === "string" ? [[`${t(label)} ${sign}`, dateTime(value)]] : [];
  });
  return [...states, ...texts, ...times];
}
