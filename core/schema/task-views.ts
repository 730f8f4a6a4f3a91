/** Answers about tasks, as the contract's interfaces have them. */
import { z } from "zod";
import type { AttemptView, BatchResult, Neighbours, Page, TaskItem, TaskView } from "../contract.ts";
import { RESPONSE_ENCODINGS } from "../outcome.ts";
import type { CallPhases } from "../phases.ts";
import { PROFILES } from "../profile.ts";
import { METHODS, STATES } from "../task.ts";
import { expectSchema, json, retrySchema, taskSchema } from "../task-schema.ts";
import { pageOf, time } from "./parts.ts";
import { fieldErrorSchema } from "./problem.ts";

const count = z.int().min(0);
const words = z.string().nullable();

export const taskIdSchema = z.uuid({ error: "must be a task's id" }).describe("UUIDv7");

export const calledUrlSchema = words.describe(
  "The URL that is called, where it is another: placeholders filled, the query added, secrets masked. Null: it is `url`, or not known (payloads are encrypted, or the task is older than this field)",
);

/** `TaskView` of the contract. */
export const taskViewSchema = z
  .object({
    taskId: taskIdSchema,
    state: z.enum(STATES),
    url: z.string(),
    calledUrl: calledUrlSchema,
    requestMethod: z.enum(METHODS),
    requestParam: z.record(z.string(), json).nullable(),
    body: words,
    bodyBase64: words,
    contentType: words,
    headers: z.record(z.string(), z.string()).nullable(),
    expectResult: words,
    expect: expectSchema.nullable(),
    callCount: count.describe("Calls on record, by schedule and by hand"),
    limitCallCount: count,
    retry: retrySchema.nullable().describe("Null where it cannot be read: the task is corrupt"),
    timeoutMs: count,
    nextCallAt: time
      .nullable()
      .describe("Null once ended, and while an earlier task of its `orderKey` holds it back"),
    expiresAt: time.nullable(),
    sourceAppName: words,
    targetAppName: words,
    orderKey: words,
    businessKey: words.describe(
      "What its app calls it by, taken out of its payload (`businessKeyPath` of the app)",
    ),
    profile: z
      .enum(PROFILES)
      .nullable()
      .describe("How its target is called, where it was handed over as kkbida's users do; null: as v1 says"),
    heldBy: z
      .exactOptional(taskIdSchema.nullable())
      .describe("The task of the same `orderKey` that is to be delivered now. Lists leave it out"),
    resendOf: z
      .exactOptional(taskIdSchema.nullable())
      .describe("The task that this one is a copy of (`/resend`); it may be pruned. Lists leave it out"),
    resentAs: z
      .exactOptional(z.array(taskIdSchema))
      .describe("Copies of this task (`/resend`), the newest first, at most 20. Lists leave it out"),
    replacedBy: z
      .exactOptional(z.object({ taskId: taskIdSchema, state: z.enum(["succeeded", "pending"]) }).nullable())
      .describe(
        "The copy, or copy of a copy, that has succeeded or is still open: retries of many tasks leave this one alone. Lists leave it out",
      ),
    resolvesOriginal: z
      .exactOptional(z.boolean())
      .describe("Of a copy: its original is resolved once it succeeds. Lists leave it out"),
    app: words.describe(
      "Name of the app whose key handed it over, also of one that is deleted. Null: a user did, or kkbida's endpoint. `sourceAppName` is what the request says",
    ),
    plannedCalls: z
      .exactOptional(z.array(time))
      .describe(
        "Of a pending task: when its calls come, the next one first, if each fails as it is called. None comes earlier; jitter and what calls take make it later. Lists leave it out",
      ),
    sourceIp: words,
    lastError: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .describe("Of the last failed call; codes: [/docs/errors](/docs/errors)"),
    createdAt: time,
    updatedAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: "Task" }) satisfies z.ZodType<TaskView>;

const onRequest = <S extends z.ZodType>(field: S) =>
  z.exactOptional(field).describe("With `include=payload`");

