/**
 * Who may use which operation of the OpenAPI document. Written by hand: a change of a declaration is a change here too;
 * an operation without a row fails (`test/services/openapi.test.ts`), and each row is tried with each kind of credentials
 * (`test/e2e/suite/access.ts`).
 *
 * A role includes the ones above it. `legacy`: kkbida's headers. `scrape`: nobody's credentials from the machine itself.
 */
export type Who =
  | "everybody"
  | "legacy"
  | "scrape"
  | "viewer"
  | "viewer and apps"
  | "operator"
  | "operator and apps"
  | "admin";

export const WHO_MAY: Readonly<Record<string, Who>> = {
  "POST /api/addTask": "legacy",
  "POST /v1/tasks/retry": "operator and apps",
  "POST /v1/tasks/cancel": "operator and apps",
  "POST /v1/tasks/resolve": "operator and apps",
  "POST /v1/destinations/{origin}/replay": "operator",
  "GET /v1/jobs": "viewer and apps",
  "GET /v1/jobs/{jobId}": "viewer and apps",
  "PATCH /v1/jobs/{jobId}": "operator and apps",
  "DELETE /v1/jobs/{jobId}": "operator and apps",
  "POST /v1/tasks/{taskId}/resend": "operator and apps",
  "GET /v1/tasks/export": "viewer and apps",
  "POST /v1/tasks": "operator and apps",
  "POST /v1/tasks/batch": "operator and apps",
  "GET /v1/tasks": "viewer and apps",
  "GET /v1/tasks/{taskId}": "viewer and apps",
  "GET /v1/tasks/{taskId}/attempts": "viewer and apps",
  "POST /v1/tasks/{taskId}/retry": "operator and apps",
  "POST /v1/tasks/{taskId}/cancel": "operator and apps",
  "POST /v1/tasks/{taskId}/resolve": "operator and apps",
  "GET /v1/attempts": "viewer and apps",
  "GET /v1/destinations": "viewer",
  "GET /v1/destinations/{origin}": "viewer",
  "PATCH /v1/destinations/{origin}": "operator",
  "POST /v1/tasks/{taskId}/reveal": "operator and apps",
  "GET /v1/destinations/{origin}/report": "viewer",
  "GET /v1/incidents": "viewer",
  "GET /v1/incidents/{id}": "viewer",
  "POST /v1/incidents/{id}/acknowledge": "operator",
  "POST /v1/incidents/{id}/mute": "operator",
  "POST /v1/incidents/{id}/retry": "operator",
  "POST /v1/incidents/{id}/resolve": "operator",
  "GET /v1/stats/health": "viewer",
  "GET /v1/sessions": "viewer",
  "DELETE /v1/sessions/{sessionId}": "viewer",
  "GET /v1/users/{id}/sessions": "admin",
  "DELETE /v1/users/{id}/sessions": "admin",
  "POST /v1/nodes/{nodeID}/drain": "operator",
  "GET /v1/queue": "viewer",
  "GET /v1/stats/summary": "viewer and apps",
  "GET /v1/stats/series": "viewer and apps",
  "GET /v1/stats/destinations": "viewer and apps",
  "GET /v1/stats/errors": "viewer and apps",
  "GET /v1/events": "viewer and apps",
  "GET /v1/apps": "viewer",
  "POST /v1/apps": "admin",
  "PATCH /v1/apps/{id}": "admin",
  "DELETE /v1/apps/{id}": "admin",
  "POST /v1/apps/{id}/rotate-key": "admin",
  "POST /v1/apps/{id}/rotate-secret": "admin",
  "GET /v1/users": "admin",
  "POST /v1/users": "admin",
  "PATCH /v1/users/{id}": "admin",
  "DELETE /v1/users/{id}": "admin",
  "POST /v1/session": "everybody",
  "GET /v1/session": "viewer",
  "DELETE /v1/session": "everybody",
  "POST /v1/session/password": "viewer",
  "GET /v1/audit": "operator",
  "GET /v1/webhooks": "viewer",
  "POST /v1/webhooks": "admin",
  "POST /v1/webhooks/test": "admin",
  "GET /v1/webhooks/{id}": "viewer",
  "PATCH /v1/webhooks/{id}": "admin",
  "DELETE /v1/webhooks/{id}": "admin",
  "POST /v1/webhooks/{id}/test": "operator",
  "GET /v1/webhooks/{id}/history": "viewer",
  "GET /v1/nodes": "viewer",
  "GET /healthz": "everybody",
  "GET /readyz": "everybody",
  "GET /metrics": "scrape",
  "GET /openapi.json": "everybody",
  "GET /docs": "everybody",
  "GET /docs/errors": "everybody",
  "GET /docs/assets/{file}": "everybody",
};
