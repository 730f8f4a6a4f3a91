/** The names by which the console knows the REST contract's shapes; the shapes are the OpenAPI document's. */
import type { JsonText } from "../../../core/json/text.ts";
import type { components, operations, paths } from "./openapi.ts";

export type { paths };

type Schemas = components["schemas"];
/** What an operation answers. */
type Answer<O extends keyof operations> = operations[O]["responses"] extends { 200: Json<infer T> }
  ? T
  : never;
type Query<O extends keyof operations> = operations[O] extends { parameters: { query?: infer T } }
  ? NonNullable<T>
  : never;
type Json<T> = { content: { "application/json": T } };

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** In lists its payload is there on request only (`include`). Its JSON is the text that it is, as `core/task-json.ts` prints it: values have no room for more than 16 digits. */
export interface Task extends Omit<Schemas["Task"], "requestParam" | "expect"> {
  requestParam: JsonText | null;
  expect: JsonText | null;
}
export type TaskState = Task["state"];
/** What the event stream tells of one, as `core/task-events.ts` has it. */
export type TaskChange = Pick<
  Task,
  "taskId" | "state" | "callCount" | "limitCallCount" | "nextCallAt" | "lastError"
> & { at: string };
export type Method = Task["requestMethod"];
export type Retry = Schemas["RetryPolicy"];
export type TaskRequest = Schemas["TaskRequest"];
export type TaskQuery = Query<"getTasks">;
export type TaskFilter = Omit<TaskQuery, "limit" | "cursor" | "sort" | "include">;

export type SearchAnswer = Schemas["SearchAnswer"];
export type SuggestField = Query<"getTasksSuggestions">["field"];
export type View = Schemas["View"];

export type Attempt = Schemas["Attempt"];
/** An attempt in the list across all tasks; what was answered is not part of it. */
export type AttemptRow = Schemas["AttemptItem"];
export type AttemptQuery = Query<"getAttempts">;

export type Session = Schemas["Session"];
export type SessionItem = Schemas["SessionItem"];
export type Role = Session["user"]["role"];

export type StatsNow = Schemas["StatsSummary"];
export type Series = Schemas["StatsSeries"];
export type Step = Series["step"];
export type StatsPoint = Series["points"][number];
export type DestinationStats = Schemas["StatsDestinations"]["items"][number];
export type ErrorStats = Schemas["StatsErrors"]["items"][number];

export type Destination = Schemas["Destination"];
export type DestinationChange = Schemas["DestinationChange"];
/** Calls of a stretch of time. */
export type Activity = Schemas["DestinationReport"]["lastHour"];
export type DestinationReport = Schemas["DestinationReport"];
export type DestinationHealth = Schemas["StatsHealth"]["items"][number];
export type DestinationQuery = Query<"getDestinations">;

/** One that vanished, or is too busy to answer, is shown without figures. */
export type Node = Schemas["Node"];
export type NodeInfo = Extract<Node, { up: true }>;

/** Secrets are masked. */
export type Channel = Schemas["Webhook"];
export type ChannelType = Channel["type"];
export type Smtp = NonNullable<Channel["smtp"]>;
export type ChannelInput = Schemas["WebhookRequest"];
export type ChannelTest = Schemas["WebhookTest"];
export type AlarmMessage = Schemas["AlarmMessage"];
export type SentMessage = ChannelTest["sent"];
export type WebhookPreview = Schemas["WebhookPreview"];
export type WebhookLook = Schemas["WebhookPreviewRequest"];
export const CHANNEL_TYPES = [
  "dingtalk",
  "wecom",
  "feishu",
  "slack",
  "email",
  "webhook",
] as const satisfies ChannelType[];
export const ALARM_KINDS = [
  "exhausted",
  "breaker",
  "backlog",
  "channel",
] as const satisfies Channel["filter"]["kinds"];
export const SEVERITIES = [
  "warning",
  "error",
  "critical",
] as const satisfies Channel["filter"]["minSeverity"][];

export type Raised = Schemas["RaisedAlarm"];
export type RaisedQuery = Query<"getAlarms">;
export const OUTAGE_KINDS = [...ALARM_KINDS, "destination"] as const satisfies Raised["kind"][];
export type Mute = Schemas["AlarmMute"];
export type MuteInput = Schemas["AlarmMuteRequest"];

export type App = Schemas["App"];
export type AppInput = Schemas["AppRequest"];
export type User = Schemas["User"];
export type AuditEntry = Schemas["AuditEntry"];
export type AuditQuery = Query<"getAudit">;

export type Incident = Schemas["Incident"];
export type IncidentDetail = Schemas["IncidentDetail"];
export type Job = Schemas["Job"];
export type JobDetail = Schemas["JobDetail"];
export type JobState = Job["state"];
export type JobChange = Schemas["JobChange"];
export type BulkPreview = Schemas["BulkPreview"];
export type RetrySchedule = NonNullable<Job["schedule"]>;
export type BulkResult = Answer<"postTasksRetry">;

/** RFC 9457. */
export type Problem = Schemas["Problem"];
