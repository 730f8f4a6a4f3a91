/** Which route of the REST API answers for an action; a test compares the two with what is declared. */
import type { ActionName } from "../bus/types.ts";

export interface Rest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Names in braces are parameters of the action. */
  path: string;
  /** The body, from the parameters that are not in the path; default: all of them as JSON. Not of GET, whose query they are. */
  body?: (params: Record<string, unknown>) => string;
}

const textOf = (name: string) => (params: Record<string, unknown>) =>
  (params[name] as { json: string } | undefined)?.json ?? "{}";
const jsonOf = (name: string) => (params: Record<string, unknown>) => JSON.stringify(params[name]);

export const REST: Partial<Record<ActionName, Rest>> = {
  "scheduler.submit": { method: "POST", path: "/v1/tasks", body: (params) => String(params.json) },
  "scheduler.get": { method: "GET", path: "/v1/tasks/{taskId}" },
  "scheduler.attempts": { method: "GET", path: "/v1/tasks/{taskId}/attempts" },
  "admin.list": { method: "GET", path: "/v1/tasks" },
  "admin.retry": { method: "POST", path: "/v1/tasks/{taskId}/retry" },
  "admin.cancel": { method: "POST", path: "/v1/tasks/{taskId}/cancel" },
  "admin.resolve": { method: "POST", path: "/v1/tasks/{taskId}/resolve" },
  "admin.resend": { method: "POST", path: "/v1/tasks/{taskId}/resend", body: textOf("changes") },
  "admin.changeMany": { method: "POST", path: "/v1/tasks/{action}", body: jsonOf("request") },
  "admin.replay": { method: "POST", path: "/v1/destinations/{origin}/replay", body: jsonOf("request") },
  "admin.listJobs": { method: "GET", path: "/v1/jobs" },
  "admin.getJob": { method: "GET", path: "/v1/jobs/{id}" },
  "admin.changeJob": { method: "PATCH", path: "/v1/jobs/{id}", body: jsonOf("change") },
  "admin.stopJob": { method: "DELETE", path: "/v1/jobs/{id}" },
  "admin.queue": { method: "GET", path: "/v1/queue" },
  "admin.drain": {
    method: "POST",
    path: "/v1/nodes/{nodeID}/drain",
  },
  "admin.listDestinations": { method: "GET", path: "/v1/destinations" },
  "admin.getDestination": { method: "GET", path: "/v1/destinations/{origin}" },
  "admin.changeDestination": { method: "PATCH", path: "/v1/destinations/{origin}", body: jsonOf("change") },
  "admin.listApps": { method: "GET", path: "/v1/apps" },
  "admin.createApp": { method: "POST", path: "/v1/apps" },
  "admin.changeApp": { method: "PATCH", path: "/v1/apps/{id}" },
  "admin.deleteApp": { method: "DELETE", path: "/v1/apps/{id}" },
  "admin.rotateKey": { method: "POST", path: "/v1/apps/{id}/rotate-key" },
  "admin.rotateSecret": { method: "POST", path: "/v1/apps/{id}/rotate-secret" },
  "admin.listUsers": { method: "GET", path: "/v1/users" },
  "admin.createUser": { method: "POST", path: "/v1/users" },
  "admin.changeUser": { method: "PATCH", path: "/v1/users/{id}" },
  "admin.deleteUser": { method: "DELETE", path: "/v1/users/{id}" },
  "admin.listAudit": { method: "GET", path: "/v1/audit" },
  "admin.listRaised": { method: "GET", path: "/v1/alarms" },
  "admin.acknowledgeRaised": { method: "POST", path: "/v1/alarms/{id}/acknowledge" },
  "admin.listMutes": { method: "GET", path: "/v1/mutes" },
  "admin.mute": { method: "POST", path: "/v1/mutes" },
  "admin.unmute": { method: "DELETE", path: "/v1/mutes/{id}" },
  "notifier.listWebhooks": { method: "GET", path: "/v1/webhooks" },
  "notifier.testWebhook": { method: "POST", path: "/v1/webhooks/{id}/test" },
};

/** Null: no route does the same. */
export const restOf = (action: ActionName): Rest | null => REST[action] ?? null;
