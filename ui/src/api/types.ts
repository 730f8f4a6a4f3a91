/**
 * The REST contract as the console uses it: `paths` has the shape that openapi-typescript writes, so that types
 * generated from /openapi.json can take this file's place.
 */

export type TaskState = "pending" | "delivering" | "succeeded" | "exhausted" | "canceled" | "resolved";
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Role = "viewer" | "operator" | "admin";

export type Retry =
  | { strategy: "fixed"; delayMs: number; jitter?: number }
  | { strategy: "exponential"; delayMs: number; factor: number; maxDelayMs: number; jitter?: number }
  | { strategy: "schedule"; delaysMs: number[]; jitter?: number };

export interface Expectation {
  status?: number[] | string;
  contains?: string;
  equals?: string;
  matches?: string;
  json?: Record<string, unknown>;
}

export interface TaskRequest {
  url: string;
  requestMethod: Method;
  requestParam?: Record<string, unknown> | null;
  body?: string | null;
  contentType?: string | null;
  headers?: Record<string, string> | null;
  expectResult?: string | null;
  expect?: Expectation | null;
  limitCallCount: number;
  retry?: Retry | null;
  timeoutMs?: number | null;
  delayMs?: number | null;
  callAt?: string | null;
  expiresAt?: string | null;
  sourceAppName?: string | null;
  targetAppName?: string | null;
  orderKey?: string | null;
}

/** Times are ISO 8601. */
export interface Task {
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
  retry: Retry;
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
  /** The task that this one is an edited copy of. */
  resendOf?: string | null;
}

export interface Attempt {
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

/** An attempt in the list across all tasks; what was answered is not part of it. */
export type AttemptRow = Omit<Attempt, "responseBody" | "responseHeaders" | "responseTruncated"> & {
  taskId: string;
  url: string;
  requestMethod: Method;
  sourceAppName: string | null;
  targetAppName: string | null;
  taskState: TaskState;
};

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface TaskQuery {
  state?: TaskState[];
  sourceAppName?: string;
  targetAppName?: string;
  url?: string;
  q?: string;
  createdFrom?: string;
  createdTo?: string;
  sort?: "due";
  limit?: number;
  cursor?: string;
}
export type TaskFilter = Omit<TaskQuery, "limit" | "cursor" | "sort">;

export interface AttemptQuery {
  outcome?: "succeeded" | "failed";
  status?: number;
  errorCode?: string;
  /** An origin. */
  destination?: string;
  taskId?: string;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
}

export interface Session {
  user: { id: number; username: string; role: Role };
  expiresAt: string | null;
  /** The password is the default one that everybody knows. */
  mustChangePassword: boolean;
}

type StoredState = Exclude<TaskState, "delivering">;
export interface Durations {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}
/** What happened in a stretch of time. `succeeded` and `failed` are calls; `exhausted` are tasks. */
export interface Activity extends Durations {
  accepted: number;
  calls: number;
  succeeded: number;
  failed: number;
  retries: number;
  exhausted: number;
  /** 0…1; null where there were no calls. */
  successRate: number | null;
}
/** What there is now. */
export interface StatsNow {
  /** `pending` includes those that are being delivered. */
  tasks: Record<StoredState, number>;
  /** Ever, pruned ones included. */
  totals: { accepted: number; calls: number; succeeded: number; failed: number };
  oldestWaiting: { taskId: string; dueAt: string; waitingMs: number } | null;
}
export type Step = "minute" | "hour" | "day";
export interface StatsPoint extends Activity {
  /** Beginning of the step. */
  at: string;
}
export interface Series {
  from: string;
  to: string;
  step: Step;
  /** One per step, also where nothing happened. */
  points: StatsPoint[];
}
export interface DestinationStats extends Activity {
  /** An origin; `other` for all those that are not kept apart. */
  destination: string;
  sparkline: { at: string; calls: number; failed: number }[];
}
export interface ErrorStats {
  errorCode: string;
  count: number;
  sparkline: { at: string; count: number }[];
}
interface Range {
  from: string;
  to: string;
}

export interface Destination {
  origin: string;
  paused: boolean;
  concurrency: number | null;
  ratePerSecond: number | null;
  breaker: {
    enabled: boolean;
    state: "closed" | "open" | "half_open";
    since: string | null;
    /** When it is probed next. */
    probeAt: string | null;
    /** Failures in a row. */
    failures: number;
  };
  /** Calls that may be claimed at once just now. */
  window: number | null;
  /** Tasks that are due and wait for their turn. */
  ready: number;
  inFlight: number;
}
export interface DestinationQuery {
  q?: string;
  state?: "open" | "paused";
  limit?: number;
  cursor?: string;
}

/** One that vanished, or is too busy to answer, is shown without figures. */
export type Node = { up: false; nodeID: string } | ({ up: true } & NodeInfo);
export interface NodeInfo {
  nodeID: string;
  version: string;
  services: string[];
  startedAt: string;
  uptimeMs: number;
  threads: number;
  inFlight: number;
  held: number;
  capacity: number;
  outcomesBuffered: number;
  /** It takes no more jobs. */
  draining: boolean;
  /** In ms. */
  eventLoopDelay: { p50: number; p99: number };
  rssBytes: number;
  /** 1 is one whole core. */
  cpu: number;
}

export const CHANNEL_TYPES = ["dingtalk", "wecom", "feishu", "slack", "email", "webhook"] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];
export const ALARM_KINDS = ["exhausted", "breaker", "backlog", "channel"] as const;
export const SEVERITIES = ["warning", "error", "critical"] as const;
export interface Smtp {
  host: string;
  port: number;
  tls: "starttls" | "tls" | "none";
  user: string | null;
  password: string | null;
  from: string;
  to: string[];
}
/** Secrets are masked. */
export interface Channel {
  id: number;
  type: ChannelType;
  name: string;
  memo: string | null;
  enabled: boolean;
  url: string | null;
  secret: string | null;
  requestMethod: "POST" | "PUT" | "PATCH";
  contentType: string;
  content: string | null;
  expectResult: string | null;
  smtp: Smtp | null;
  language: "zh" | "en";
  title: string | null;
  filter: {
    kinds: (typeof ALARM_KINDS)[number][];
    sourceAppNames: string[];
    destinations: string[];
    minSeverity: (typeof SEVERITIES)[number];
  };
  backlogMinutes: number;
  state: "ok" | "broken" | "disabled";
  brokenSince: string | null;
  lastError: string | null;
  lastSuccessAt: string | null;
  createdAt: string;
  updatedAt: string;
}
export type ChannelInput = Partial<Omit<Channel, "id" | "state">>;
export interface ChannelTest {
  succeeded: boolean;
  statusCode: number | null;
  body: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  durationMs: number;
}
export interface AlarmMessage {
  /** The task that carried it. */
  taskId: string;
  state: "pending" | "sent" | "failed" | "canceled";
  /** How many alarms it told of. */
  alarms: number;
  createdAt: string;
}

