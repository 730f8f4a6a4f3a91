/**
 * What a task request may look like. One schema per shape; everything that validates, and later everything that
 * documents, reads these. Messages name the rule; {@link fieldErrors} adds the field.
 */
import { z } from "zod";
import { hours } from "./clock.ts";
import { BidaError, type FieldError, type RefusalCode } from "./errors.ts";
import { headerProblem } from "./headers.ts";
import { ATTEMPT_ERRORS } from "./outcome.ts";
import { compileJsonPath, compileRegex } from "./pattern.ts";
import { STATUS_CLASSES } from "./retry.ts";
import { contradiction } from "./stop.ts";
import { MAX_URL } from "./target-url.ts";
import { METHODS } from "./task.ts";
import type { TaskRequest } from "./task-request.ts";
import { holdsAtMost, MAX_PARAMETERS } from "./value-count.ts";

/** The first call is made within a year. */
export const MAX_DELAY = hours(24 * 365);
const MAX_PAUSE = hours(24 * 30);
const MAX_HEADER_BYTES = 16 * 1024;

/** The document says it with a pattern. */
export const hasNoNul = (s: string): boolean => !s.includes("\0");

/** No lone surrogates (they have no UTF-8 form) and, except in bodies, no NUL. */
export const text = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((s) => s.isWellFormed(), "must be well-formed Unicode (it holds a lone surrogate)")
    .refine(hasNoNul, "must not contain NUL");

/** Any JSON, typed as `unknown`: callers' own interfaces do not fit Zod's JSON type. */
export const json: z.ZodType<unknown, unknown> = z
  .json()
  .register(z.globalRegistry, { id: "Json", description: "Any JSON" });

const moment = z.iso.datetime({ offset: true, error: "must be an ISO 8601 time with zone" });
const whole = (min: number, max: number) =>
  z.int("must be a whole number").min(min, `must be ${min} to ${max}`).max(max, `must be ${min} to ${max}`);

const jitter = z.number().min(0, "must be 0 to 1").max(1, "must be 0 to 1").optional();

const on = z
  .array(
    z.union([whole(100, 599), z.enum([...STATUS_CLASSES, ...ATTEMPT_ERRORS])], {
      error: ({ input }) =>
        `does not know ${(JSON.stringify(input) ?? "this").slice(0, 60)}: it takes statuses (100 to 599), "2xx" to "5xx", and codes of failed calls`,
    }),
  )
  .max(50, "takes at most 50")
  .describe(
    "Failures that are worth another call: statuses, classes, and codes of failed calls. Any other ends the task with `stopped`. Default: all",
  )
  .optional();

export const retrySchema = z
  .discriminatedUnion(
    "strategy",
    [
      z.strictObject({ strategy: z.literal("fixed"), delayMs: whole(0, MAX_PAUSE), jitter, on }),
      z.strictObject({
        strategy: z.literal("exponential"),
        delayMs: whole(0, MAX_PAUSE),
        factor: z.number().min(1, "must be 1 to 100").max(100, "must be 1 to 100"),
        maxDelayMs: whole(0, MAX_PAUSE),
        jitter,
        on,
      }),
      z.strictObject({
        strategy: z.literal("schedule"),
        delaysMs: z.array(whole(0, MAX_PAUSE)).min(1, "needs a delay").max(100, "takes at most 100 delays"),
        jitter,
        on,
      }),
    ],
    { error: "must be fixed, exponential or schedule" },
  )
  .meta({
    id: "RetryPolicy",
    description:
      "Pauses between calls, in ms. `jitter` lengthens each by a random part, up to that share of itself",
  });

const statusClass = z.string().regex(/^[2-5]xx$/, 'must be a list of codes, or "2xx", "3xx", "4xx", "5xx"');

const statuses = <L extends z.ZodType>(list: L) =>
  z.union([list, statusClass], {
    error: 'must be a list of codes (100 to 599), or "2xx", "3xx", "4xx", "5xx"',
  });

export const expectSchema = z
  .strictObject({
    status: statuses(z.array(whole(100, 599)).min(1, "needs a code").max(50))
      .describe('Codes, or a class such as "2xx", which is the default')
      .optional(),
    stop: statuses(z.array(whole(100, 599)).max(50))
      .describe("Codes, or a class, of failed calls that end the task at once with `stopped`. Default [410]")
      .optional(),
    maxBytes: whole(65_536, 16_777_216)
      .describe(
        "How much of the answer is looked at, in bytes. Default 1048576; no more than that for `json`, `equals`, `matches` and answers with a content-encoding",
      )
      .optional(),
    contains: text(65_535).describe("Text the body must contain").optional(),
    equals: text(65_535).describe("The whole body, exactly").optional(),
    matches: text(512)
      .superRefine((source, ctx) => explain(ctx, () => compileRegex(source)))
      .describe("RE2 pattern that must match somewhere in the body")
      .optional(),
    json: z
      .record(z.string().max(512), json)
      .superRefine((paths, ctx) => {
        if (Object.keys(paths).length > 20) return ctx.addIssue("takes at most 20 paths");
        for (const path of Object.keys(paths)) explain(ctx, () => compileJsonPath(path), [path]);
      })
      .describe("JSONPath (RFC 9535) → the value it must select")
      .optional(),
  })
  .superRefine((expect, ctx) => {
    const code = expect.stop === undefined ? null : contradiction(expect);
    if (code === null) return;
    const message = `must not hold ${code}, which status takes for success (default "2xx")`;
    ctx.addIssue({ code: "custom", path: ["stop"], message });
  })
  .meta({ id: "Expectation", description: "Proof of success; all that is given must hold" });

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);

