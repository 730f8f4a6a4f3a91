/** From a due entry to the job a dispatcher gets. The row decides: an entry it contradicts is put right instead. */

import type { Logger } from "moleculer";
import { ALARM_APP_ID } from "../../core/alarm/alarm.ts";
import { type Clock, millis, seconds } from "../../core/clock.ts";
import { type DueEntry, dueEntryOf, type Job } from "../../core/job.ts";
import type { Settlement } from "../../due/due-set.ts";
import { signingSecrets } from "../../store/apps.ts";
import { claimedTasks } from "../../store/read.ts";
import type { StoredTask } from "../../store/rows.ts";
import type { Resources } from "../node/resources.ts";
import type { DueRepeats } from "../tasks/due-repeats.ts";
import { addressAlarms, cancelAstray } from "./alarm-jobs.ts";
import type { LaneSettings } from "./lane-settings.ts";
import { setAsideEach } from "./set-aside.ts";

/** How long calls that cannot be signed or made are put off. */
const UNSIGNABLE_PAUSE = seconds(30);

/** How long signing secrets may be out of date, in ms. */
const SECRETS_TTL = 10_000;

export class JobMaker {
  readonly #resources: Resources;
  readonly #log: Logger;
  readonly #laneSettings: LaneSettings;
  readonly #repeats: Pick<DueRepeats, "settle">;
  readonly #secrets = new Map<number, { secrets: string[] | null; readAt: number }>();

  constructor(
    resources: Resources,
    laneSettings: LaneSettings,
    repeats: Pick<DueRepeats, "settle">,
    log: Logger,
  ) {
    this.#repeats = repeats;
    this.#resources = resources;
    this.#laneSettings = laneSettings;
    this.#log = log;
  }

  /**
   * The jobs of leased entries, read from the database. Entries whose row says otherwise (ended, or due later) are
   * settled and missing from the result; so are those whose row cannot be read, which are set aside.
   * @throws BidaError unavailable
   */
  async load(holder: string, entries: DueEntry[]): Promise<Job[]> {
    const { db, clock } = this.#resources;
    const ids = entries.map(({ taskId }) => taskId);
    const tasks = new Map((await claimedTasks(db, ids)).map((task) => [task.taskId, task]));
    const corrupt = [...tasks.values()].filter((task) => task.corrupt && task.state === "pending");
    const stuck = await setAsideEach(
      this.#resources,
      this.#log,
      corrupt.map(({ taskId }) => taskId),
    );
    const shut = new Set([...tasks.values()].flatMap((task) => (task.unopened ? task.taskId : [])));
    if (shut.size > 0)
      this.#log.error(
        { tasks: shut.size, meanwhile: "their calls wait" },
        "payloads are sealed with a key that this node lacks: wrong BIDA_SECRET_KEY?",
      );
    const settlements = entries.flatMap((entry) =>
      stuck.has(entry.taskId) || shut.has(entry.taskId)
        ? [this.#putOff(entry)]
        : contradiction(entry, tasks.get(entry.taskId), clock),
    );
    if (settlements.length > 0) await this.#repeats.settle(holder, settlements);
    const wrong = new Set(settlements.map(({ entry }) => entry.taskId));
    const right = entries.filter(({ taskId }) => !wrong.has(taskId));
    return this.make(
      holder,
      right,
      right.map(({ taskId }) => tasks.get(taskId) as StoredTask),
    );
  }