export interface App {
  id: number;
  name: string;
  disabled: boolean;
  /** CIDR ranges it may call from; empty: from anywhere. */
  ipAllow: string[];
  ratePerSecond: number | null;
  /** Until when the key before the present one works. */
  previousKeyUntil: string | null;
  signing: boolean;
  previousSecretUntil: string | null;
  createdAt: string;
  updatedAt: string;
}
export interface AppInput {
  name: string;
  ipAllow?: string[];
  ratePerSecond?: number | null;
}
export interface User {
  id: number;
  username: string;
  role: Role;
  disabled: boolean;
  /** The password is that of the configuration. */
  environmentPassword: boolean;
  createdAt: string;
  updatedAt: string;
}
export interface AuditEntry {
  id: string;
  at: string;
  actor: { kind: "user" | "app" | "node" | "repl"; id: number | null; name: string };
  sourceIp: string | null;
  /** `thing.verb`. */
  action: string;
  target: { type: string; id: string | null };
  before: unknown;
  after: unknown;
  note: string | null;
  requestPath: string | null;
}
export interface AuditQuery {
  actor?: string;
  action?: string;
  /** `type` or `type:id`. */
  target?: string;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
}

export interface BulkResult {
  matched: number;
  /** 0 where a job does it. */
  changed: number;
  /** More than 1,000 tasks: what works on them. */
  job: Job | null;
}
export interface Job {
  id: string;
  kind: Act | "replay";
  state: "waiting" | "running" | "finished" | "stopped";
  matched: number;
  /** Changed or skipped. */
  done: number;
  changed: number;
}
type Act = "retry" | "cancel" | "resolve";

/** RFC 9457. */
export interface Problem {
  title: string;
  status: number;
  code: string;
  detail: string;
  errors: { field: string; message: string }[];
}

