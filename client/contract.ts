/** The part of the contract that callers use; its one source is `core/contract.ts`. */
import type { ActionMap as EveryAction } from "../core/contract.ts";

export type {
  AttemptView,
  BatchResult,
  EventMap,
  Expectation,
  FieldError,
  Method,
  Page,
  RetryPolicy,
  TaskEvent,
  TaskQuery,
  TaskRequest,
  TaskState,
  TaskView,
} from "../core/contract.ts";

type SchedulerAction = "submit" | "submitBatch" | "get" | "attempts" | "cancel";
type AdminAction = Exclude<Extract<keyof EveryAction, `admin.${string}`>, "admin.identify">;

/**
 * The Moleculer actions open to other services: name → [parameters, result].
 * @example
 * type Submitted = ActionMap["scheduler.submit"][1]; // { taskId: string }
 */
export type ActionMap = Pick<EveryAction, `scheduler.${SchedulerAction}` | AdminAction>;
