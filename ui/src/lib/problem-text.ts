/**
 * What the server refused, in the viewer's language: by the code of the problem, and by the sentences that the catalogue
 * knows. What it does not know stays in the server's own words, which are English.
 */
import type { ApiError } from "../api/problem.ts";
import { en } from "../i18n/en.ts";
import { i18n, type Key, t, tCode } from "./i18n.svelte.ts";
import { FIELD_RULES, matched, type Rules } from "./rules.ts";

/** The sentences by which a server says why (core/task.ts, store/users.ts, store/apps.ts, store/bulk/jobs.ts, store/resends.ts, store/mutes.ts). */
const REASONS: Rules = [
  [/a copy of it has succeeded$/, "reason.copySucceeded"],
  [/a copy of it is still open$/, "reason.copyOpen"],
  [/^there is no such task$/, "reason.noTask"],
  [/it does not fit the filter any more$/, "reason.noFit"],
  [/^A task is called at most \d+ times by hand/, "reason.worn"],
  [/^it has succeeded$/, "reason.hasSucceeded"],
  [/^its filter cannot be read$/, "reason.filter"],
  [/it is being called just now$/, "reason.calling"],
  [/it waits for an earlier task of its orderKey$/, "reason.held"],
  [/it has succeeded; send `force: true` to call again$/, "reason.succeeded"],
  [/it is (?<state>\w+)(, not exhausted)?$/, "reason.state"],
  [/^There is an? (user|app|view) "(?<name>.*)" already$/, "reason.taken"],
  [/^This is the last administrator$/, "reason.lastAdmin"],
  [/^The job is \w+ already$/, "reason.jobEnded"],
  [/^It is muted by wider mutes: (?<mutes>.+)$/s, "reason.widerMutes"],
];

function translated(text: string, rules: Rules): string | undefined {
  const found = matched(text, rules);
  if (!found) return undefined;
  const { state, fault, list, ...names } = found.names;
  return t(found.key, {
    ...names,
    ...(state && { state: tCode("state", state) }),
    ...(fault && { fault: ruleText(fault) }),
    // Words for people who read another language: no "or" among them.
    ...(list && { list: list.replace(/,? or /, ", ") }),
  } as Record<string, string>);
}

/** Why a task was left out of a change of many. */
export const reasonText = (reason: string): string => translated(reason, REASONS) ?? reason;

/** The rule that a field breaks. */
export const ruleText = (message: string): string => translated(message, FIELD_RULES) ?? message;

/** The whole refusal, without its fields. */
export function problemText({ code, message }: Pick<ApiError, "code" | "message">): string {
  const reason = translated(message, REASONS);
  if (reason) return reason;
  const key = `problem.${code}`;
  if (i18n.language === "en" || !(key in en)) return message;
  const text = t(key as Key);
  // The title says no more than the code does; anything else is particular.
  return message === en[key as Key] ? text : `${text}（${message}）`;
}
