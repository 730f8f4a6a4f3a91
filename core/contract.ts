/**
 * The contract with the outside, in types: what REST, RPC and events carry. The client package exports these.
 * `ActionMap` and `EventMap` are the only list of action and event names; the typed bus accepts no others.
 */
import type { BulkAction, BulkRequest, BulkResult, JobView, ReplayRequest, Resent } from "./bulk.ts";
import type { Millis } from "./clock.ts";
import type { DestinationChange, DestinationQuery, DestinationView } from "./destination.ts";
import type { FieldError } from "./errors.ts";
import type { Expectation } from "./expect.ts";
import type { DueEntry, Job, Outcome } from "./job.ts";
import type {
  AppChange,
  AppIdentity,
  AppRequest,
  AppView,
  AuditQuery,
  AuditView,
  CreatedApp,
  Credentials,
  PageQuery,
  Rotation,
  SessionIdentity,
  SessionProof,
  UserChange,
  UserIdentity,
  UserRequest,
  UserView,
} from "./people.ts";
import type { RetryPolicy } from "./retry.ts";
import type {
  StatsDestinations,
  StatsErrors,
  StatsNow,
  StatsRangeQuery,
  StatsSeries,
  StatsSeriesQuery,
  StatsSummary,
} from "./stats-views.ts";
import type { Method, TaskState } from "./task.ts";
import type { TaskRequest } from "./task-request.ts";
import type { AlarmMessageView, WebhookTest, WebhookView } from "./webhook-view.ts";

export type * from "./bulk.ts";
export type { DestinationChange, DestinationQuery, DestinationView } from "./destination.ts";
export type { FieldError } from "./errors.ts";
export type { Expectation } from "./expect.ts";
export type { RetryPolicy } from "./retry.ts";
export type * from "./stats-views.ts";
export type { Method, TaskState } from "./task.ts";
export type { TaskRequest } from "./task-request.ts";
export type { AlarmMessageView, WebhookTest, WebhookView } from "./webhook-view.ts";

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
  /**
   * Of a pending task whose turn has not come: the unfinished task of the same `orderKey` that is to be delivered now.
   * Otherwise null. Lists leave it out.
   */
  heldBy?: string | null;
  /** The task that this one is a copy of (`/resend`); null where it is none. Lists leave it out. */
  resendOf?: string | null;
  /** Copies of this task, the newest first, at most 20. Lists leave them out. */
  resentAs?: string[];
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

/** A call in the list of all calls: without what was answered. */
export interface AttemptItem
  extends Omit<AttemptView, "responseHeaders" | "responseBody" | "responseTruncated"> {
  taskId: string;
  url: string;
  requestMethod: Method;
  sourceAppName: string | null;
  targetAppName: string | null;
  /** As the row has it: `pending` also while it is being delivered. */
  taskState: TaskState;
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
  /** `created`: newest first, the default. `due`: pending tasks, the one that is due first on top. */
  sort?: "created" | "due";
  /** 1…200, default 50. */
  limit?: number;
  cursor?: string;
}

/** `GET /v1/attempts` and `admin.attempts`. */
export interface AttemptQuery {
  outcome?: "succeeded" | "failed";
  /** The status that was answered. */
  status?: number;
  errorCode?: string;
  /** An origin, `https://host:port`. */
  destination?: string;
  taskId?: string;
  /** ISO 8601, of the call's start. */
  from?: string;
  to?: string;
  /** 1…200, default 50. */
  limit?: number;
  cursor?: string;
}

/** One item's answer in a batch. */
export type BatchResult = { taskId: string } | { errors: FieldError[] };

/** One caller's task as the REST door hands it on. */
export interface Submission {
  /** Whose rules check it: v1's, or kkbida's. */
  form: "v1" | "legacy";
  task: unknown;
  /** Chosen by the door, who may send the same submission again; there is one task per id. */
  taskId: string;
  /** The app that calls; 0 for users. */
  appId: number;
  sourceIp: string | null;
  idempotencyKey: string | null;
}

export type SubmissionResult = { taskId: string } | { refusal: WireRefusal };

/** A refusal as it travels. */
export interface WireRefusal {
  /** A code of `core/errors.ts`. */
  type: string;
  message: string;
  data: { errors?: FieldError[]; retryAfter?: number };
}

/** Which parts of a node work. */
export interface Health {
  ok: boolean;
  /** Part → null where usable, otherwise what is wrong. */
  parts: Record<string, string | null>;
}

