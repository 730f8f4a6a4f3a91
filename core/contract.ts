/**
 * The contract with the outside, in types: what REST, RPC and events carry. The client package exports these.
 * `ActionMap` and `EventMap` are the only list of action and event names; the typed bus accepts no others. What they
 * carry is written in a file per concept, and all of it can be had here.
 */
import type { MuteRequest, MuteView, RaisedQuery, RaisedView } from "./alarm/inbox.ts";
import type {
  BulkAction,
  BulkRequest,
  BulkResult,
  JobChange,
  JobDetail,
  JobQuery,
  JobView,
  ReplayRequest,
  Resent,
} from "./bulk.ts";
import type { ClockSample } from "./clock.ts";
import type { Drained, Health, MetricJson, NodeInfo, QueueView } from "./cluster-views.ts";
import type {
  DestinationChange,
  DestinationQuery,
  DestinationSettings,
  DestinationView,
} from "./destination.ts";
import type { DestinationReport, StatsHealth } from "./destination-report.ts";
import type { Lane } from "./id-types.ts";
import type { IncidentDetail, IncidentQuery, IncidentView } from "./incident.ts";
import type { ClaimReply, ClaimRequest, DueEntry, Outcome } from "./job.ts";
import type { Page, PageQuery } from "./page.ts";
import type {
  AppChange,
  AppIdentity,
  AppRequest,
  AppView,
  AuditNames,
  AuditQuery,
  AuditView,
  CreatedApp,
  Credentials,
  PasswordChange,
  Rotation,
  SessionIdentity,
  SessionItem,
  SessionProof,
  UserChange,
  UserIdentity,
  UserRequest,
  UserView,
} from "./people.ts";
import type { SavedView, SavedViewRequest } from "./saved-view.ts";
import type { SearchAnswer, SearchQuery, Suggestions, SuggestQuery } from "./search.ts";
import type {
  StatsDestinations,
  StatsErrors,
  StatsNow,
  StatsRangeQuery,
  StatsSeries,
  StatsSeriesQuery,
  StatsSummary,
} from "./stats-views.ts";
import type { BatchResult, JsonEnvelope, Submission, SubmissionResult } from "./submission.ts";
import type { RetrySchedule } from "./task.ts";
import type { TaskChange, TaskEvent } from "./task-events.ts";
import type { BatchItem, TaskRequest } from "./task-request.ts";
import type {
  AttemptItem,
  AttemptQuery,
  AttemptView,
  NeighbourQuery,
  Neighbours,
  TaskAttemptsQuery,
  TaskItem,
  TaskQuery,
  TaskView,
} from "./task-views.ts";
import type { AlarmMessageView, WebhookPreview, WebhookTest, WebhookView } from "./webhook-view.ts";

export type { MuteRequest, MuteView, RaisedQuery, RaisedView } from "./alarm/inbox.ts";
export type * from "./bulk.ts";
export type * from "./cluster-views.ts";
export type { DestinationChange, DestinationQuery, DestinationView } from "./destination.ts";
export type { DestinationReport, StatsHealth } from "./destination-report.ts";
export type { FieldError } from "./errors.ts";
export type { Expectation } from "./expect.ts";
export type { IncidentAnswer, IncidentDetail, IncidentQuery, IncidentView } from "./incident.ts";
export type { ClaimReply, ClaimRequest } from "./job.ts";
export type * from "./page.ts";
export type { RetryPolicy } from "./retry.ts";
export type { SavedView, SavedViewRequest } from "./saved-view.ts";
export type { SearchAnswer, SearchGroup, SearchQuery, Suggestions, SuggestQuery } from "./search.ts";
export type * from "./stats-views.ts";
export type * from "./submission.ts";
export type { Method, RetrySchedule, TaskState } from "./task.ts";
export * from "./task-events.ts";
export type { BatchItem, TaskRequest } from "./task-request.ts";
export type * from "./task-views.ts";
export type { AlarmMessageView, WebhookPreview, WebhookTest, WebhookView } from "./webhook-view.ts";

/**
 * Every action: name → [parameters, result].
 * Those of `scheduler` from `claim` on are between scheduler and dispatcher only.
 */
