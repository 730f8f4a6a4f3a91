/** Edit and resend: a copy of a task, changed where the caller says so, as a new task of the same owner. */
import { ALARM_APP_ID } from "../../core/alarm/alarm.ts";
import { MASK } from "../../core/alarm/mask.ts";
import type { Resent } from "../../core/bulk.ts";
import { BidaError } from "../../core/errors.ts";
import { ownExpectation, printExpectation } from "../../core/expect.ts";
import type { TaskId } from "../../core/ids.ts";
import { dueEntryOf } from "../../core/job.ts";
import { kindOf, parsedJson, plainText } from "../../core/json/look.ts";
import type { JsonText } from "../../core/json/text.ts";
import { tasksAccepted } from "../../core/metrics.ts";
import { type CheckedTask, checkTask, readTask, type TaskForm } from "../../core/parse-task.ts";
import { resendSchema } from "../../core/schema/bulk.ts";
import { parseWith } from "../../core/task-schema.ts";
import { type Edited, givesAway, unmasked } from "../../core/task-secrets.ts";
import { type Accepted, acceptWithin, newTask } from "../../store/accept.ts";
import { businessKeyPaths, signsResends } from "../../store/apps.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Database } from "../../store/database.ts";
import { addOrigins } from "../../store/destinations.ts";
import { transaction } from "../../store/failures.ts";
import { findKnown } from "../../store/idempotency.ts";
import { findTask } from "../../store/read.ts";
import { linkResend } from "../../store/resends.ts";
import type { StoredTask } from "../../store/rows.ts";
import type { BidaContext } from "../bus/types.ts";
import { originOfCall } from "../tasks/audit.ts";
import { checkIdempotencyKey, idempotencyOf } from "../tasks/idempotency.ts";
import { storedTaskOf } from "../tasks/new-task.ts";
import { textOf } from "../tasks/task-text.ts";
import { isMasked, scopeOf } from "../tasks/tasks.ts";
import type { Office } from "./office.ts";

/**
 * @param params the fields of a new task that differ, `note` and `resolveOriginal`, as values or as text. A field that is missing is the
 *   original's; `null` takes it away.
 * @throws BidaError not_found, invalid_json, invalid_task, body_too_large, idempotency_conflict, share_used_up; state_conflict
 *   for a message of an alarm
 */
export async function resend(
  { resources: { db, repeats, clock, teller }, openTasks }: Pick<Office, "resources" | "openTasks">,
  ctx: BidaContext,
  taskId: TaskId,
  params: unknown,
): Promise<Resent> {
  const changes = new Map(readTask(textOf(params ?? {})));
  const { note: why = null, resolveOriginal = false } = optionsOf(changes);
  const key = checkIdempotencyKey(ctx.meta.idempotencyKey);
  const original = await findTask(db, scopeOf(ctx), taskId);
  if (original.appId === ALARM_APP_ID)
    throw new BidaError(
      "state_conflict",
      "A message of an alarm cannot be sent again; test its channel instead",
    );
  if (original.unopened)
    throw new BidaError("unavailable", "The task is sealed with a key that this node lacks");
  openTasks.check(original.appId);
  const now = clock.now();
  const sent = new Map([
    ...changes,
    ["resendOf", JSON.stringify(taskId) as JsonText],
    // Without it the same body is what it was before there was this.
    ...(resolveOriginal ? [["resolveOriginal", "true" as JsonText] as const] : []),
  ]);
  const idempotency = key === null ? null : idempotencyOf(sent, { kind: "task", key });
  let checked: CheckedTask;
  try {
    const edited = withoutMasks(changes, original);
    checked = checkTask(new Map([...requestOf(original, changes, now), ...edited]), now, original.profile);
  } catch (error) {
    // A repetition that could not be accepted any more is a repetition all the same.
    const known = idempotency && (await findKnown(db, original.appId, idempotency));
    if (known?.kind === "conflict") throw new BidaError("idempotency_conflict");
    if (known) return { taskId: known.taskId, resendOf: taskId };
    throw error;
  }
  const unsigned = !(await mayBeSigned(db, ctx, original.appId));
  const keyPaths = await businessKeyPaths(db, [original.appId]);
  const owner = {
    appId: original.appId,
    sourceIp: ctx.meta.sourceIp ?? null,
    unsigned,
    businessKeyPath: keyPaths.get(original.appId) ?? null,
  };
  const task = storedTaskOf(checked.spec, checked.origin, owner, clock);
  const item = newTask(task, idempotency, db.sealing);
  const isReveal = isMasked(ctx) && givesAway(task, original, task.lane !== original.lane);
  const accepted = await transaction(db, async (within) => {
    const [result] = (await acceptWithin(within, [item])) as [Accepted];
    if (result.kind !== "created") return result;
    const by = originOfCall(ctx);
    await linkResend(within, task.taskId, taskId, resolveOriginal ? { ...by, note: why } : null);
    await recordAudit(within, {
      at: now,
      ...by,
      action: "task.resend",
      target: { type: "task", id: taskId },
      // Headers and bodies may hold secrets: which of them were changed says enough.
      after: {
        taskId: task.taskId,
        changed: [...changes.keys()],
        ...(resolveOriginal && { resolveOriginal }),
      },
      note: why,
    });
    // They see the original's secrets in the copy, or at its target: a look like any other.
    if (isReveal)
      await recordAudit(within, {
        at: now,
        ...originOfCall(ctx),
        action: "task.reveal",
        target: { type: "task", id: taskId },
        after: { taskId: task.taskId, sentTo: checked.origin },
        note: why,
      });
    return result;
  });
  if (accepted.kind === "conflict") throw new BidaError("idempotency_conflict");
  if (accepted.kind === "created") {
    openTasks.accepted(original.appId);
    tasksAccepted[ctx.meta.scope ? "rest" : "rpc"].inc();
    teller.tell({ type: "task.accepted", tasks: [task] });
    const entry = accepted.held ? null : dueEntryOf(task);
    if (entry) await repeats.add([entry]).catch(() => undefined);
    // Origins are for the list of destinations only.
    await addOrigins(db, [checked.origin], now).catch(() => undefined);
  }
  return { taskId: accepted.taskId, resendOf: taskId };
}

