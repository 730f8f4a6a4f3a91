/** The tasks of the demo, and what must become of each. */
import type { TaskRequest, TaskState } from "../../core/contract.ts";

export interface Scenario {
  title: string;
  /** Path at the receiver; null: nothing listens there. */
  path: string | null;
  /** All of the request but its URL. */
  task: Omit<TaskRequest, "url">;
  foreseen: { state: TaskState; attempts: number; errorCode: string | null };
}

const soon = { strategy: "fixed", delayMs: 700 } as const;

export const SCENARIOS: Scenario[] = [
  {
    title: "delivered at once",
    path: "/ok",
    task: { requestMethod: "POST", requestParam: { city: "上海" }, expectResult: "成功", limitCallCount: 3 },
    foreseen: { state: "succeeded", attempts: 1, errorCode: null },
  },
  {
    title: "500, 500, then 200",
    path: "/recovers",
    task: { requestMethod: "POST", requestParam: { order: 4711 }, limitCallCount: 5, retry: soon },
    foreseen: { state: "succeeded", attempts: 3, errorCode: null },
  },
  {
    title: "200, but a wrong answer",
    path: "/wrong",
    task: { requestMethod: "GET", expectResult: "成功", limitCallCount: 4, retry: soon },
    foreseen: { state: "exhausted", attempts: 4, errorCode: "unexpected_result" },
  },
  {
    title: "nobody listens",
    path: null,
    task: { requestMethod: "POST", requestParam: {}, limitCallCount: 3, retry: soon },
    foreseen: { state: "exhausted", attempts: 3, errorCode: "refused" },
  },
  {
    title: "hangs; timeout 1 s",
    path: "/hangs",
    task: { requestMethod: "GET", limitCallCount: 2, timeoutMs: 1000, retry: soon },
    foreseen: { state: "exhausted", attempts: 2, errorCode: "timeout" },
  },
  {
    title: "first call in 2 s",
    path: "/ok",
    task: { requestMethod: "GET", limitCallCount: 3, delayMs: 2000 },
    foreseen: { state: "succeeded", attempts: 1, errorCode: null },
  },
];
