/** Channels of alarms on the wire, written out for those who have no Zod; `schema/webhooks.ts` asserts that it agrees. */
import type { RetryPolicy } from "./retry.ts";

/** A channel as it is shown: secrets are masked. Times are ISO 8601. */
export interface WebhookView {
  id: number;
  type: "dingtalk" | "wecom" | "feishu" | "slack" | "email" | "webhook";
  name: string;
  memo: string | null;
  enabled: boolean;
  url: string | null;
  secret: string | null;
  requestMethod: "POST" | "PUT" | "PATCH";
  contentType: string;
  content: string | null;
  expectResult: string | null;
  smtp: SmtpView | null;
  language: "zh" | "en";
  title: string | null;
  filter: {
    kinds: ("exhausted" | "breaker" | "backlog" | "channel")[];
    sourceAppNames: string[];
    destinations: string[];
    minSeverity: "warning" | "error" | "critical";
  };
  backlogMinutes: number;
  /** Null: the platform's. */
  limits: { messages: number; seconds: number }[] | null;
  digest: boolean | null;
  spacing: { seconds: number; factor: number; maxSeconds: number } | null;
  /** Whether it hears that what it was told of is over; null: unless its template cannot say so. */
  recovered: boolean | null;
  /** What of its settings is likely wrong: `keyword`, which its template lacks. */
  warnings: ChannelWarning[];
  limitCallCount: number;
  retry: RetryPolicy | null;
  timeoutMs: number;
  state: "ok" | "broken" | "disabled";
  brokenSince: string | null;
  lastError: string | null;
  lastSuccessAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface SmtpView {
  host: string;
  port: number;
  tls: "starttls" | "tls" | "none";
  user: string | null;
  password: string | null;
  from: string;
  to: string[];
}

/** What came of a test message, as the platform means it. */
export interface WebhookTest {
  succeeded: boolean;
  /** Null where no answer came. Of mail the SMTP reply's code. */
  statusCode: number | null;
  /** The first 4,096 characters. */
  body: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  durationMs: number;
  sent: SentMessage;
}

/** A message's body, byte for byte but for what is secret in it. */
export interface SentMessage {
  body: string;
  /** Of the whole body, as it is sent. */
  bytes: number;
  /** What the platform counts, and what it takes; empty where no limit is known. */
  sizes: { part: string; size: number; max: number; unit: "bytes" | "characters" }[];
}

/** How messages of these settings look. */
export interface WebhookPreview {
  single: SentMessage & { shortened: boolean };
  digest: SentMessage & { shortened: boolean };
  warnings: ChannelWarning[];
}

/** `keyword`: `title` is set, and no message of the template has it. */
export type ChannelWarning = "keyword";

/** One message of a channel. */
export interface AlarmMessageView {
  /** The task that carried it. */
  taskId: string;
  /** `refused`: the platform does not take what it says; it is not sent again. */
  state: "pending" | "sent" | "failed" | "refused" | "canceled";
  /** How many alarms it told of. */
  alarms: number;
  /** Why the last call failed. */
  error: string | null;
  /** It is short: the message of this task was refused. */
  insteadOf: string | null;
  createdAt: string;
}