/** `TaskItem` of the contract. */
export const taskItemSchema = taskViewSchema
  .omit({
    heldBy: true,
    resendOf: true,
    resentAs: true,
    replacedBy: true,
    resolvesOriginal: true,
    plannedCalls: true,
  })
  .extend({
    requestParam: onRequest(taskViewSchema.shape.requestParam),
    body: onRequest(words),
    bodyBase64: onRequest(words),
    headers: onRequest(taskViewSchema.shape.headers),
    expectResult: onRequest(words),
    expect: onRequest(taskViewSchema.shape.expect),
  })
  .meta({ id: "TaskItem", description: "A task in a list" }) satisfies z.ZodType<TaskItem>;

const ms = (text: string) => z.number().min(0).nullable().describe(text);

/** `CallPhases` of the contract. */
export const phasesSchema = z
  .object({
    reused: z.boolean().describe("On a connection that was open already: without `dns`, `connect` and `tls`"),
    dns: ms("The name; null where the URL has an address"),
    connect: ms("TCP; through an outbound proxy: to it, and its tunnel"),
    tls: ms("The TLS handshake"),
    firstByte: ms("From sending the request to the first byte of the answer"),
    body: ms("From there to the last byte that was read"),
  })
  .meta({
    id: "CallPhases",
    description:
      "Where a call's time went, in ms. A phase that it did not come to is null; a failed call ended in the last one that is not. Null: not measured, as for mail and for calls before this was kept",
  })
  .nullable() satisfies z.ZodType<CallPhases | null>;

/** `AttemptView` of the contract. */
export const attemptViewSchema = z
  .object({
    n: z.int().min(1).describe("1 for a task's first call"),
    startedAt: time,
    durationMs: count,
    outcome: z.enum(["succeeded", "failed"]),
    statusCode: z.int().nullable().describe("Null: no answer came"),
    errorCode: words,
    errorMessage: words,
    responseHeaders: z.record(z.string(), z.union([z.string(), z.array(z.string())])).nullable(),
    responseBody: words.describe("At most 65535 bytes of it, decoded"),
    responseEncoding: z
      .enum(RESPONSE_ENCODINGS)
      .describe(
        "`base64`: the bytes of `responseBody` are no text in the answer's charset, or its content-encoding could not be decoded; they are kept as base64",
      ),
    responseTruncated: z.boolean(),
    node: z.string().describe("Who called"),
    phases: phasesSchema,
  })
  .meta({ id: "Attempt", description: "One call that was made" }) satisfies z.ZodType<AttemptView>;

/** `Neighbours` of the contract. */
export const neighboursSchema = z
  .object({
    previous: taskIdSchema.nullable().describe("The one above it; null: none"),
    next: taskIdSchema.nullable().describe("The one below it; null: none"),
    complete: z
      .boolean()
      .describe(
        "False: not all tasks were looked at, since few fit the filters; the one that is null may exist",
      ),
  })
  .meta({
    id: "Neighbours",
    description: "The tasks beside one in a list",
  }) satisfies z.ZodType<Neighbours>;

export const taskPageSchema = pageOf(taskItemSchema) satisfies z.ZodType<Page<TaskItem>>;
export const attemptsSchema = pageOf(attemptViewSchema) satisfies z.ZodType<Page<AttemptView>>;

export const acceptedSchema = z.object({ taskId: taskIdSchema }).meta({ id: "Accepted" });

const batchItemSchema = taskSchema
  .extend({
    idempotencyKey: z
      .string()
      .max(255)
      .describe("As the header, for this item alone; never the same as a key in a header")
      .nullish(),
  })
  .meta({ id: "BatchItem" });

export const batchSchema = z.strictObject({ tasks: z.array(batchItemSchema).min(1).max(1000) }).meta({
  id: "BatchRequest",
  examples: [
    {
      tasks: [
        {
          url: "https://shop.example/paid",
          requestMethod: "POST",
          requestParam: { id: 1 },
          limitCallCount: 10,
        },
      ],
    },
  ],
});

export const batchResultSchema = z
  .object({ results: z.array(z.union([acceptedSchema, z.object({ errors: z.array(fieldErrorSchema) })])) })
  .meta({ id: "BatchResults" }) satisfies z.ZodType<{ results: BatchResult[] }>;