/** Somebody changed what they saw masked: the original's secrets stand in the place of the masks. */
function withoutMasks(changes: TaskForm, original: StoredTask): TaskForm {
  const given = [...changes].filter(([, json]) => json.includes(MASK));
  if (given.length === 0) return changes;
  const edited: Edited = {};
  for (const [name, json] of given) {
    if (name === "url" && kindOf(json) === "string") edited.url = plainText(json);
    if (name === "headers" && kindOf(json) === "object")
      edited.headers = parsedJson(json) as Record<string, unknown>;
    if (name === "requestParam" && kindOf(json) === "object") edited.requestParam = json;
  }
  const { url, headers, requestParam } = unmasked(edited, original);
  return new Map([
    ...changes,
    ...(url === undefined ? [] : [["url", JSON.stringify(url) as JsonText] as const]),
    ...(headers ? [["headers", JSON.stringify(headers) as JsonText] as const] : []),
    ...(requestParam ? [["requestParam", requestParam] as const] : []),
  ]);
}

/**
 * A signature says that the app itself wrote what is sent. Of what somebody else wrote in its name it says so only where the
 * app allows that.
 */
async function mayBeSigned(db: Database, { meta: { actor } }: BidaContext, appId: number): Promise<boolean> {
  return (actor?.kind === "app" && actor.id === appId) || (await signsResends(db, appId));
}

const OPTIONS = resendSchema.pick({ note: true, resolveOriginal: true });

/** What is no field of a task, and is taken out of the changes. @throws BidaError invalid_task */
function optionsOf(changes: Map<string, JsonText>) {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(OPTIONS.shape)) {
    const json = changes.get(name);
    if (json !== undefined) given[name] = parsedJson(json);
    changes.delete(name);
  }
  return parseWith(OPTIONS, given, "invalid_task");
}

/** The request that made a task. What the changes rule out, or time has, is left out. */
function requestOf(task: StoredTask, changes: TaskForm, now: number): Map<string, JsonText> {
  const { url, requestMethod, contentType, headers, expectResult, expect, expiresAt } = task;
  const { limitCallCount, retry, timeoutMs, sourceAppName, targetAppName, orderKey } = task;
  const values = {
    ...{ url, requestMethod, contentType, headers, expectResult, limitCallCount },
    ...{ retry, timeoutMs, sourceAppName, targetAppName, orderKey },
    expiresAt: expiresAt !== null && expiresAt > now ? new Date(expiresAt).toISOString() : null,
  };
  const form = new Map(
    Object.entries(values).map(([name, value]) => [name, JSON.stringify(value) as JsonText]),
  );
  if (expect !== null) form.set("expect", printExpectation(ownExpectation(expect)));
  const isReplaced = PAYLOADS.some((name) => (changes.get(name) ?? "null") !== "null");
  if (isReplaced) return form;
  if (task.requestParam !== null) form.set("requestParam", task.requestParam);
  if (task.body !== null) form.set("body", JSON.stringify(task.body) as JsonText);
  if (task.bodyBase64 !== null) form.set("bodyBase64", JSON.stringify(task.bodyBase64) as JsonText);
  return form;
}

/** What is sent comes from one of them. */
const PAYLOADS = ["requestParam", "body", "bodyBase64"];
