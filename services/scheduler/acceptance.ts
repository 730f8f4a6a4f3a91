/** Accepting: a checked request becomes a committed task; many callers share one commit. */
import { Batcher } from "../../core/batcher.ts";
import { BidaError } from "../../core/errors.ts";
import type { TaskId } from "../../core/ids.ts";
import { type Api, acceptSeconds, measured, tasksAccepted } from "../../core/metrics.ts";
import { type CheckedTask, checkTask, type TaskForm } from "../../core/parse-task.ts";
import { type Accepted, type NewTask, newTask } from "../../store/accept.ts";
import { acceptEach, type Refused } from "../../store/accept-each.ts";
import { findKnown, type Idempotency } from "../../store/idempotency.ts";
import type { StoredTask } from "../../store/rows.ts";
import type { Resources } from "../node/resources.ts";
import { type IdempotencyKey, idempotencyOf } from "../tasks/idempotency.ts";
import { storedTaskOf } from "../tasks/new-task.ts";
import { OpenTasks } from "../tasks/open-tasks.ts";
import type { Handover } from "./handover.ts";
import { KeyPaths } from "./key-paths.ts";
import { Origins } from "./origins.ts";

/** Who hands a task over. */
export interface Origin {
  appId: number;
  api: Api;
  sourceIp: string | null;
  /** The task's id, where the API chose it. */
  taskId?: TaskId | null;
}

/** One commit takes at most this. MySQL's max_allowed_packet is 16 MiB and more. */
const MAX_ITEMS = 500;
const MAX_BYTES = 4 * 1024 * 1024;
/**
 * Where tasks wait for their commit longer than this (ms), or so many, or so much, callers are asked to slow down: what
 * they hand over faster than the database takes it would only fill memory.
 */
const MAX_LAG = 2_000;
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 256 * 1024 * 1024;

export class Acceptance {
  readonly #resources: Pick<Resources, "db" | "clock" | "config">;
  readonly #batcher: Batcher<NewTask, Accepted | Refused>;
  /** Those with an `orderKey`: one commit at a time, so what came first is committed first. */
  readonly #orderedBatcher: Batcher<NewTask, Accepted | Refused>;
  readonly #origins: Origins;
  readonly #openTasks: OpenTasks;
  readonly #keyPaths: KeyPaths;

  /**
   * @param handover decides, just before a commit, which of its tasks go to a dispatcher without the due set
   * @param onCommitted gets the tasks of each commit that wait for nothing but their time; callers get their ids without
   *   waiting for it
   */
  constructor(
    resources: Pick<Resources, "db" | "clock" | "config">,
    handover: Pick<Handover, "choose" | "giveUp">,
    onCommitted: (tasks: StoredTask[]) => void,
  ) {
    this.#resources = resources;
    const { db, clock, config } = resources;
    this.#origins = new Origins({ db, clock, limit: config.newDestinations });
    void this.#origins.load();
    this.#keyPaths = new KeyPaths({ db });
    void this.#keyPaths.look();
    this.#openTasks = new OpenTasks({ db }, config.appOpenTasks);
    const batcherOf = (concurrency: number): Batcher<NewTask, Accepted | Refused> =>
      new Batcher({
        maxItems: MAX_ITEMS,
        maxBytes: MAX_BYTES,
        sizeOf: (item) => item.bytes,
        concurrency,
        // `checkLoad` asks callers to stop long before.
        maxWaiting: 2 * MAX_WAITING,
        flush: measured("accept", async (items) => {
          handover.choose(items);
          const results = await acceptEach(resources.db, items).catch((error: unknown) => {
            handover.giveUp(items.map(({ task }) => task));
            throw error;
          });
          const [committed, others] = parted(items, results);
          handover.giveUp(others);
          onCommitted(committed);
          return results;
        }),
      });
    this.#batcher = batcherOf(resources.db.driver.writers);
    this.#orderedBatcher = batcherOf(1);
  }

  /**
   * To be called before tasks are accepted, for a batch once: none of it is accepted then.
   * @throws BidaError too_many_requests, share_used_up
   */
  checkLoad(appId: number): void {
    this.#openTasks.check(appId);
    const both = [this.#batcher, this.#orderedBatcher];
    const lag = Math.max(...both.map((batcher) => batcher.lag));
    const isFull = both.some(({ size, bytes }) => size >= MAX_WAITING || bytes >= MAX_WAITING_BYTES);
    if (lag < MAX_LAG && !isFull) return;
    const limits = `${MAX_LAG} ms, ${MAX_WAITING} tasks or ${MAX_WAITING_BYTES / 1024 ** 2} MiB may wait`;
    throw new BidaError("too_many_requests", `Tasks come in faster than they can be committed (${limits})`, {
      retryAfter: Math.min(30, 1 + Math.ceil(lag / 1_000)),
    });
  }

  /**
   * Checks a request and accepts it. A repetition gets the id of the task it repeats, also where it could not be accepted
   * any more: its `expiresAt` has passed, or a limit is lower than it was.
   * @throws BidaError invalid_task, body_too_large, idempotency_conflict, unavailable
   */
  async submit(form: TaskForm, origin: Origin, key: IdempotencyKey | null): Promise<TaskId> {
    const idempotency = key && idempotencyOf(form, key);
    let checked: CheckedTask;
    try {
      checked = checkTask(form, this.#resources.clock.now());
    } catch (error) {
      const known = idempotency && (await findKnown(this.#resources.db, origin.appId, idempotency));
      if (known?.kind === "conflict") throw new BidaError("idempotency_conflict");
      if (known) return known.taskId;
      throw error;
    }
    return this.accept(checked, origin, idempotency);
  }

  /**
   * Resolves once the task is committed.
   * @throws BidaError idempotency_conflict, unavailable; too_many_requests for one new destination too many
   */
  async accept(
    checked: CheckedTask,
    origin: Origin,
    idempotency: Idempotency | null = null,
  ): Promise<TaskId> {
    const batcher = checked.spec.orderKey === null ? this.#batcher : this.#orderedBatcher;
    const startedAt = performance.now();
    const { sealing } = this.#resources.db;
    const accepted = await batcher.add(newTask(this.#stored(checked, origin), idempotency, sealing));
    if (accepted.kind === "refused") throw accepted.error;
    if (accepted.kind === "conflict") throw new BidaError("idempotency_conflict");
    if (accepted.kind === "created") {
      this.#openTasks.accepted(origin.appId);
      tasksAccepted[origin.api].inc();
      acceptSeconds[origin.api].observe((performance.now() - startedAt) / 1000);
    }
    return accepted.taskId;
  }

  /** An app was changed. */
  appChanged(): void {
    void this.#keyPaths.look();
  }

  #stored({ spec, origin }: CheckedTask, owner: Origin): StoredTask {
    this.#origins.saw(origin, owner.appId);
    const businessKeyPath = this.#keyPaths.of(owner.appId);
    return storedTaskOf(spec, origin, { ...owner, businessKeyPath }, this.#resources.clock);
  }
}

/** Tasks that are to be called, and those that are not: repeated ones are on their way already, or there was a conflict. */
function parted(items: NewTask[], results: (Accepted | Refused)[]): [StoredTask[], StoredTask[]] {
  const [callable, others]: [StoredTask[], StoredTask[]] = [[], []];
  for (const [i, { task }] of items.entries()) (isCallable(results[i]) ? callable : others).push(task);
  return [callable, others];
}

/** One that is held comes when its turn does. */
const isCallable = (result: Accepted | Refused | undefined): boolean =>
  result?.kind === "created" && !result.held;
