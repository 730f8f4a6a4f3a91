/** What both transports offer, HTTP and Moleculer alike. */
import type {
  AttemptView,
  BatchItem,
  BatchResult,
  Page,
  RetrySchedule,
  TaskItem,
  TaskQuery,
  TaskRequest,
  TaskView,
} from "./contract.ts";

/** How long one request may take, in milliseconds, unless the client's options say otherwise. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** What a retry by hand may ask for. */
export interface RetryOptions {
  /** Also a task that has succeeded. */
  force?: boolean | undefined;
  /** `whole`: `limitCallCount` calls by its schedule, from the beginning. Default: `once`, one more call. */
  schedule?: RetrySchedule | undefined;
}

/** The fields that a retry sends: only those that are asked for, which earlier releases know too. */
export const retryBody = ({ force, schedule }: RetryOptions = {}) => ({
  ...(force && { force }),
  ...(schedule && schedule !== "once" && { schedule }),
});

/** Every method rejects with a `CallbackError`. */
export interface BidaClient {
  /**
   * Hands a task over. Once the id is here the task is committed and will be delivered.
   * @throws CallbackError `invalid_task` with every wrong field. After `timeout`, `network` and `unavailable` the task
   *   may or may not have been accepted: repeat with the same `idempotencyKey`
   */
  call(task: TaskRequest, options?: SubmitOptions): Promise<string>;
  /**
   * Hands over up to 1000 tasks. Each stands for itself: some may be accepted and others refused. An item may have an
   * `idempotencyKey` of its own, which counts before that of the options.
   * @returns in the order of `tasks`: `{taskId}` or `{errors}`
   */
  callBatch(tasks: BatchItem[], options?: SubmitOptions): Promise<BatchResult[]>;
  /** @throws CallbackError `not_found` */
  get(taskId: string): Promise<TaskView>;
  /** The record of every call that was made, oldest first. */
  attempts(taskId: string): Promise<AttemptView[]>;
  /**
   * Calls the target again now, whatever the schedule says.
   * @throws CallbackError `state_conflict` while a call is under way, and for a succeeded task without `force`
   */
  retry(taskId: string, options?: RetryOptions): Promise<TaskView>;
  /** Ends an open task. @throws CallbackError `state_conflict` where it has ended */
  cancel(taskId: string): Promise<TaskView>;
  /** Marks an exhausted task as repaired elsewhere. @throws CallbackError `state_conflict` for any other state */
  resolve(taskId: string): Promise<TaskView>;
  /**
   * A page of tasks, newest first. Pass its `nextCursor` as `cursor` for the next; null after the last. Payloads are left out
   * unless `include` is `"payload"`.
   */
  list(query?: TaskQuery): Promise<Page<TaskItem>>;
  /**
   * The task as soon as it has ended: succeeded, exhausted, canceled or resolved.
   * Polls, and carries on through moments in which Bida cannot be reached or asks to slow down (`retryAfter`).
   * @throws CallbackError `wait_timeout` at the deadline; `not_found`, `unauthorized` … at once
   */
  waitFor(taskId: string, options?: WaitOptions): Promise<TaskView>;
}

export interface SubmitOptions {
  /**
   * Makes repeating safe: the same key with the same task answers the same id. Printable ASCII.
   * The same key with another task is refused with `idempotency_conflict`.
   */
  idempotencyKey?: string | undefined;
}

export interface WaitOptions {
  /** Milliseconds, default 60 000. */
  timeoutMs?: number | undefined;
  /**
   * What to wait for, where it is not the task's end.
   * @example (task) => task.callCount > 0
   */
  until?: ((task: TaskView) => boolean) | undefined;
}