/** What a node says of itself. Where a node is no dispatcher, the figures of one are 0. */
export interface NodeInfo {
  nodeID: string;
  /** Bida's version. */
  version: string;
  /** What it runs, as `SERVICES` names it. */
  services: string[];
  /** ISO 8601. */
  startedAt: string;
  uptimeMs: number;
  pid: number;
  leaseMs: number;
  /** Dispatcher threads. */
  threads: number;
  /** Calls under way. */
  inFlight: number;
  /** Jobs it holds a lease on, and how many it may hold. */
  held: number;
  capacity: number;
  /** Outcomes that are not on record yet. */
  outcomesBuffered: number;
  /** It takes no more jobs, and finishes those it holds; see `admin.drain`. */
  draining: boolean;
  /** Of the main thread, in ms, over the last seconds. */
  eventLoopDelay: { p50: number; p99: number };
  rssBytes: number;
  /** Cores' worth of CPU time over the last seconds; 1 is one whole core. */
  cpu: number;
}

/** A dispatcher that was told to stop taking jobs, or to take them again. */
export interface Drained {
  nodeID: string;
  draining: boolean;
  /** Jobs that it still holds. */
  held: number;
}

/** What waits, of the whole cluster. */
export interface QueueView {
  /** Open tasks in the database; those being called are among them. */
  open: number;
  /** Of the due set; null while it does not answer. */
  places: {
    /** Due, and waiting for a turn. */
    due: number;
    /** Claimed: being called, or about to be. */
    calling: number;
    /** Due within the next minutes. */
    soon: number;
  } | null;
  /** Tasks that wait for an earlier one of their `orderKey`; `more` where they were not counted to the end. */
  held: { count: number; more: boolean };
  /** The task that is due for longest and has not been called; null where none is. */
  oldest: { taskId: string; dueAt: string; waitingMs: number } | null;
}

/** One node in `GET /v1/nodes`. One that vanished, or is too busy to answer, is shown without figures. */
export type NodeItem = ({ up: true } & NodeInfo) | { up: false; nodeID: string };

/** One metric of one node, as prom-client writes it in JSON. */
export interface MetricJson {
  name: string;
  help: string;
  type: string;
  values: { value: number; labels: Record<string, string | number>; metricName?: string }[];
}

/**
 * Every action: name → [parameters, result].
 * Those of `scheduler` from `claim` on are between scheduler and dispatcher only.
 */
