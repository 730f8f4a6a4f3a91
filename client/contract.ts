/** The part of the contract that callers use; its one source is `core/contract.ts`. */
import type { ActionMap as EveryAction, EventMap as EveryEvent } from "../core/contract.ts";

export type {
  AttemptView,
  BatchItem,
  BatchResult,
  Expectation,
  FieldError,
  Method,
  Page,
  RetryPolicy,
  TaskEvent,
  TaskItem,
  TaskQuery,
  TaskRequest,
  TaskState,
  TaskView,
} from "../core/contract.ts";

/** The events open to other services: name → payload. */
export type EventMap = Pick<EveryEvent, Extract<keyof EveryEvent, `task.${string}`>>;

type SchedulerAction = "submit" | "submitBatch" | "get" | "attempts" | "cancel";
type AdminAction = "list" | "retry" | "cancel" | "resolve";

/**
 * The Moleculer actions open to other services: name → [parameters, result].
 * @example
 * type Submitted = ActionMap["scheduler.submit"][1]; // { taskId: string }
 */
export type ActionMap = Pick<EveryAction, `scheduler.${SchedulerAction}` | `admin.${AdminAction}`>;
