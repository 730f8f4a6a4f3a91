/** Channels of alarms, as callers write and read them. */
import { z } from "zod";
import { ALARM_KINDS, SEVERITIES } from "../alarm/alarm.ts";
import { DEFAULT_SPACING } from "../alarm/spacing.ts";
import { retrySchema } from "../task-schema.ts";
import type { AlarmMessageView, WebhookPreview, WebhookTest, WebhookView } from "../webhook-view.ts";

export const CHANNEL_TYPES = ["dingtalk", "wecom", "feishu", "slack", "email", "webhook"] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];

const MAX_TEMPLATE = 20_000;

const text = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((s) => s.isWellFormed() && !s.includes("\0"), "must be well-formed Unicode without NUL");
/** One line: it ends up in a header or a title. */
const line = (max: number) =>
  text(max)
    .min(1, "must not be empty")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    .refine((s) => !/[\x00-\x1f\x7f]/.test(s), "must not contain control characters");
const whole = (min: number, max: number) =>
  z.int("must be a whole number").min(min, `must be ${min} to ${max}`).max(max, `must be ${min} to ${max}`);
const flag = z.boolean("must be true or false");
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });

const address = line(320).refine((s) => /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(s), "must be an e-mail address");

const smtpSchema = z.strictObject({
  host: line(253),
  port: whole(1, 65_535).default(587),
  /** `tls`: from the first byte (port 465). `starttls`: upgraded before anything else is said. `none`: never. */
  tls: oneOf(["starttls", "tls", "none"]).default("starttls"),
  user: line(320).nullish(),
  password: line(512).nullish(),
  from: address,
  to: z.array(address).min(1, "needs an address").max(50, "takes at most 50 addresses"),
});

const filterSchema = z.strictObject({
  kinds: z.array(oneOf(ALARM_KINDS)).max(ALARM_KINDS.length).default([]),
  sourceAppNames: z.array(line(64)).max(200, "takes at most 200 names").default([]),
  /** Origins such as `https://shop.example`. */
  destinations: z
    .array(line(300).refine(isOrigin, "must be an origin such as https://shop.example"))
    .max(200, "takes at most 200 origins")
    .default([]),
  minSeverity: oneOf(SEVERITIES).default("warning"),
});

const spacingSchema = z
  .strictObject({
    seconds: whole(1, 3_600).default(DEFAULT_SPACING.seconds),
    factor: z
      .number("must be a number")
      .min(1, "must be 1 to 10")
      .max(10, "must be 1 to 10")
      .default(DEFAULT_SPACING.factor),
    maxSeconds: whole(1, 3_600).default(DEFAULT_SPACING.maxSeconds),
  })
  .refine(({ seconds, maxSeconds }) => seconds <= maxSeconds, {
    path: ["maxSeconds"],
    error: "must not be less than seconds",
  });

/** kkbida's three, and what is written for the same today. */
const MEDIA_TYPE =
  /^(application\/json|application\/x-www-form-urlencoded|text\/xml|application\/xml)\s*(;\s*charset=utf-8)?\s*$/i;

/** What `POST /v1/webhooks` takes. Names that kkbida has are kkbida's. */
export const webhookSchema = z
  .strictObject({
    /** Missing: told by the URL's host; `webhook` where that is nobody's robot. */
    type: oneOf(CHANNEL_TYPES).optional(),
    /** Missing: `memo`, or the type. */
    name: line(64).optional(),
    memo: text(255).nullish(),
    enabled: flag.default(true),
    url: text(2048).min(1, "must not be empty").nullish(),
    /** The robot's signing secret. */
    secret: line(256).nullish(),
    requestMethod: oneOf(["POST", "PUT", "PATCH"]).default("POST"),
    contentType: line(100)
      .refine(
        (s) => MEDIA_TYPE.test(s),
        "must be application/json, application/x-www-form-urlencoded or text/xml, in UTF-8",
      )
      .default("application/json; charset=utf-8"),
    /** Template of the whole body; missing: the type's own. */
    content: text(MAX_TEMPLATE).nullish(),
    /** Text that the answer must contain, beside what the type asks for. */
    expectResult: text(512).nullish(),
    smtp: smtpSchema.nullish(),
    language: oneOf(["zh", "en"]).default("zh"),
    /** Stands before every title; robots that ask for a keyword find it there. */
    title: line(100).nullish(),
    filter: filterSchema.prefault({}),
    /** Alarm where the oldest due task has waited so long; 0: never. */
    backlogMinutes: whole(0, 10_080).default(10),
    /** Missing: the platform's. */
    limits: z
      .array(z.strictObject({ messages: whole(1, 10_000), seconds: whole(1, 3_600) }))
      .max(3, "takes at most 3 limits")
      .nullish(),
    /** Whether many alarms become one message. Missing: yes, except for `webhook`. */
    digest: flag.nullish(),
    /** How messages keep apart while alarms go on and on: 6 s after six in a row, then twice as long each time, up to 10 min. */
    spacing: spacingSchema.nullish(),
    /** Whether it hears that what it was told of is over. Missing: yes, unless its template cannot say so. */
    recovered: flag.nullish(),
    limitCallCount: whole(1, 100).default(8),
    retry: retrySchema.nullish(),
    timeoutMs: whole(100, 120_000).default(10_000),
  })
  .meta({
    id: "WebhookRequest",
    description: "A robot or a hook needs `url`, mail needs `smtp`",
    examples: [
      {
        type: "dingtalk",
        name: "Operations",
        url: "https://oapi.dingtalk.com/robot/send?access_token=…",
        secret: "SEC…",
        filter: { sourceAppNames: ["shop"], minSeverity: "error" },
      },
      {
        type: "email",
        name: "On call",
        smtp: { host: "smtp.example", from: "bida@shop.example", to: ["oncall@shop.example"] },
        language: "en",
      },
    ],
  });

