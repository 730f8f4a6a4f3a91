/** Many tasks at once: `/v1/tasks/retry` …, `/v1/tasks/export`; and a copy of one, `/resend`. */
import { BULK_ACTIONS, type BulkRequest, type BulkResult, type ReplayRequest } from "../../core/bulk.ts";
import { MANY_TASKS_LIMIT } from "../../core/request-limits.ts";
import {
  bulkResultSchema,
  bulkSchema,
  exportQuerySchema,
  replaySchema,
  resendSchema,
  resentSchema,
} from "../../core/schema/bulk.ts";
import { call } from "../bus/call.ts";
import { exportTasks } from "./export.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Many tasks";
const READ = { role: "viewer", apps: true } as const;
const CHANGE = { role: "operator", apps: true } as const;

const answers = {
  answer: { description: "Counted, or done", schema: bulkResultSchema },
  otherAnswers: {
    202: { description: "More than 1,000 tasks, or a pace: `job` works on them", schema: bulkResultSchema },
  },
};

/** The result as the answer, with its status. */
async function answered({ res }: RestCall, result: Promise<BulkResult>): Promise<BulkResult> {
  const done = await result;
  if (done.job !== null) res.statusCode = 202;
  return done;
}

const SUMMARY = {
  retry: "Call many tasks again, now",
  cancel: "End many open tasks",
  resolve: "Mark many exhausted tasks as repaired elsewhere",
};

export const bulkRoutes: Route[] = [
  ...BULK_ACTIONS.map(
    (action): Route => ({
      method: "POST",
      path: `/v1/tasks/${action}`,
      tag,
      summary: SUMMARY[action],
      description:
        "Those that a filter finds, or a selection. Where a filter takes several values, one may stand without a list. `dryRun` counts what would be changed, and changes nothing. Retries leave out tasks that a copy stands for.",
      access: CHANGE,
      body: { schema: bulkSchema },
      ...answers,
      handler: (rest) => {
        const request = rest.body as BulkRequest;
        const options = { meta: rest.meta, timeout: MANY_TASKS_LIMIT };
        return answered(rest, call(rest.broker, "admin.changeMany", { action, request }, options));
      },
    }),
  ),
  {
    method: "POST",
    path: "/v1/destinations/{origin}/replay",
    tag,
    summary: "Send again what a destination missed",
    description: "Exhausted tasks for this origin that were created from `from` on and before `to`.",
    access: { role: "operator" },
    body: { schema: replaySchema },
    ...answers,
    handler: (rest) => {
      const request = rest.body as ReplayRequest;
      const options = { meta: rest.meta, timeout: MANY_TASKS_LIMIT };
      const origin = rest.params.origin ?? "";
      return answered(rest, call(rest.broker, "admin.replay", { origin, request }, options));
    },
  },
  {
    method: "POST",
    path: "/v1/tasks/{taskId}/resend",
    tag,
    summary: "Send a copy of a task, changed",
    description:
      "The body has the fields of a new task that differ, `note` and `resolveOriginal`. Missing fields are the original's; null removes one.",
    access: CHANGE,
    body: { schema: resendSchema, size: "task", optional: true, asText: true },
    idempotent: true,
    refusals: ["invalid_task", "state_conflict"],
    answer: { status: 202, description: "The copy's id", schema: resentSchema },
    handler: ({ broker, params, text, meta }) => {
      const changes = { json: text || "{}" };
      return call(broker, "admin.resend", { taskId: params.taskId ?? "", changes }, { meta });
    },
  },
  {
    method: "GET",
    path: "/v1/tasks/export",
    tag,
    summary: "All tasks that a filter finds, as a stream",
    description:
      "`format=jsonl`: a task per line (`application/x-ndjson`). `format=csv`: RFC 4180 with a header line; values that a spreadsheet would take for a formula begin with an apostrophe.",
    access: READ,
    query: exportQuerySchema,
    answer: { description: "The stream, newest first", contentType: ["text/csv", "application/x-ndjson"] },
    handler: exportTasks,
  },
];