export interface ActionMap {
  "scheduler.submit": [TaskRequest | JsonEnvelope, { taskId: string }];
  "scheduler.submitBatch": [
    { tasks: (BatchItem | JsonEnvelope)[] } | JsonEnvelope,
    { results: BatchResult[] },
  ];
  /** From the REST API: what several callers hand over, each for itself. */
  "scheduler.submitMany": [{ items: Submission[] }, { results: SubmissionResult[] }];
  "scheduler.get": [{ taskId: string }, TaskView];
  "scheduler.attempts": [TaskAttemptsQuery, Page<AttemptView>];
  "scheduler.cancel": [{ taskId: string; note?: string }, TaskView];
  "scheduler.health": [Record<string, never>, Health];
  "scheduler.claim": [ClaimRequest, ClaimReply];
  /** The answer tells the cluster's time as well. */
  "scheduler.extend": [
    { holder: string; entries: DueEntry[] },
    /**
     * Ids of the tasks among `entries` whose lease, as it is named there, is not the holder's any more (`lost`), and of
     * those that the due set did not know and has taken in (`adopted`; older schedulers do not tell).
     */
    { lost: string[]; adopted?: string[] } & Pick<ClockSample, "sentBy" | "reached">,
  ];
  /**
   * Leases are handed back (`entries`), those that are in rows only too (`handed`: they get a place in the due set), or
   * end without a next call (`ended`: their outcome is on record, and a heartbeat that was late took them in again).
   */
  "scheduler.release": [
    { holder: string; entries: DueEntry[]; handed?: DueEntry[]; ended?: DueEntry[] },
    Record<string, never>,
  ];
  /** Of each scheduler, by its id: an operator has set this for a destination. It is in the due set by then. */
  "scheduler.configure": [{ lane: Lane; settings: DestinationSettings }, Record<string, never>];
  "scheduler.report": [{ holder: string; outcomes: Outcome[] }, Record<string, never>];
  /** These two are offered by every node; ask one by its id. */
  "node.info": [Record<string, never>, NodeInfo];
  "node.metrics": [Record<string, never>, { metrics: MetricJson[] }];
  /** Of one dispatcher, by its id: it stops taking jobs, or takes them again. Nobody but `admin.drain` asks. */
  "dispatcher.drain": [{ draining: boolean }, Drained];
  "admin.list": [TaskQuery, Page<TaskItem>];
  "admin.neighbours": [NeighbourQuery, Neighbours];
  "admin.retry": [{ taskId: string; force?: boolean; schedule?: RetrySchedule; note?: string }, TaskView];
  "admin.cancel": [{ taskId: string; note?: string }, TaskView];
  "admin.resolve": [{ taskId: string; note?: string }, TaskView];
  /** The task with its secrets, which users see masked elsewhere. */
  "admin.reveal": [{ taskId: string; note?: string }, TaskView];
  /** One attempt with the secrets in the headers of its answer, likewise. */
  "admin.revealAttempt": [{ taskId: string; n: number; note?: string }, AttemptView];
  "admin.changeMany": [{ action: BulkAction; request: BulkRequest }, BulkResult];
  "admin.replay": [{ origin: string; request: ReplayRequest }, BulkResult];
  /** `changes`: the fields of a `TaskRequest` that differ from the original, `note` and `resolveOriginal`. */
  "admin.resend": [{ taskId: string; changes: Record<string, unknown> | JsonEnvelope }, Resent];
  "admin.listJobs": [JobQuery, Page<JobView>];
  "admin.getJob": [{ id: string }, JobDetail];
  "admin.changeJob": [{ id: string; change: JobChange }, JobView];
  "admin.stopJob": [{ id: string; note?: string }, JobView];
  "admin.attempts": [AttemptQuery, Page<AttemptItem>];
  "admin.statsNow": [Record<string, never>, StatsNow];
  "admin.statsSummary": [Record<string, never>, StatsSummary];
  "admin.statsSeries": [StatsSeriesQuery, StatsSeries];
  "admin.statsDestinations": [StatsRangeQuery, StatsDestinations];
  "admin.statsHealth": [Record<string, never>, StatsHealth];
  "admin.statsErrors": [StatsRangeQuery & { destination?: string }, StatsErrors];
  "admin.queue": [Record<string, never>, QueueView];
  /** Until the node is told otherwise, or starts anew. */
  "admin.drain": [{ nodeID: string; draining: boolean; note?: string }, Drained];
  "admin.listDestinations": [DestinationQuery, Page<DestinationView>];
  "admin.getDestination": [{ origin: string }, DestinationView];
  "admin.reportDestination": [{ origin: string }, DestinationReport];
  "admin.listIncidents": [IncidentQuery, Page<IncidentView>];
  "admin.getIncident": [{ id: number }, IncidentDetail];
  "admin.acknowledgeIncident": [{ id: number; note?: string }, IncidentDetail];
  "admin.releaseIncident": [{ id: number; note?: string }, IncidentDetail];
  "admin.muteIncident": [{ id: number; muted: boolean; minutes?: number; note?: string }, IncidentDetail];
  "admin.listRaised": [RaisedQuery, Page<RaisedView>];
  "admin.acknowledgeRaised": [{ id: number; note?: string }, RaisedView];
  "admin.releaseRaised": [{ id: number; note?: string }, RaisedView];
  "admin.listMutes": [Record<string, never>, Page<MuteView>];
  "admin.mute": [MuteRequest, MuteView];
  "admin.unmute": [{ id: number; note?: string }, Record<string, never>];
  "admin.changeIncidentTasks": [
    { id: number; action: "retry" | "resolve"; request: Omit<BulkRequest, "filter" | "taskIds"> },
    BulkResult,
  ];
  "admin.changeDestination": [{ origin: string; change: DestinationChange }, DestinationView];
  /** Null: no app has this key. */
  "admin.identify": [{ keyHash: string }, AppIdentity | null];
  /** Null: the credentials are wrong. */
  "admin.authenticate": [Credentials, UserIdentity | null];
  "admin.login": [Credentials & SessionProof, SessionIdentity];
  /** Null: there is no such session, or no longer. `peek`: this does not count as a use of it. */
  "admin.session": [SessionProof & { peek?: true }, SessionIdentity | null];
  /** `everywhere`: all sessions of the same user end. */
  "admin.logout": [Pick<SessionProof, "tokenHash"> & { everywhere?: boolean }, Record<string, never>];
  /** Of the user who calls, or of `userId`. `current`: hash of the token of the session that asks. */
  "admin.listSessions": [{ userId?: number; current?: string }, Page<SessionItem>];
  /** Of the user who calls, or of `userId`: the one with this id; without it all. */
  "admin.endSessions": [{ userId?: number; id?: string }, Record<string, never>];
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
  /** What is found of a text that somebody types, at each place where something can be. */
  "admin.search": [SearchQuery, SearchAnswer];
  /** Values that a filter may have, for who types one. */
  "admin.suggest": [SuggestQuery, Suggestions];
  "admin.listViews": [{ page: string }, Page<SavedView>];
  "admin.createView": [SavedViewRequest, SavedView];
  "admin.changeView": [Partial<SavedViewRequest> & { id: number }, SavedView];
  "admin.deleteView": [{ id: number }, Record<string, never>];
  "admin.listAudit": [AuditQuery, Page<AuditView>];
  "admin.auditNames": [Record<string, never>, AuditNames];
  /** Records that the caller was refused: a role that may not. */
  "admin.noteRefusal": [{ route: string }, Record<string, never>];
  "notifier.listWebhooks": [Record<string, never>, Page<WebhookView>];
  "notifier.getWebhook": [{ id: number | string }, WebhookView];
  "notifier.createWebhook": [Record<string, unknown>, WebhookView];
  "notifier.updateWebhook": [{ id: number | string; changes: Record<string, unknown> }, WebhookView];
  "notifier.deleteWebhook": [{ id: number | string }, WebhookView];
  /** Without `id`: settings that are not saved. With both: the channel's, changed so. */
  "notifier.testWebhook": [{ id?: number | string; settings?: Record<string, unknown> }, WebhookTest];
  "notifier.previewWebhook": [Record<string, unknown>, WebhookPreview];
  "notifier.webhookHistory": [
    { id: number | string; limit?: number; cursor?: string },
    Page<AlarmMessageView>,
  ];
}

/** Every event: name → payload. */
export interface EventMap {
  "task.attempted": TaskEvent & { attempt: AttemptView };
  "task.succeeded": TaskEvent;
  "task.exhausted": TaskEvent;
  /** Between Bida's own nodes, for `GET /v1/events`: everything that happened to tasks, in batches. */
  "stream.tasks": { items: TaskChange[] };
  /** Between Bida's own nodes: somebody of another program, in this Moleculer namespace, may listen to something new. */
  "neighbours.changed": { namespace: string; nodeID: string };
  "destination.opened": { origin: string; since: string; failures: number };
  "destination.closed": { origin: string; at: string };
  /** An app, a user or a session changed: what was remembered of them is to be asked for again. */
  "access.changed": { kind: "app" | "user"; id: number };
}
