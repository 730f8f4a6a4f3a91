/** One route as an OpenAPI operation. */
import { z } from "zod";
import { REFUSALS, type RefusalCode } from "../../../core/errors.ts";
import { jobIdSchema } from "../../../core/schema/bulk.ts";
import { problemSchema } from "../../../core/schema/problem.ts";
import { sessionItemSchema } from "../../../core/schema/session.ts";
import { taskIdSchema } from "../../../core/schema/task-views.ts";
import type { Answer, Declaration } from "../route.ts";
import type { Components, JsonSchema } from "./components.ts";
import { OF_THE_PARSER, refusalsOf } from "./refusals.ts";

/** What stands for `{name}` in paths. */
const PATH_PARAMETERS: Record<string, z.ZodType> = {
  taskId: taskIdSchema,
  id: z.int().min(1),
  jobId: jobIdSchema.shape.id,
  n: z.int().min(1).describe("The attempt's number"),
  nodeID: z.string().max(255),
  sessionId: sessionItemSchema.shape.id,
  origin: z.string().describe("`https://host:port`, percent-encoded"),
  file: z.string(),
};

/** @throws Error for a parameter of the path that is not known here */
export function operationOf(route: Declaration, components: Components): JsonSchema {
  const parameters = [...pathParameters(route, components), ...queryParameters(route, components)];
  parameters.push({ $ref: "#/components/parameters/RequestId" });
  if (route.idempotent) parameters.push({ $ref: "#/components/parameters/IdempotencyKey" });
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    security: securityOf(route),
    ...(route.access && { "x-role": route.access.role, "x-apps": route.access.apps === true }),
    parameters,
    ...(route.body && { requestBody: requestBody(route.body, components) }),
    responses: responsesOf(route, components),
  };
}

/** `POST /v1/tasks/{taskId}/retry` → `postTasksByTaskIdRetry`. */
function operationId({ method, path }: Declaration): string {
  const words = path
    .replace(/^\/v1(?=\/)/, "")
    .replace(/\{(\w+)\}/g, "by-$1")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  return [method.toLowerCase(), ...words.map((word) => (word[0] ?? "").toUpperCase() + word.slice(1))].join(
    "",
  );
}

function securityOf({ access, credentials }: Declaration): Record<string, string[]>[] {
  if (credentials === "legacy") return [{ legacyUsername: [], legacyPassword: [] }];
  const users = [{ basic: [] }, { session: [] }];
  if (credentials === "scrape") return [{}, ...users];
  if (access === null) return [];
  return access.apps ? [{ appKey: [] }, ...users] : users;
}

function pathParameters({ path }: Declaration, components: Components): JsonSchema[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => {
    const schema = PATH_PARAMETERS[name];
    if (!schema) throw new Error(`what {${name}} of ${path} is stands nowhere`);
    return parameter(name, "path", true, components.of(schema, "input"));
  });
}

/** The query's schema, field by field. Lists repeat their name, which is OpenAPI's default. */
function queryParameters({ query }: Declaration, components: Components): JsonSchema[] {
  if (!query) return [];
  const { properties, required = [] } = components.of(query, "input") as {
    properties: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) =>
    parameter(name, "query", required.includes(name), schema),
  );
}

function parameter(name: string, where: string, required: boolean, given: JsonSchema): JsonSchema {
  const { description, ...schema } = given;
  return { name, in: where, required, ...(description !== undefined && { description }), schema };
}

function requestBody(body: NonNullable<Declaration["body"]>, components: Components): JsonSchema {
  const given = z.globalRegistry.get(body.schema)?.examples as unknown[] | undefined;
  const examples = Object.fromEntries((given ?? []).map((value, i) => [`example${i + 1}`, { value }]));
  return {
    required: body.optional !== true,
    content: { "application/json": { schema: components.of(body.schema, "input"), examples } },
  };
}

function responsesOf(route: Declaration, components: Components): Record<string, JsonSchema> {
  const refused = refusalsOf(route).map(([status, codes]) => [
    status,
    refusal(route, status, codes, components),
  ]);
  const others = Object.entries(route.otherAnswers ?? {}).map(([status, answer]) => [
    status,
    answerOf(answer, components),
  ]);
  const responses: Record<string, JsonSchema> = {
    [route.answer.status ?? 200]: answerOf(route.answer, components),
    ...Object.fromEntries(refused),
    ...Object.fromEntries(others),
  };
  for (const response of Object.values(responses))
    response.headers = { ...ID_HEADER, ...(response.headers as object) };
  return responses;
}

const ID_HEADER = { "X-Request-ID": { $ref: "#/components/headers/RequestId" } };

function answerOf({ description, schema, contentType }: Answer, components: Components): JsonSchema {
  if (schema === undefined && contentType === undefined) return { description };
  const types = [contentType ?? "application/json"].flat();
  const shapeOf = (type: string) => (schema ? components.of(schema, "output") : (PLAIN[type] ?? {}));
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema: shapeOf(type) }])) };
}

/** Of answers without a schema. */
const PLAIN: Record<string, JsonSchema> = {
  "application/json": { type: "object" },
  "text/plain": { type: "string" },
  "text/csv": { type: "string" },
  "application/x-ndjson": { type: "string" },
  "text/html": { type: "string" },
  "text/event-stream": { type: "string" },
};

function refusal(
  { credentials }: Declaration,
  status: number,
  codes: RefusalCode[],
  components: Components,
): JsonSchema {
  const { $ref } = components.of(problemSchema, "output");
  const schema = { $ref, properties: { code: { enum: codes } } };
  const headers = {
    ...((status === 429 || status === 503) && { "Retry-After": { $ref: "#/components/headers/RetryAfter" } }),
    ...(status === 401 && credentials !== "legacy" && { "WWW-Authenticate": { schema: { type: "string" } } }),
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${REFUSALS[code][1]}`).join("; "),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      ...(credentials === "legacy" &&
        codes.some((code) => !OF_THE_PARSER.has(code)) && { "text/plain": { schema: { type: "string" } } }),
      ...((credentials !== "legacy" || codes.some((code) => OF_THE_PARSER.has(code))) && {
        "application/problem+json": { schema },
      }),
    },
  };
}