const headersSchema = z.record(z.string(), z.string()).superRefine((headers, ctx) => {
  let bytes = 0;
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    bytes += name.length + value.length + 4;
    const problem = headerProblem(name, value);
    if (bytes > MAX_HEADER_BYTES) return ctx.addIssue("must take at most 16 KiB together");
    // One of them would be sent, and the body might be written for the type that the other names.
    const twice = seen.has(name.toLowerCase()) ? "is given twice, in other letters" : null;
    seen.add(name.toLowerCase());
    if (problem ?? twice) ctx.addIssue({ code: "custom", path: [name], message: problem ?? twice ?? "" });
  }
});

/** A task as v1 and RPC take it. */
export const taskSchema = z
  .strictObject({
    url: text(MAX_URL).describe("http or https. `{name}` is filled from `requestParam`, percent-encoded"),
    requestMethod: z.enum(METHODS, { error: `must be one of ${METHODS.join(", ")}` }),
    requestParam: z
      .record(z.string(), json, { error: "must be an object" })
      .describe(
        "GET and DELETE: what no placeholder used becomes the query. Others: the JSON body, as it was written; or a form, where `contentType` is `application/x-www-form-urlencoded`. A query has at most 65,536 characters, a form 10,000 values",
      )
      .nullish(),
    body: z
      .string()
      .refine((s) => s.isWellFormed(), "must be well-formed Unicode (it holds a lone surrogate)")
      .describe(
        "Raw text, sent as it is in the charset of `contentType`, default UTF-8; at most 1 MiB. Not with GET, not with `requestParam`",
      )
      .nullish(),
    bodyBase64: z
      .string()
      .refine(isBase64, "must be base64 with padding (RFC 4648, section 4)")
      .meta({ contentEncoding: "base64" })
      .describe("Raw bytes instead of `body`, sent byte for byte; at most 1 MiB of them")
      .nullish(),
    contentType: text(200).describe("Media type of the body").nullish(),
    headers: headersSchema
      .describe("More request headers, at most 16 KiB. Hop-by-hop ones, `host`, `content-length` are refused")
      .nullish(),
    expectResult: text(512).describe("Text the answer must contain").nullish(),
    expect: expectSchema.nullish(),
    limitCallCount: whole(1, 100).describe("How many automatic calls at most"),
    retry: retrySchema.nullish(),
    timeoutMs: whole(100, 120_000).describe("For a whole call, in ms. Default 10000").nullish(),
    delayMs: whole(0, MAX_DELAY).describe("First call so many ms after acceptance").nullish(),
    callAt: moment.describe("First call at this moment, within a year. Not with `delayMs`").nullish(),
    expiresAt: moment.describe("No call starts after this moment").nullish(),
    sourceAppName: text(64).nullish(),
    targetAppName: text(64).nullish(),
    orderKey: text(128)
      .min(1, "must not be empty")
      .describe("Tasks of one app with the same key are delivered strictly one after another")
      .nullish(),
  })
  .meta({
    id: "TaskRequest",
    description: "One callback to deliver. Null means: not given",
    examples: [
      {
        url: "https://shop.example/orders/{id}/paid",
        requestMethod: "POST",
        requestParam: { id: 4711, amount: "9.90" },
        limitCallCount: 10,
      },
      {
        url: "https://stock.example/reserve",
        requestMethod: "PUT",
        body: '{"sku":"A-1","count":2}',
        contentType: "application/json",
        headers: { "x-tenant": "eu" },
        expect: { status: [200, 204] },
        limitCallCount: 5,
        retry: { strategy: "exponential", delayMs: 1_000, factor: 2, maxDelayMs: 600_000, jitter: 0.1 },
        timeoutMs: 5_000,
        delayMs: 60_000,
        sourceAppName: "shop",
        targetAppName: "stock",
        orderKey: "order-4711",
      },
    ],
  });

type Input = z.input<typeof taskSchema>;
/** Each the other's equal, and (optional fields being what they are) with the same names. */
type Same<A, B> = [A, B, keyof A, keyof B] extends [B, A, keyof B, keyof A] ? true : false;
// Does not compile once the schema and the interface that callers see differ.
true satisfies Same<Input, TaskRequest>;

/**
 * Runs a schema.
 * @throws BidaError `code`, naming every wrong field; also where there is too much to look at
 */
export function parseWith<S extends z.ZodType>(schema: S, input: unknown, code: RefusalCode): z.output<S> {
  if (!holdsAtMost(input, MAX_PARAMETERS)) {
    const errors = [{ field: "body", message: `must not hold more than ${MAX_PARAMETERS} values` }];
    throw new BidaError(code, undefined, { errors });
  }
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new BidaError(code, undefined, { errors: fieldErrors(result.error, input) });
}

/** One entry per wrong field; unknown fields are named one by one. */
export function fieldErrors(error: z.ZodError, input: unknown): FieldError[] {
  return error.issues.flatMap((issue): FieldError[] => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ field: [...path, key].join("."), message: "is not a known field" }));
    }
    const message = at(input, path) === undefined ? "is required" : ruleOf(issue);
    return [{ field: path.join(".") || "body", message }];
  });
}

function at(input: unknown, path: string[]): unknown {
  return path.reduce((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], input);
}

/** Zod's own texts for a wrong type tell what was expected and received; callers need the rule only. */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_type" || !issue.message.startsWith("Invalid input")) return issue.message;
  const name = issue.expected === "record" ? "object" : issue.expected;
  return /^[aeiou]/.test(name) ? `must be an ${name}` : `must be a ${name}`;
}

function explain(ctx: z.core.$RefinementCtx, compile: () => unknown, path: string[] = []): void {
  try {
    compile();
  } catch (error) {
    ctx.addIssue({ code: "custom", path, message: (error as Error).message.slice(0, 200) });
  }
}