export interface ActionMap {
  "scheduler.submit": [TaskRequest, { taskId: string }];
  "scheduler.submitBatch": [{ tasks: TaskRequest[] }, { results: BatchResult[] }];
  /** From the REST door: what several callers hand over, each for itself. */
  "scheduler.submitMany": [{ items: Submission[] }, { results: SubmissionResult[] }];
  "scheduler.get": [{ taskId: string }, TaskView];
  "scheduler.attempts": [{ taskId: string }, Page<AttemptView>];
  "scheduler.cancel": [{ taskId: string; note?: string }, TaskView];
  "scheduler.health": [Record<string, never>, Health];
  "scheduler.claim": [ClaimRequest, ClaimReply];
  "scheduler.extend": [{ holder: string; entries: DueEntry[] }, { lost: string[]; now: number }];
  "scheduler.release": [{ holder: string; entries: DueEntry[] }, Record<string, never>];
  "scheduler.report": [{ holder: string; outcomes: Outcome[] }, Record<string, never>];
  /** These two are offered by every node; ask one by its id. */
  "node.info": [Record<string, never>, NodeInfo];
  "node.metrics": [Record<string, never>, { metrics: MetricJson[] }];
  /** Of one dispatcher, by its id: it stops taking jobs, or takes them again. Nobody but `admin.drain` asks. */
  "dispatcher.drain": [{ draining: boolean }, Drained];
  "admin.list": [TaskQuery, Page<TaskView>];
  "admin.retry": [{ taskId: string; force?: boolean; note?: string }, TaskView];
  "admin.cancel": [{ taskId: string; note?: string }, TaskView];
  "admin.resolve": [{ taskId: string; note?: string }, TaskView];
  "admin.changeMany": [{ action: BulkAction; request: BulkRequest }, BulkResult];
  "admin.replay": [{ origin: string; request: ReplayRequest }, BulkResult];
  /** `changes`: the fields of a `TaskRequest` that differ from the original, and `note`. */
  "admin.resend": [{ taskId: string; changes: Record<string, unknown> }, Resent];
  "admin.listJobs": [PageQuery, Page<JobView>];
  "admin.getJob": [{ id: string }, JobView];
  "admin.stopJob": [{ id: string; note?: string }, JobView];
  "admin.attempts": [AttemptQuery, Page<AttemptItem>];
  "admin.statsNow": [Record<string, never>, StatsNow];
  "admin.statsSummary": [Record<string, never>, StatsSummary];
  "admin.statsSeries": [StatsSeriesQuery, StatsSeries];
  "admin.statsDestinations": [StatsRangeQuery, StatsDestinations];
  "admin.statsErrors": [StatsRangeQuery & { destination?: string }, StatsErrors];
  "admin.queue": [Record<string, never>, QueueView];
  /** Until the node is told otherwise, or starts anew. */
  "admin.drain": [{ nodeID: string; draining: boolean; note?: string }, Drained];
  "admin.listDestinations": [DestinationQuery, Page<DestinationView>];
  "admin.getDestination": [{ origin: string }, DestinationView];
  "admin.changeDestination": [{ origin: string; change: DestinationChange }, DestinationView];
  /** Null: no app has this key. */
  "admin.identify": [{ keyHash: string }, AppIdentity | null];
  /** Null: the credentials are wrong. */
  "admin.authenticate": [Credentials, UserIdentity | null];
  "admin.login": [Credentials & SessionProof, SessionIdentity];
  /** Null: there is no such session, or no longer. */
  "admin.session": [SessionProof, SessionIdentity | null];
  "admin.logout": [Pick<SessionProof, "tokenHash">, Record<string, never>];
  /** Of the user who calls. All sessions of this user end; `renewed` begins. */
  "admin.changePassword": [PasswordChange, SessionIdentity | null];
  "admin.listApps": [PageQuery, Page<AppView>];
  "admin.createApp": [AppRequest, CreatedApp];
  "admin.changeApp": [AppChange & { id: number }, AppView];
  "admin.deleteApp": [{ id: number }, Record<string, never>];
  "admin.rotateKey": [Rotation, AppView & { key: string }];
  "admin.rotateSecret": [Rotation, AppView & { signingSecret: string }];
  "admin.listUsers": [PageQuery, Page<UserView>];
  "admin.createUser": [UserRequest, UserView];
  "admin.changeUser": [UserChange & { id: number }, UserView];
  "admin.deleteUser": [{ id: number }, Record<string, never>];
  "admin.listAudit": [AuditQuery, Page<AuditView>];
  /** Records that the caller was refused: a role that may not. */
  "admin.noteRefusal": [{ route: string }, Record<string, never>];
  "notifier.listWebhooks": [Record<string, never>, Page<WebhookView>];
  "notifier.getWebhook": [{ id: number | string }, WebhookView];
  "notifier.createWebhook": [Record<string, unknown>, WebhookView];
  "notifier.updateWebhook": [{ id: number | string; changes: Record<string, unknown> }, WebhookView];
  "notifier.deleteWebhook": [{ id: number | string }, WebhookView];
  /** Without `id`: settings that are not saved. With both: the channel's, changed so. */
  "notifier.testWebhook": [{ id?: number | string; settings?: Record<string, unknown> }, WebhookTest];
  "notifier.webhookHistory": [
    { id: number | string; limit?: number; cursor?: string },
    Page<AlarmMessageView>,
  ];
}

export interface PasswordChange {
  current: Credentials;
  newPassword: string;
  /** Null: the caller has no session. */
  renewed: SessionProof | null;
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
  /** Between Bida's own nodes, for `GET /v1/events`: everything that happened to tasks, in batches. */
  "stream.tasks": { items: TaskChange[] };
  "destination.opened": { origin: string; since: string; failures: number };
  "destination.closed": { origin: string; at: string };
  /** An app, a user or a session changed: what was remembered of them is to be asked for again. */
  "access.changed": { kind: "app" | "user"; id: number };
}

/** What `GET /v1/events` tells: changes of tasks, and how things stand. */
export const STREAM_TYPES = [
  "task.accepted",
  "task.attempted",
  "task.succeeded",
  "task.exhausted",
  "task.canceled",
  "task.resolved",
  "task.retried",
  "stats",
] as const;
export type StreamType = (typeof STREAM_TYPES)[number];

/** One change of a task. A call that ends its task is `task.succeeded` or `task.exhausted`, any other `task.attempted`. */
export interface TaskChange {
  type: Exclude<StreamType, "stats">;
  taskId: string;
  appId: number;
  state: TaskState;
  callCount: number;
  limitCallCount: number;
  /** At most 512 characters of it. */
  url: string;
  sourceAppName: string | null;
  targetAppName: string | null;
  nextCallAt: string | null;
  lastError: { code: string; message: string } | null;
  at: string;
  /** The call that was recorded; null where the change was none. */
  attempt: Pick<AttemptView, "n" | "outcome" | "statusCode" | "errorCode" | "durationMs"> | null;
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
