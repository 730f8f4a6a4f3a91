/** From a due entry to the job a dispatcher gets. The row decides: an entry it contradicts is put right instead. */
import type { Clock } from "../../core/clock.ts";
import { type DueEntry, dueEntryOf, type Job } from "../../core/job.ts";
import type { DueSet, Settlement } from "../../due/due-set.ts";
import { signingSecrets } from "../../store/apps.ts";
import { findTasks } from "../../store/read.ts";
import type { StoredTask } from "../../store/rows.ts";
import { EVERYTHING } from "../../store/scope.ts";
import type { Resources } from "../lib/resources.ts";

/** How long signing secrets may be out of date, in ms. */
const SECRETS_TTL = 10_000;

export class JobMaker {
  readonly #resources: Resources;
  readonly #secrets = new Map<number, { secrets: string[]; readAt: number }>();

  constructor(resources: Resources) {
    this.#resources = resources;
  }

  /**
   * The jobs of leased entries, read from the database. Entries whose row says otherwise (ended, or due later) are
   * settled and missing from the result.
   * @throws BidaError unavailable
   */
  async load(holder: string, entries: DueEntry[]): Promise<Job[]> {
    const { db, due, clock } = this.#resources;
    const ids = entries.map(({ taskId }) => taskId);
    const tasks = new Map((await findTasks(db, EVERYTHING, ids)).map((task) => [task.taskId, task]));
    const settlements = entries.flatMap((entry) => contradiction(entry, tasks.get(entry.taskId), clock));
    if (settlements.length > 0) await settleQuietly(due, holder, settlements);
    const wrong = new Set(settlements.map(({ entry }) => entry.taskId));
    const right = entries.filter(({ taskId }) => !wrong.has(taskId));
    return this.make(
      right,
      right.map(({ taskId }) => tasks.get(taskId) as StoredTask),
    );
  }

  /** The jobs of leased entries whose tasks are at hand, in the same order. */
  async make(entries: DueEntry[], tasks: StoredTask[]): Promise<Job[]> {
    await this.#readSecrets(tasks);
    return entries.map((entry, i) => {
      const task = tasks[i] as StoredTask;
      return {
        ...entry,
        n: task.callCount + 1,
        url: task.url,
        requestMethod: task.requestMethod,
        requestParam: task.requestParam,
        body: task.body,
        contentType: task.contentType,
        headers: task.headers,
        expectResult: task.expectResult,
        expect: task.expect,
        timeoutMs: task.timeoutMs,
        expiresAt: task.expiresAt,
        secrets: this.#secrets.get(task.appId)?.secrets ?? [],
      };
    });
  }

  async #readSecrets(tasks: StoredTask[]): Promise<void> {
    const now = performance.now();
    const isStale = (id: number) =>
      id !== 0 && now - (this.#secrets.get(id)?.readAt ?? Number.NEGATIVE_INFINITY) > SECRETS_TTL;
    const stale = [...new Set(tasks.map(({ appId }) => appId))].filter(isStale);
    if (stale.length === 0) return;
    const read = await signingSecrets(this.#resources.db, this.#resources.box, stale);
    for (const id of stale) this.#secrets.set(id, { secrets: read.get(id) ?? [], readAt: now });
  }
}

function contradiction(entry: DueEntry, task: StoredTask | undefined, clock: Clock): Settlement[] {
  const next = task ? dueEntryOf(task) : null;
  const due = next !== null && next.dueAt <= clock.after(0 as never);
  return due ? [] : [{ entry, next }];
}

/** A settlement that fails is made up for: the lease runs out, and the row decides at the next claim. */
export async function settleQuietly(due: DueSet, holder: string, settlements: Settlement[]): Promise<void> {
  await due.settle(holder, settlements).catch(() => undefined);
}
