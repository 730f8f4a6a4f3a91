/** The tasks that are selected in a list, and what is being done to them. */
import type { Task } from "../api/types.ts";
import { t } from "../lib/i18n.svelte.ts";
import { type Act, actOnMany, meant } from "../lib/tasks.ts";
import { confirm } from "./confirm.svelte.ts";
import { toasts } from "./toasts.svelte.ts";

export class Selection {
  #ids = $state.raw<ReadonlySet<string>>(new Set());
  #refused = $state.raw<ReadonlyMap<string, string>>(new Map());
  #running = $state<{ done: number; of: number } | null>(null);
  /** Where a stretch begins. */
  #anchor: string | null = null;

  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** How far the work on those that are selected is; null: none is under way. */
  get running() {
    return this.#running;
  }

  /** What the server refused, by task. */
  get refused(): ReadonlyMap<string, string> {
    return this.#refused;
  }

  get active(): boolean {
    return this.#ids.size > 0 || this.#running !== null;
  }

  clear(): void {
    this.#ids = new Set();
    this.#refused = new Map();
    this.#anchor = null;
  }

  /** Selects exactly these. */
  only(tasks: readonly Task[]): void {
    this.#ids = new Set(tasks.map(({ taskId }) => taskId));
  }

  /** Selects a task or takes it out again; with `range`, all those of `rows` from the one that was marked before. */
  mark(rows: readonly Task[], taskId: string, on: boolean, range = false): void {
    const at = rows.findIndex((row) => row.taskId === taskId);
    const before = range ? rows.findIndex((row) => row.taskId === this.#anchor) : -1;
    const from = before < 0 ? at : Math.min(before, at);
    const to = before < 0 ? at : Math.max(before, at);
    const next = new Set(this.#ids);
    for (const row of rows.slice(from, to + 1)) {
      if (on) next.add(row.taskId);
      else next.delete(row.taskId);
    }
    this.#anchor = taskId;
    this.#ids = next;
  }

  /** Asks, and does it to those of `chosen` that it is meant for. Tasks that were refused or not tried stay selected. */
  async act(what: Act, chosen: readonly Task[]): Promise<void> {
    const fit = chosen.filter(({ state }) => meant(what, state));
    if (fit.length === 0) return;
    const left = chosen.length - fit.length;
    const answer = await confirm({
      title: t(`confirm.many.${what}`, { n: fit.length }),
      text: `${t(`confirm.many.${what}.text`)} ${left > 0 ? t("confirm.many.left", { n: left }) : ""}`,
      action: t(`act.${what}`),
      danger: what === "cancel",
      note: true,
      schedule: what === "retry",
    });
    if (!answer) return;
    this.#running = { done: 0, of: fit.length };
    const {
      done,
      refused,
      left: untried,
    } = await actOnMany(
      fit.map(({ taskId }) => taskId),
      what,
      answer,
      (done) => {
        this.#running = { done, of: fit.length };
      },
    );
    this.#running = null;
    if (done.size > 0) toasts.done(t(`done.many.${what}`, { n: done.size }));
    const said = refused.size > 0 ? t("done.many.refused", { n: refused.size }) : "";
    if (said)
      toasts.problem(untried.length > 0 ? `${said} ${t("done.many.left", { n: untried.length })}` : said);
    // Of the present selection: another page may be shown by this time.
    const over = new Set(
      chosen.map(({ taskId }) => taskId).filter((id) => !refused.has(id) && !untried.includes(id)),
    );
    this.#ids = new Set([...this.#ids].filter((id) => !over.has(id)));
    this.#refused = new Map([...refused].filter(([id]) => this.#ids.has(id)));
  }
}
