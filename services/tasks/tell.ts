/**
 * What became of tasks, told to all who may want to hear of it: the log and the metrics always; Moleculer's events, among Bida's
 * own nodes and to other programs' services, and the event stream of the `api` nodes where somebody listens. What nobody hears
 * is not put together: that would cost more than recording it.
 */
import type { Logger, ServiceBroker } from "moleculer";
import type { EventMap, TaskChange } from "../../core/contract.ts";
import type { Outcome } from "../../core/job.ts";
import { type Change, taskChanges } from "../../core/metrics.ts";
import { PUBLIC_EVENTS, type PublicEvent } from "../../core/public-actions.ts";
import type { StoredState } from "../../core/task.ts";
import type { Recorded } from "../../store/record.ts";
import type { LockedTask } from "../../store/rows.ts";
import { announce, isHeardOutside } from "../bus/announce.ts";
import { broadcast, emit, isHeard } from "../bus/bus.ts";
import type { EventName } from "../bus/types.ts";
import { attemptLine, changeLine, successLine } from "./lines.ts";
import { attemptView, taskChange, taskEvent } from "./views.ts";

type Type = TaskChange["type"];

/** Changes of one kind that one transaction made, other than by calls. */
export interface Changed {
  type: Type;
  tasks: LockedTask[];
  /** One line in the log for all, instead of one each: they are part of a change of many. */
  together?: true;
}

/** What is told at once: changes, or outcomes of calls, of which those that were dropped are left out. */
export type Told = Changed | { recorded: Recorded[] };

/** What may be told of calls. */
const OF_CALLS = ["stream.tasks", "task.attempted", "task.succeeded", "task.exhausted"] as const;
/** What of it may be told of calls that succeeded. */
const OF_SUCCESSES = ["stream.tasks", "task.attempted", "task.succeeded"] as const;

/** One change, and the call that led to it; null where none did. */
interface Fact {
  type: Type;
  task: LockedTask;
  outcome: Outcome | null;
}

export class Teller {
  readonly #broker: ServiceBroker;
  readonly #log: Logger;
  /** Whether a line per attempt is wanted: making it costs something even where nobody reads it. */
  readonly #wide: boolean;

  /** @param logLevel as configured */
  constructor(broker: ServiceBroker, log: Logger, logLevel: string) {
    this.#broker = broker;
    this.#log = log;
    this.#wide = ["debug", "trace"].includes(logLevel);
  }

  /** Whether more than a line is told of calls that succeeded; otherwise their rows need not be read. */
  get wantsSuccesses(): boolean {
    return this.#wide || OF_SUCCESSES.some((event) => this.#isHeard(event));
  }

  /** To be called once the changes are committed. */
  tell(told: Told): void {
    if ("recorded" in told) this.#tellCalls(told.recorded);
    else if (told.tasks.length > 0) this.#tellChanges(told);
  }

  #tellCalls(recorded: Recorded[]): void {
    for (const { outcome, unread } of recorded)
      if (unread) this.#logChange("succeeded", successLine(outcome));
    const facts = recorded.flatMap((one) => factOf(one) ?? []);
    for (const { type, task, outcome } of facts) {
      const attempt = outcome?.attempt ?? null;
      if (attempt && outcome && this.#wide) this.#log.debug(attemptLine(task, attempt, outcome), "attempt");
      const change = CHANGES.get(type);
      if (change) this.#logChange(change, changeLine(change, task, attempt));
    }
    this.#publish(OF_CALLS, () => facts);
  }

  #tellChanges({ type, tasks, together }: Changed): void {
    const change = CHANGES.get(type);
    if (change && together) {
      taskChanges[change].inc(tasks.length);
      this.#log.info({ change, tasks: tasks.length }, "tasks changed");
    } else if (change) for (const task of tasks) this.#logChange(change, changeLine(change, task, null));
    const events =
      type === "task.exhausted" ? (["stream.tasks", type] as const) : (["stream.tasks"] as const);
    this.#publish(events, () => tasks.map((task) => ({ type, task, outcome: null })));
  }

  #logChange(change: Change, line: object): void {
    taskChanges[change].inc();
    this.#log.info(line, "task changed");
  }

  /** Events one by one, the stream at once; nothing, and `facts` is not asked, where nobody listens. */
  #publish(events: readonly EventName[], facts: () => Fact[]): void {
    const heard = new Set(events.filter((event) => this.#isHeard(event)));
    if (heard.size === 0) return;
    const known = facts();
    for (const { type, task, outcome } of known) {
      if (outcome?.attempt && heard.has("task.attempted"))
        this.#tellAll("task.attempted", { ...taskEvent(task), attempt: attemptView(outcome.attempt) });
      if ((type === "task.succeeded" || type === "task.exhausted") && heard.has(type))
        this.#tellAll(type, taskEvent(task));
    }
    if (known.length === 0 || !heard.has("stream.tasks")) return;
    const items = known.map(({ type, task, outcome }) => taskChange(type, task, outcome?.attempt ?? null));
    broadcast(this.#broker, "stream.tasks", { items });
  }

  /** By Bida's own nodes, or by other programs' services. */
  #isHeard(event: EventName): boolean {
    return isHeard(this.#broker, event) || (isPublic(event) && isHeardOutside(this.#broker, event));
  }

  #tellAll<K extends PublicEvent>(event: K, payload: EventMap[K]): void {
    if (isHeard(this.#broker, event)) emit(this.#broker, event, payload);
    announce(this.#broker, event, payload);
  }
}

const isPublic = (event: EventName): event is PublicEvent =>
  (PUBLIC_EVENTS as readonly EventName[]).includes(event);

function factOf({ outcome, written, task }: Recorded): Fact | null {
  if (!written || !task) return null;
  return { type: ENDS.get(task.state) ?? "task.attempted", task, outcome };
}

/** What a call is that ended its task. */
const ENDS = new Map<StoredState, Type>([
  ["succeeded", "task.succeeded"],
  ["exhausted", "task.exhausted"],
]);

/** What the log and the metrics call it; they have nothing of tasks that were accepted or go on. */
const CHANGES = new Map<Type, Change>([
  ["task.succeeded", "succeeded"],
  ["task.exhausted", "exhausted"],
  ["task.canceled", "canceled"],
  ["task.resolved", "resolved"],
  ["task.retried", "retried"],
]);
