/** The part of the contract that callers use; its one source is `core/contract.ts`. */
import type { ActionMap as EveryAction, EventMap as EveryEvent } from "../core/contract.ts";
import type { PublicAction, PublicEvent } from "../core/public-actions.ts";

export type {
  AttemptView,
  BatchItem,
  BatchResult,
  Expectation,
  FieldError,
  Method,
  Page,
  RetryPolicy,
  RetrySchedule,
  TaskEvent,
  TaskItem,
  TaskQuery,
  TaskRequest,
  TaskState,
  TaskView,
} from "../core/contract.ts";

type OldEvents = Pick<EveryEvent, PublicEvent>;

/**
 * The events open to other services: name → payload. `bida.task.…` reaches one instance of every group that listens,
 * `bida.broadcast.task.…` every instance. The names without `bida.` are dropped by the next version.
 */
export type EventMap = OldEvents & {
  [E in PublicEvent as `bida.${E}` | `bida.broadcast.${E}`]: EveryEvent[E];
};

type OldActions = Pick<EveryAction, PublicAction>;

/**
 * The Moleculer actions open to other services: name → [parameters, result]. The names without `bida.` are dropped by the next
 * version.
 * @example
 * type Submitted = ActionMap["bida.scheduler.submit"][1]; // { taskId: string }
 */
export type ActionMap = OldActions & {
  [A in PublicAction as `bida.${A}`]: EveryAction[A];
};
