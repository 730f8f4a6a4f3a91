/** Short messages about what happened, with a way on: a link, or an undo. */
import { ApiError } from "../api/problem.ts";
import { t } from "../lib/i18n.svelte.ts";
import { problemText, ruleText } from "../lib/problem-text.ts";
import { belongings } from "./belongings.ts";

export interface Toast {
  id: number;
  kind: "done" | "problem";
  text: string;
  detail?: string;
  link?: { href: string; text: string };
  undo?: () => Promise<unknown>;
}

const SHOWN_FOR = 8_000;

let list = $state.raw<Toast[]>([]);
let last = 0;
// They name what somebody did, and offer to take it back.
belongings.register(() => {
  list = [];
});

export const toasts = {
  get list() {
    return list;
  },
  done(text: string, more: Pick<Toast, "link" | "undo" | "detail"> = {}): void {
    add({ kind: "done", text, ...more });
  },
  /** Stays until it is closed. */
  problem(text: string, error?: unknown): void {
    if (error instanceof ApiError && error.status === 401) return;
    add({ kind: "problem", text, ...(error === undefined ? {} : { detail: messageOf(error) }) });
  },
  close(id: number): void {
    list = list.filter((toast) => toast.id !== id);
  },
};

function add(toast: Omit<Toast, "id">): void {
  const id = ++last;
  list = [...list.slice(-3), { ...toast, id }];
  if (toast.kind === "done") setTimeout(() => toasts.close(id), SHOWN_FOR);
}

/** What to tell people of an error. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String((error as Error)?.message ?? error);
  if (error.status === 0) return t("error.unreachable");
  const text = problemText(error);
  if (error.status === 403) return `${t("error.forbidden")} ${text}`;
  const fields = error.fields.map(({ field, message }) => `${field} ${ruleText(message)}`).join("; ");
  // What is wrong with a task's state stands in the text already.
  return fields && error.code !== "state_conflict" && !error.message.includes(fields)
    ? `${text}: ${fields}`
    : text;
}
