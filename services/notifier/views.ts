/** What callers see of channels: nothing of it is good for sending. */

import { MASK, maskUrl } from "../../core/alarm/mask.ts";
import { lacksKeyword } from "../../core/alarm/template.ts";
import { isoOrNull } from "../../core/clock.ts";
import type { AlarmMessageView, WebhookView } from "../../core/contract.ts";
import { STORED_STATES, type StoredState } from "../../core/task.ts";
import type { messagesOf } from "../../store/channel-messages.ts";
import type { Webhook } from "../../store/webhooks.ts";

export function webhookView(webhook: Webhook): WebhookView {
  const { id, spec, opened, brokenSince, lastError, lastSuccessAt, createdAt, updatedAt } = webhook;
  const { smtp } = spec;
  return {
    id,
    type: spec.type,
    name: spec.name,
    memo: spec.memo ?? null,
    enabled: spec.enabled,
    url: spec.url ? maskUrl(spec.url) : null,
    secret: masked(spec.secret),
    requestMethod: spec.requestMethod,
    contentType: spec.contentType,
    content: spec.content ?? null,
    expectResult: spec.expectResult ?? null,
    smtp: smtp ? { ...smtp, user: smtp.user ?? null, password: masked(smtp.password) } : null,
    language: spec.language,
    title: spec.title ?? null,
    filter: spec.filter,
    backlogMinutes: spec.backlogMinutes,
    limits: spec.limits ?? null,
    digest: spec.digest ?? null,
    spacing: spec.spacing ?? null,
    recovered: spec.recovered ?? null,
    warnings: lacksKeyword(spec) ? ["keyword"] : [],
    limitCallCount: spec.limitCallCount,
    retry: spec.retry ?? null,
    timeoutMs: spec.timeoutMs,
    state: spec.enabled ? (brokenSince === null && opened ? "ok" : "broken") : "disabled",
    brokenSince: isoOrNull(brokenSince),
    lastError: opened ? lastError : "its secrets do not open: wrong BIDA_SECRET_KEY?",
    lastSuccessAt: isoOrNull(lastSuccessAt),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}

const masked = (secret: string | null | undefined): string | null => (secret ? MASK : null);

const STATES: Record<StoredState, AlarmMessageView["state"]> = {
  pending: "pending",
  succeeded: "sent",
  exhausted: "failed",
  resolved: "failed",
  canceled: "canceled",
};

export function messageView(message: Awaited<ReturnType<typeof messagesOf>>[number]): AlarmMessageView {
  const { taskId, alarms, createdAt, state, refused, insteadOf, error } = message;
  const now = STATES[STORED_STATES[state] ?? "pending"];
  return {
    taskId,
    // Sent again by hand, it may have arrived since.
    state: refused && now === "failed" ? "refused" : now,
    alarms,
    error: now === "sent" ? null : error,
    insteadOf,
    createdAt: new Date(createdAt).toISOString(),
  };
}
