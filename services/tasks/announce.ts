/**
 * What happens to tasks, for the event stream of every `api` node. One message per transaction, to all of them, and
 * none at all while no `api` node has a client: it listens only then, and the registry of the cluster tells.
 */
import type { ServiceBroker } from "moleculer";
import type { TaskChange } from "../../core/contract.ts";
import type { StoredState } from "../../core/task.ts";
import type { Recorded } from "../../store/record.ts";
import type { LockedTask } from "../../store/rows.ts";
import { broadcast, emit, isHeard } from "../bus/bus.ts";
import { taskChange, taskEvent } from "./views.ts";

export interface Announce {
  /** Changes that were no calls. */
  changed(type: TaskChange["type"], tasks: LockedTask[]): void;
  /** Tasks that are exhausted without a call; the event `task.exhausted` too. */
  ended(tasks: LockedTask[]): void;
  /** Outcomes; those that were dropped are left out. */
  recorded(recorded: Recorded[]): void;
}

export function announceTo(broker: ServiceBroker): Announce {
  const tell = <T>(things: T[], changesOf: (thing: T) => TaskChange[]) => {
    if (things.length === 0 || !isHeard(broker, "stream.tasks")) return;
    broadcast(broker, "stream.tasks", { items: things.flatMap(changesOf) });
  };
  return {
    changed: (type, tasks) => tell(tasks, (task) => [taskChange(type, task, null)]),
    ended: (tasks) => {
      tell(tasks, (task) => [taskChange("task.exhausted", task, null)]);
      if (!isHeard(broker, "task.exhausted")) return;
      for (const task of tasks) emit(broker, "task.exhausted", taskEvent(task));
    },
    recorded: (recorded) => tell(recorded, changeOf),
  };
}

function changeOf({ outcome, written, task }: Recorded): TaskChange[] {
  if (!written || !task) return [];
  return [taskChange(TYPES.get(task.state) ?? "task.attempted", task, outcome.attempt)];
}

const TYPES = new Map<StoredState, TaskChange["type"]>([
  ["succeeded", "task.succeeded"],
  ["exhausted", "task.exhausted"],
]);