type Json<T> = { content: { "application/json": T } };
type Responses<R> = { 200: Json<R>; default: { content: { "application/problem+json": Problem } } };
interface Op<R, Q = never, B = never> {
  parameters: { query?: Q; header?: Record<string, string>; path?: never; cookie?: never };
  requestBody?: [B] extends [never] ? never : Json<B>;
  responses: Responses<R>;
}
/** An operation on one thing: its path has parameters. */
interface Of<P extends string, R, B = never, Q = never> {
  parameters: {
    query?: Q;
    header?: Record<string, string>;
    path: Record<P, string | number>;
    cookie?: never;
  };
  requestBody?: [B] extends [never] ? never : Json<B>;
  responses: Responses<R>;
}
type Bulk = { filter: TaskFilter; dryRun?: boolean; expected?: number };

export interface paths {
  "/v1/session": {
    get: Op<Session>;
    post: Op<Session, never, { username: string; password: string }>;
    delete: Op<void>;
  };
  "/v1/session/password": { post: Op<void, never, { currentPassword: string; newPassword: string }> };
  "/v1/tasks": { get: Op<Page<Task>, TaskQuery>; post: Op<{ taskId: string }, never, TaskRequest> };
  "/v1/tasks/{taskId}": { get: Of<"taskId", Task> };
  "/v1/tasks/{taskId}/attempts": { get: Of<"taskId", Page<Attempt>> };
  "/v1/tasks/{taskId}/retry": { post: Of<"taskId", Task, { force?: boolean; note?: string }> };
  "/v1/tasks/{taskId}/cancel": { post: Of<"taskId", Task, { note?: string }> };
  "/v1/tasks/{taskId}/resolve": { post: Of<"taskId", Task, { note?: string }> };
  "/v1/tasks/{taskId}/resend": { post: Of<"taskId", { taskId: string }, Partial<TaskRequest>> };
  "/v1/tasks/retry": { post: Op<BulkResult, never, Bulk> };
  "/v1/tasks/cancel": { post: Op<BulkResult, never, Bulk> };
  "/v1/tasks/resolve": { post: Op<BulkResult, never, Bulk> };
  "/v1/jobs/{id}": { get: Of<"id", Job>; delete: Of<"id", Job> };
  "/v1/attempts": { get: Op<Page<AttemptRow>, AttemptQuery> };
  "/v1/destinations": { get: Op<Page<Destination>, DestinationQuery> };
  "/v1/destinations/{origin}": {
    patch: Of<
      "origin",
      Destination,
      {
        paused?: boolean;
        concurrency?: number | null;
        ratePerSecond?: number | null;
        breaker?: { enabled?: boolean; reset?: boolean };
      }
    >;
  };
  "/v1/destinations/{origin}/replay": {
    post: Of<"origin", BulkResult, { from: string; to: string; dryRun?: boolean; expected?: number }>;
  };
  "/v1/stats/summary": { get: Op<StatsNow> };
  "/v1/stats/series": { get: Op<Series, Range & { step: Step; destination?: string }> };
  "/v1/stats/destinations": { get: Op<Page<DestinationStats>, Range> };
  "/v1/stats/errors": { get: Op<Page<ErrorStats>, Range> };
  "/v1/nodes": { get: Op<Page<Node>> };
  "/v1/webhooks": { get: Op<Page<Channel>>; post: Op<Channel, never, ChannelInput> };
  "/v1/webhooks/test": { post: Op<ChannelTest, never, ChannelInput> };
  "/v1/webhooks/{id}": {
    get: Of<"id", Channel>;
    patch: Of<"id", Channel, ChannelInput>;
    delete: Of<"id", void>;
  };
  "/v1/webhooks/{id}/test": { post: Of<"id", ChannelTest, ChannelInput> };
  "/v1/webhooks/{id}/history": {
    get: Of<"id", Page<AlarmMessage>, never, { limit?: number; cursor?: string }>;
  };
  "/v1/apps": {
    get: Op<Page<App>, { limit?: number; cursor?: string }>;
    post: Op<App & { key: string; signingSecret: string | null }, never, AppInput>;
  };
  "/v1/apps/{id}": {
    patch: Of<"id", App, Partial<AppInput> & { disabled?: boolean }>;
    delete: Of<"id", void>;
  };
  "/v1/apps/{id}/rotate-key": { post: Of<"id", App & { key: string }, { immediately?: boolean }> };
  "/v1/apps/{id}/rotate-secret": {
    post: Of<"id", App & { signingSecret: string }, { immediately?: boolean }>;
  };
  "/v1/users": {
    get: Op<Page<User>, { limit?: number; cursor?: string }>;
    post: Op<User, never, { username: string; password: string; role: Role }>;
  };
  "/v1/users/{id}": {
    patch: Of<"id", User, { role?: Role; password?: string; disabled?: boolean }>;
    delete: Of<"id", void>;
  };
  "/v1/audit": { get: Op<Page<AuditEntry>, AuditQuery> };
}
