/** Tasks from and to the server. Both ways they are text: no payload becomes a value here. */
import type { JsonText } from "../../../core/json/text.ts";
import { api } from "./client.ts";
import { taskOf, taskPageOf } from "./task-text.ts";
import type { Attempt, Page, RetrySchedule, Task, TaskQuery } from "./types.ts";

type Run<T> = Parameters<typeof api<T>>[0];

export const getTask = (taskId: string, signal?: AbortSignal): Promise<Task> =>
  reading(taskOf, (a) =>
    a.GET("/v1/tasks/{taskId}", { params: { path: { taskId } }, parseAs: "text", signal }),
  );

export const listTasks = (query: TaskQuery, signal?: AbortSignal): Promise<Page<Task>> =>
  reading(taskPageOf, (a) => a.GET("/v1/tasks", { params: { query }, parseAs: "text", signal }));

export function retryTask(
  taskId: string,
  body: { note?: string; force?: true; schedule?: RetrySchedule },
): Promise<Task> {
  const params = { path: { taskId } };
  return reading(taskOf, (a) => a.POST("/v1/tasks/{taskId}/retry", { params, body, parseAs: "text" }));
}

export function cancelTask(taskId: string, body: { note?: string }): Promise<Task> {
  const params = { path: { taskId } };
  return reading(taskOf, (a) => a.POST("/v1/tasks/{taskId}/cancel", { params, body, parseAs: "text" }));
}

export function resolveTask(taskId: string, body: { note?: string }): Promise<Task> {
  const params = { path: { taskId } };
  return reading(taskOf, (a) => a.POST("/v1/tasks/{taskId}/resolve", { params, body, parseAs: "text" }));
}

/** The task with its secrets; it is on record that they were looked at. */
export function revealTask(taskId: string, body: { note?: string }): Promise<Task> {
  const params = { path: { taskId } };
  return reading(taskOf, (a) => a.POST("/v1/tasks/{taskId}/reveal", { params, body, parseAs: "text" }));
}

/** An attempt with the secrets in its answer's headers, likewise. */
export function revealAttempt(taskId: string, n: number, body: { note?: string }): Promise<Attempt> {
  const params = { path: { taskId, n } };
  return api((a) => a.POST("/v1/tasks/{taskId}/attempts/{n}/reveal", { params, body }));
}

/** @param request what `lib/request.ts` prints */
export function submitTask(request: JsonText, idempotencyKey: string): Promise<{ taskId: string }> {
  const params = { header: { "Idempotency-Key": idempotencyKey } };
  return api((a) => a.POST("/v1/tasks", { params, ...asText(request) }));
}

/** @param changes likewise: what differs from the task */
export function resendTask(
  taskId: string,
  changes: JsonText,
  idempotencyKey: string,
): Promise<{ taskId: string }> {
  const params = { path: { taskId }, header: { "Idempotency-Key": idempotencyKey } };
  return api((a) => a.POST("/v1/tasks/{taskId}/resend", { params, ...asText(changes) }));
}

/** A body that is printed already. */
const asText = (body: JsonText) => ({ body: body as never, bodySerializer: () => body });

/** An answer that cannot be read is no answer: `read` runs where the client minds what its request throws. */
const reading = <T>(read: (text: string) => T, run: Run<string>): Promise<T> =>
  api(async (a) => {
    const { data, ...rest } = await run(a);
    return data === undefined ? rest : { ...rest, data: read(data) };
  });