  /**
   * The jobs of leased entries whose tasks are at hand. Without its app's secrets a call could not be signed, without
   * its channel's an alarm could not be sent: such entries are put off, at no cost of an attempt, and are missing from
   * the result; so are alarms whose channel is deleted, which are canceled.
   * @param leasedIn what holds the leases
   */
  async make(
    holder: string,
    entries: DueEntry[],
    tasks: StoredTask[],
    leasedIn: "due set" | "row" = "due set",
  ): Promise<Job[]> {
    await this.#readSecrets(tasks);
    const alarms = await addressAlarms(this.#resources, tasks, this.#log);
    const ended = await cancelAstray(this.#resources, alarms.astray, this.#log);
    const putOff: Settlement[] = [];
    const jobs = entries.flatMap((entry, i): Job[] => {
      const task = tasks[i] as StoredTask;
      const alarm = alarms.ready.get(task.taskId);
      if (alarm) return [{ ...this.#jobOf(entry, task, []), ...alarm }];
      const secrets = task.appId === 0 ? [] : this.#secrets.get(task.appId)?.secrets;
      if (secrets && task.appId !== ALARM_APP_ID)
        return [this.#jobOf(entry, task, task.unsigned ? [] : secrets)];
      const settlement = ended.has(task.taskId) ? { entry, next: null, health: null } : this.#putOff(entry);
      putOff.push({ ...settlement, unheld: leasedIn === "row" });
      return [];
    });
    if (putOff.length > 0) await this.#repeats.settle(holder, putOff);
    return jobs;
  }

  /** An app's secrets changed. A hint: without it they are read again after a while. */
  forgetSecrets(appId: number): void {
    const known = this.#secrets.get(appId);
    // Not deleted: a call that is being made of it just now would be put off.
    if (known) known.readAt = Number.NEGATIVE_INFINITY;
  }

  #putOff(entry: DueEntry): Settlement {
    const next = { ...entry, dueAt: this.#resources.clock.after(UNSIGNABLE_PAUSE) };
    return { entry, next, health: null };
  }

  #jobOf(entry: DueEntry, task: StoredTask, secrets: string[]): Job {
    const job = jobOf(entry, task, secrets);
    if (task.orderKey !== null) job.ordered = true;
    this.#laneSettings.apply(job);
    return job;
  }

  async #readSecrets(tasks: StoredTask[]): Promise<void> {
    const now = performance.now();
    const isStale = (id: number) =>
      id > 0 && now - (this.#secrets.get(id)?.readAt ?? Number.NEGATIVE_INFINITY) > SECRETS_TTL;
    const stale = [...new Set(tasks.map(({ appId }) => appId))].filter(isStale);
    if (stale.length === 0) return;
    const { db, box, clock } = this.#resources;
    const read = await signingSecrets(db, box, stale, clock.now());
    for (const id of stale) {
      // An app without secrets is missing; null is one whose secrets do not open.
      const secrets = read.get(id);
      if (secrets === null)
        this.#log.error(
          { appId: id, meanwhile: "its calls wait" },
          "signing secrets do not open: wrong BIDA_SECRET_KEY?",
        );
      this.#secrets.set(id, { secrets: secrets === undefined ? [] : secrets, readAt: now });
    }
  }
}

function jobOf(entry: DueEntry, task: StoredTask, secrets: string[]): Job {
  return {
    ...entry,
    n: task.callCount + 1,
    url: task.url,
    requestMethod: task.requestMethod,
    requestParam: task.requestParam,
    body: task.body,
    bodyBase64: task.bodyBase64,
    contentType: task.contentType,
    headers: task.headers,
    expectResult: task.expectResult,
    expect: task.expect,
    timeoutMs: task.timeoutMs,
    expiresAt: task.expiresAt,
    secrets,
    ...(task.profile !== null && { profile: task.profile }),
  };
}

function contradiction(entry: DueEntry, task: StoredTask | undefined, clock: Clock): Settlement[] {
  const next = task && !task.corrupt ? dueEntryOf(task) : null;
  // Not as the row has it: what is recorded would be counted elsewhere. The reconciler adds the right one.
  if (next && (next.lane !== entry.lane || next.app !== entry.app))
    return [{ entry, next: null, health: null }];
  // A first call's entry of a task that has been called is a leftover (added from a row read just before the record of
  // that call): the retry has an entry of its own, and both would lead to the same call.
  const due = next !== null && next.first === entry.first && next.dueAt <= clock.after(millis(0));
  return due ? [] : [{ entry, next, health: null }];
}