/** A channel's settings, its secrets included. */
export type WebhookRequest = z.input<typeof webhookSchema>;
export type WebhookSettings = z.output<typeof webhookSchema>;

/** The same fields, each of them missing or null. */
function patchable(shape: typeof webhookSchema.shape): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [
      name,
      (field instanceof z.ZodDefault || field instanceof z.ZodPrefault ? field.unwrap() : field).nullish(),
    ]),
  );
}

/** `PATCH`: what is missing stays as it is, null takes it back to its default. Checked as a whole after that. */
export const webhookPatchSchema = z.strictObject(patchable(webhookSchema.shape)).meta({
  id: "WebhookChange",
  description: "Fields of a channel to change, as in `WebhookRequest`; null takes one back to its default",
  examples: [{ enabled: false }, { title: null, backlogMinutes: 30 }],
});

export const webhookIdSchema = z.strictObject({
  id: z.coerce.number("must be a number").int("must be a whole number").min(1),
});

export const historyQuerySchema = z.strictObject({
  limit: z.coerce.number().int("must be a whole number").min(1, "must be 1 to 200").max(200).default(50),
  cursor: z.string().optional(),
});

const warnings = z
  .array(oneOf(["keyword"]))
  .describe(
    "`keyword`: `title` is set, and no message of the template has it: a robot with a keyword refuses them",
  );

/** A channel as it is shown: secrets and the secret parts of its URL are masked. */
export const webhookViewSchema = z
  .object({
    ...webhookSchema.shape,
    id: z.number(),
    type: oneOf(CHANNEL_TYPES),
    name: z.string(),
    memo: z.string().nullable(),
    enabled: z.boolean(),
    url: z.string().nullable(),
    secret: z.string().nullable(),
    content: z.string().nullable(),
    expectResult: z.string().nullable(),
    smtp: z
      .object({ ...smtpSchema.shape, user: z.string().nullable(), password: z.string().nullable() })
      .nullable(),
    title: z.string().nullable(),
    limits: webhookSchema.shape.limits.unwrap().unwrap().nullable(),
    digest: z.boolean().nullable(),
    spacing: z.object({ seconds: z.number(), factor: z.number(), maxSeconds: z.number() }).nullable(),
    recovered: z.boolean().nullable(),
    warnings,
    retry: retrySchema.nullable(),
    state: oneOf(["ok", "broken", "disabled"]),
    brokenSince: z.string().nullable(),
    lastError: z.string().nullable(),
    lastSuccessAt: z.string().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: "Webhook", description: "A channel; secrets are masked" }) satisfies z.ZodType<WebhookView>;

export const webhookListSchema = z.object({
  items: z.array(webhookViewSchema),
  nextCursor: z.string().nullable(),
});

const sizeSchema = z.object({
  part: z.string().describe("Which part of the body the platform counts"),
  size: z.number(),
  max: z.number(),
  unit: z.enum(["bytes", "characters"]),
});
const sentFields = {
  body: z.string().describe("Byte for byte, without secrets"),
  bytes: z.number().describe("Of the whole body, as it is sent"),
  sizes: z
    .array(sizeSchema)
    .describe("What the platform counts, and what it takes; empty where no limit is known"),
};

/** What `POST /v1/webhooks/preview` takes: what says how a message looks, and nothing secret. */
export const previewSchema = z
  .strictObject({
    type: oneOf(CHANNEL_TYPES),
    language: webhookSchema.shape.language,
    title: webhookSchema.shape.title,
    content: webhookSchema.shape.content,
    contentType: webhookSchema.shape.contentType,
  })
  .meta({ id: "WebhookPreviewRequest", examples: [{ type: "wecom", language: "en", title: "[prod]" }] });

const previewFields = {
  ...sentFields,
  shortened: z.boolean().describe("The whole would have been longer than the platform takes"),
};

export const previewViewSchema = z
  .object({
    single: z.object(previewFields).describe("Of one alarm, whose URL has 2,048 characters"),
    digest: z.object(previewFields).describe("Of many such alarms"),
    warnings,
  })
  .meta({ id: "WebhookPreview" }) satisfies z.ZodType<WebhookPreview>;

export const webhookTestSchema = z
  .object({
    succeeded: z.boolean(),
    statusCode: z.number().nullable(),
    body: z.string().nullable(),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
    durationMs: z.number(),
    sent: z.object(sentFields),
  })
  .meta({ id: "WebhookTest" }) satisfies z.ZodType<WebhookTest>;

export const alarmMessageSchema = z
  .object({
    taskId: z
      .string()
      .describe("The task that carried it; `/v1/tasks/{taskId}` and `/attempts` tell the rest"),
    state: oneOf(["pending", "sent", "failed", "refused", "canceled"]).describe(
      "`refused`: the platform does not take what it says; it is not sent again",
    ),
    alarms: z.number().describe("How many alarms it told of"),
    error: z.string().nullable().describe("Why the last call failed; what the platform said"),
    insteadOf: z.string().nullable().describe("It is short: the message of this task was refused"),
    createdAt: z.string(),
  })
  .meta({ id: "AlarmMessage" }) satisfies z.ZodType<AlarmMessageView>;

export const historySchema = z.object({
  items: z.array(alarmMessageSchema),
  nextCursor: z.string().nullable(),
});

function isOrigin(origin: string): boolean {
  return URL.parse(origin)?.origin === origin;
}
