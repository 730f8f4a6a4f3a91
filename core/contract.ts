/**
 * The contract with the outside, in types: what REST, RPC and events carry. The client package exports these.
 * `ActionMap` and `EventMap` are the only list of action and event names; the typed bus accepts no others.
 */
import type { z } from "zod";
import type { Millis } from "./clock.ts";
import type { FieldError } from "./errors.ts";
import type { Expectation } from "./expect.ts";
import type { DueEntry, Job, Outcome } from "./job.ts";
import type { RetryPolicy } from "./retry.ts";
import type {
  DestinationView,
  destinationChangeSchema,
  destinationQuerySchema,
} from "./schema/destinations.ts";
import type { Method, TaskState } from "./task.ts";
import type { TaskRequest } from "./task-request.ts";

export type { DestinationView } from "./schema/destinations.ts";
export type { FieldError } from "./errors.ts";
export type { Expectation } from "./expect.ts";
export type { RetryPolicy } from "./retry.ts";
export type { Method, TaskState } from "./task.ts";
export type { TaskRequest } from "./task-request.ts";

/** A task as callers see it. Times are ISO 8601. */
export interface TaskView {
  taskId: string;
  state: TaskState;
  url: string;
  requestMethod: Method;
  requestParam: Record<string, unknown> | null;
  body: string | null;
  contentType: string | null;
  headers: Record<string, string> | null;
  expectResult: string | null;
  expect: Expectation | null;
  callCount: number;
  limitCallCount: number;
  retry: RetryPolicy;
  timeoutMs: number;
  nextCallAt: string | null;
  expiresAt: string | null;
  sourceAppName: string | null;
  targetAppName: string | null;
  orderKey: string | null;
  sourceIp: string | null;
  lastError: { code: string; message: string } | null;
  createdAt: string;
  updatedAt: string;
  finishedAt: string | null;
}

/** One call that was made. */
export interface AttemptView {
  n: number;
  startedAt: string;
  durationMs: number;
  outcome: "succeeded" | "failed";
  statusCode: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  responseHeaders: Record<string, string | string[]> | null;
  responseBody: string | null;
  responseTruncated: boolean;
  node: string;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** `GET /v1/tasks` and `admin.list`. */
export interface TaskQuery {
  state?: TaskState[];
  sourceAppName?: string;
  targetAppName?: string;
  /** Part of the URL. */
  url?: string;
  /** Part of the payload (`requestParam` as JSON text, or `body`). */
  q?: string;
  /** ISO 8601. */
  createdFrom?: string;
  createdTo?: string;
  /** 1…200, default 50. */
  limit?: number;
  cursor?: string;
}

/** `GET /v1/destinations`. */
export type DestinationQuery = z.input<typeof destinationQuerySchema>;

/** The body of `PATCH /v1/destinations/{origin}`. */
export type DestinationChange = z.input<typeof destinationChangeSchema>;

/** One item's answer in a batch. */
export type BatchResult = { taskId: string } | { errors: FieldError[] };

/** Which parts of a node work. */
export interface Health {
  ok: boolean;
  /** Part → null where usable, otherwise what is wrong. */
  parts: Record<string, string | null>;
}

/**
 * Every action: name → [parameters, result].
 * Those of `scheduler` from `claim` on are between scheduler and dispatcher only.
 */
export interface ActionMap {
  "scheduler.submit": [TaskRequest, { taskId: string }];
  "scheduler.submitBatch": [{ tasks: TaskRequest[] }, { results: BatchResult[] }];
  "scheduler.submitLegacy": [{ request: unknown }, { taskId: string }];
  "scheduler.get": [{ taskId: string }, TaskView];
  "scheduler.attempts": [{ taskId: string }, Page<AttemptView>];
  "scheduler.cancel": [{ taskId: string }, TaskView];
  "scheduler.health": [Record<string, never>, Health];
  "scheduler.claim": [ClaimRequest, ClaimReply];
  "scheduler.extend": [{ holder: string; entries: DueEntry[] }, { lost: string[]; now: number }];
  "scheduler.release": [{ holder: string; entries: DueEntry[] }, Record<string, never>];
  "scheduler.report": [{ holder: string; outcomes: Outcome[] }, Record<string, never>];
  "admin.list": [TaskQuery, Page<TaskView>];
  "admin.retry": [{ taskId: string; force?: boolean }, TaskView];
  "admin.cancel": [{ taskId: string }, TaskView];
  "admin.resolve": [{ taskId: string }, TaskView];
  "admin.listDestinations": [DestinationQuery, Page<DestinationView>];
  "admin.getDestination": [{ origin: string }, DestinationView];
  "admin.changeDestination": [{ origin: string; change: DestinationChange }, DestinationView];
  "admin.identify": [{ keyHash: string }, { appId: number; name: string } | null];
}

/** A dispatcher's demand. */
export interface ClaimRequest {
  /** Names the dispatcher's run; leases belong to it. */
  holder: string;
  /** How many jobs fit. */
  room: number;
  /** The room is kept for first calls. */
  firstOnly: boolean;
  /** How long the request may be parked. */
  waitMs: Millis;
}

export interface ClaimReply {
  jobs: Job[];
  /** The cluster's clock (epoch ms) just before the leases began. */
  leasedAt: number;
}

/** Every event: name → payload. */
export interface EventMap {
  "task.attempted": TaskEvent & { attempt: AttemptView };
  "task.succeeded": TaskEvent;
  "task.exhausted": TaskEvent;
  "destination.opened": { origin: string; since: string; failures: number };
  "destination.closed": { origin: string; at: string };
}

export interface TaskEvent {
  taskId: string;
  state: TaskState;
  callCount: number;
  limitCallCount: number;
  url: string;
  sourceAppName: string | null;
  targetAppName: string | null;
  lastError: { code: string; message: string } | null;
  createdAt: string;
}
