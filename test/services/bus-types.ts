// Checked by tsc, never run: what the typed bus does not let through. Each `@ts-expect-error` is a test; one that
// compiles is an error.
import type { ServiceBroker } from "moleculer";
import { actionsOf, emit, eventsOf } from "../../services/bus/bus.ts";
import { call } from "../../services/bus/call.ts";
import type { ActionName } from "../../services/bus/types.ts";

declare const broker: ServiceBroker;
const task = { url: "http://a/", requestMethod: "POST", limitCallCount: 3 } as const;

export async function calls(): Promise<void> {
  const { taskId } = await call(broker, "scheduler.submit", task);
  taskId satisfies string;
  const page = await call(broker, "admin.list", { state: ["pending"], limit: 5 });
  page.items[0]?.state satisfies string | undefined;

  // @ts-expect-error no such action
  await call(broker, "scheduler.sumbit", task);
  // @ts-expect-error an action of Moleculer's own
  await call(broker, "$node.list", {});
  // @ts-expect-error limitCallCount is missing
  await call(broker, "scheduler.submit", { url: "http://a/", requestMethod: "POST" });
  // @ts-expect-error no such method
  await call(broker, "scheduler.submit", { ...task, requestMethod: "HEAD" });
  // @ts-expect-error no such field
  await call(broker, "scheduler.get", { taskId, urgent: true });
  // @ts-expect-error parameters are missing
  await call(broker, "scheduler.get");
  // @ts-expect-error a number is no id
  await call(broker, "scheduler.get", { taskId: 5 });
  // @ts-expect-error no such state
  await call(broker, "admin.list", { state: ["done"] });
  // @ts-expect-error no such meta
  await call(broker, "scheduler.get", { taskId }, { meta: { user: "x" } });
  // @ts-expect-error the result has no such field
  (await call(broker, "scheduler.submit", task)).id;
}

export function events(): void {
  // @ts-expect-error no such event
  emit(broker, "task.failed", {});
  // @ts-expect-error its payload has more
  emit(broker, "task.succeeded", { taskId: "x" });
  // @ts-expect-error no such event
  eventsOf({ "task.done": () => {} });
  eventsOf({ "task.attempted": ({ attempt }) => void (attempt.n satisfies number) });
  // @ts-expect-error the payload has no such field
  eventsOf({ "task.succeeded": ({ attempt }) => void attempt });
}

export function actions(): void {
  // @ts-expect-error the other actions of the service are missing
  actionsOf<"admin">({ list: async () => ({ items: [], nextCursor: null }) });
  // @ts-expect-error no such action
  "scheduler.nothing" satisfies ActionName;
}
