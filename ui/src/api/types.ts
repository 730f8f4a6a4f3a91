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

/** An attempt in the list across all tasks; its body is not part of the list. */
export type AttemptRow = Omit<Attempt, "responseBody" | "responseHeaders"> & {
  taskId: string;
  url: string;
  requestMethod?: Method;
  responseBody?: string | null;
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
  statusCode?: number;
  errorCode?: string;
  destination?: string;
  taskId?: string;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
}

export interface Session {
  username: string;
  role: Role;
  mustChangePassword?: boolean;
}

export interface Summary {
  tasks: { total: number } & Record<TaskState, number>;
  attempts: { total: number; succeeded: number; failed: number };
  oldestWaitingAt: string | null;
}

export interface SeriesPoint {
  at: string;
  succeeded: number;
  failed: number;
  accepted?: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}
export interface Series {
  step: "minute" | "hour" | "day";
  items: SeriesPoint[];
}

export interface DestinationStats {
  origin: string;
  succeeded: number;
  failed: number;
  p95: number | null;
}
export interface ErrorStats {
  code: string;
  count: number;
}

export interface Destination {
  origin: string;
  paused: boolean;
  concurrency: number | null;
  ratePerSecond: number | null;
  breaker: {
    state: "closed" | "open" | "half_open";
    since: string | null;
    openUntil: string | null;
    failures: number;
    enabled: boolean;
  };
  waiting?: number;
  ready?: number;
  leased?: number;
}

export interface Node {
  id: string;
  hostname?: string;
  services: string[];
  version?: string;
  startedAt?: string | null;
  threads?: number;
  inFlight?: number;
  concurrency?: number;
  eventLoopDelayMs?: number | null;
  cpu?: number | null;
  rssBytes?: number | null;
}

export type ChannelType = "dingtalk" | "wecom" | "feishu" | "slack" | "email" | "webhook";
export interface Channel {
  id: number;
  type: ChannelType;
  memo: string | null;
  url: string | null;
  requestMethod: Method | null;
  contentType: string | null;
  content: string | null;
  enabled: boolean;
  hasSecret?: boolean;
  filter?: { sourceAppName?: string[]; targetAppName?: string[]; destination?: string[]; kinds?: string[] } | null;
  broken?: { since: string; message: string } | null;
  createdAt?: string;
}
export type ChannelInput = Partial<Omit<Channel, "id">> & { secret?: string | null };
export interface ChannelTest {
  ok: boolean;
  statusCode: number | null;
  responseBody: string | null;
  error?: { code: string; message: string } | null;
  request?: { url: string; body: string } | null;
}

export interface App {
  id: number;
  name: string;
  ipAllow: string[];
  maxConcurrency?: number | null;
  hasSecret?: boolean;
  createdAt: string;
  lastUsedAt?: string | null;
}
export interface User {
  id: number;
  username: string;
  role: Role;
  disabled?: boolean;
  createdAt: string;
  lastLoginAt?: string | null;
}
export interface AuditEntry {
  id: number | string;
  at: string;
  actor: { kind: "user" | "app" | "node"; name: string };
  action: string;
  target: string | null;
  sourceIp: string | null;
  before: unknown;
  after: unknown;
}

export interface BulkResult {
  matched: number;
  changed?: number;
  jobId?: string;
}
export interface Job {
  id: string;
  kind: string;
  state: "running" | "done" | "stopped" | "failed";
  matched: number;
  done: number;
  changed: number;
  error?: string | null;
}

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
  parameters: { query?: Q; header?: Record<string, string>; path: Record<P, string | number>; cookie?: never };
  requestBody?: [B] extends [never] ? never : Json<B>;
  responses: Responses<R>;
}
type Bulk = { filter: TaskFilter; dryRun?: boolean };

export interface paths {
  "/v1/session": { get: Op<Session>; post: Op<Session, never, { username: string; password: string }>; delete: Op<void> };
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
  "/v1/destinations": { get: Op<Page<Destination>> };
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
    post: Of<"origin", BulkResult, { from?: string; to?: string; dryRun?: boolean }>;
  };
  "/v1/stats/summary": { get: Op<Summary> };
  "/v1/stats/series": { get: Op<Series, { from: string; to: string; step: "minute" | "hour" | "day"; destination?: string }> };
  "/v1/stats/destinations": { get: Op<Page<DestinationStats>, { from: string; to: string; limit?: number }> };
  "/v1/stats/errors": { get: Op<Page<ErrorStats>, { from: string; to: string; limit?: number }> };
  "/v1/nodes": { get: Op<Page<Node>> };
  "/v1/webhooks": { get: Op<Page<Channel>>; post: Op<Channel, never, ChannelInput> };
  "/v1/webhooks/{id}": { get: Of<"id", Channel>; patch: Of<"id", Channel, ChannelInput>; delete: Of<"id", void> };
  "/v1/webhooks/{id}/test": { post: Of<"id", ChannelTest> };
  "/v1/apps": { get: Op<Page<App>>; post: Op<App & { apiKey: string }, never, { name: string; ipAllow?: string[] }> };
  "/v1/apps/{id}": { patch: Of<"id", App, { name?: string; ipAllow?: string[] }>; delete: Of<"id", void> };
  "/v1/apps/{id}/rotate-key": { post: Of<"id", { apiKey: string }> };
  "/v1/apps/{id}/rotate-secret": { post: Of<"id", { secret: string }> };
  "/v1/users": { get: Op<Page<User>>; post: Op<User, never, { username: string; password: string; role: Role }> };
  "/v1/users/{id}": {
    patch: Of<"id", User, { role?: Role; password?: string; disabled?: boolean }>;
    delete: Of<"id", void>;
  };
  "/v1/audit": {
    get: Op<
      Page<AuditEntry>,
      { actor?: string; action?: string; target?: string; from?: string; to?: string; limit?: number; cursor?: string }
    >;
  };
}
