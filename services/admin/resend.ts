/** Edit and resend: a copy of a task, changed where the caller says so, as a new task of the same owner. */
import type { z } from "zod";
import { ALARM_APP_ID } from "../../core/alarm/alarm.ts";
import type { Resent } from "../../core/bulk.ts";
import { BidaError } from "../../core/errors.ts";
import { type TaskId, originOf as urlOrigin } from "../../core/ids.ts";
import { dueEntryOf } from "../../core/job.ts";
import { tasksAccepted } from "../../core/metrics.ts";
import { resendSchema } from "../../core/schema/bulk.ts";
import { checkPayload, parseTask, parseWith } from "../../core/task-schema.ts";
import { filledUrl } from "../../core/template.ts";
import { type Accepted, acceptWithin, newTask } from "../../store/accept.ts";
import { recordAudit } from "../../store/audit.ts";
import { addOrigins } from "../../store/destinations.ts";
import { transaction } from "../../store/failures.ts";
import { findTask } from "../../store/read.ts";
import { linkResend } from "../../store/resends.ts";
import type { StoredTask } from "../../store/rows.ts";
import { originOfCall } from "../lib/audit.ts";
import type { BidaContext } from "../lib/bus.ts";
import { checkIdempotencyKey, idempotencyOf, storedTaskOf } from "../lib/new-task.ts";
import type { Resources } from "../lib/resources.ts";
import { scopeOf } from "../lib/tasks.ts";

type Changes = Omit<z.input<typeof resendSchema>, "note">;

/**
 * @param params the fields of a new task that differ, and `note`. A field that is missing is the original's; `null`
 *   takes it away.
 * @throws BidaError not_found, invalid_task, body_too_large, idempotency_conflict; state_conflict for a message of an alarm
 */
export async function resend(
  { db, due, clock, announce }: Resources,
  ctx: BidaContext,
  taskId: TaskId,
  params: unknown,
): Promise<Resent> {
  const { note, ...changes } = (params ?? {}) as Changes & { note?: unknown };
  const why = parseWith(resendSchema.pick({ note: true }), { note }, "invalid_task").note ?? null;
  const key = checkIdempotencyKey(ctx.meta.idempotencyKey);
  const original = await findTask(db, scopeOf(ctx), taskId);
  if (original.appId === ALARM_APP_ID)
    throw new BidaError(
      "state_conflict",
      "A message of an alarm cannot be sent again; test its channel instead",
    );
  const now = clock.now();
  const spec = parseTask({ ...requestOf(original, changes, now), ...changes }, now);
  checkPayload(spec);
  const origin = urlOrigin(filledUrl(spec.url, spec.requestParam ?? {}).href);
  const owner = { appId: original.appId, sourceIp: ctx.meta.sourceIp ?? null };
  const task = storedTaskOf(spec, origin, owner, clock);
  const item = newTask(task, idempotencyOf(spec, key));
  const accepted = await transaction(db, async (within) => {
    const [result] = (await acceptWithin(within, [item])) as [Accepted];
    if (result.kind !== "created") return result;
    await linkResend(within, task.taskId, taskId);
    await recordAudit(within, {
      at: now,
      ...originOfCall(ctx),
      action: "task.resend",
      target: { type: "task", id: taskId },
      // Headers and bodies may hold secrets: which of them were changed says enough.
      after: { taskId: task.taskId, changed: Object.keys(changes) },
      note: why,
    });
    return result;
  });
  if (accepted.kind === "conflict") throw new BidaError("idempotency_conflict");
  if (accepted.kind === "created") {
    tasksAccepted[ctx.meta.scope ? "rest" : "rpc"].inc();
    announce.changed("task.accepted", [task]);
    const entry = accepted.held ? null : dueEntryOf(task);
    // Where Redis is away, the reconciler adds it; origins are for the list of destinations only.
    if (entry) await due.add([entry]).catch(() => undefined);
    await addOrigins(db, [origin], now).catch(() => undefined);
  }
  return { taskId: accepted.taskId, resendOf: taskId };
}

/** The request that made a task. What the changes rule out, or time has, is left out. */
function requestOf(task: StoredTask, changes: Changes, now: number): Changes {
  const { url, requestMethod, requestParam, body, contentType, headers, expectResult, expect } = task;
  const { limitCallCount, retry, timeoutMs, expiresAt, sourceAppName, targetAppName, orderKey } = task;
  return {
    ...{ url, requestMethod, contentType, headers, expectResult, expect },
    ...{ limitCallCount, retry, timeoutMs, sourceAppName, targetAppName, orderKey },
    requestParam: changes.body == null ? requestParam : null,
    body: changes.requestParam == null ? body : null,
    expiresAt: expiresAt !== null && expiresAt > now ? new Date(expiresAt).toISOString() : null,
  };
}
