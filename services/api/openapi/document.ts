/** The OpenAPI 3.1 document, written from the declarations of the routes and the schemas that validate requests. */
import type { Declaration } from "../route.ts";
import { Components, type JsonSchema } from "./components.ts";
import { operationOf } from "./operation.ts";

export interface OpenApiDocument {
  openapi: string;
  info: JsonSchema;
  /** Path → method in lower case → operation. */
  paths: Record<string, Record<string, JsonSchema>>;
  components: Record<string, Record<string, JsonSchema>>;
  tags: { name: string }[];
}

const DESCRIPTION = `Guaranteed delivery of HTTP callbacks.

Refusals are problem documents (RFC 9457); their codes: [/docs/errors](/docs/errors). Fields that are not known are refused.
400 \`invalid_http\` and 431 \`headers_too_large\` come before it is known what a request asks for, 508 \`own_callback\` where it carries
\`bida-attempt\`: a callback may not hand over a task. A path with another method than it has gets 405 \`method_not_allowed\`, with \`Allow\`.
\`x-role\`: the least role of users that may; \`x-apps\`: whether calling apps may, for their own tasks.`;

/** @throws Error where the declarations do not fit together; a test makes the document of all routes */
export function openApiDocument(routes: Declaration[], version: string): OpenApiDocument {
  const components = new Components();
  const paths: OpenApiDocument["paths"] = {};
  for (const route of routes) {
    const methods = paths[route.path] ?? {};
    methods[route.method.toLowerCase()] = operationOf(route, components);
    paths[route.path] = methods;
  }
  return {
    openapi: "3.1.0",
    info: { title: "Bida", version, description: DESCRIPTION, license: { name: "MIT", identifier: "MIT" } },
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: components.schemas, securitySchemes, headers, parameters },
  };
}

const securitySchemes = {
  basic: { type: "http", scheme: "basic", description: "A user" },
  appKey: { type: "http", scheme: "bearer", description: "A calling app's API key" },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "bida_session",
    description:
      "A user who logged in with `POST /v1/session`; behind TLS it is `__Host-bida_session`. Changes are refused from other sites' pages",
  },
  legacyUsername: { type: "apiKey", in: "header", name: "username", description: "`BIDA_ADMIN_USERNAME`" },
  legacyPassword: { type: "apiKey", in: "header", name: "password", description: "`BIDA_ADMIN_PASSWORD`" },
};

const headers = {
  RequestId: {
    description:
      "What the request carried as `X-Request-ID`, or an id that was made for it. The log names it",
    schema: { type: "string" },
  },
  RetryAfter: {
    description: "Seconds after which a new try makes sense",
    schema: { type: "integer", minimum: 0 },
  },
};

const parameters = {
  RequestId: {
    name: "X-Request-ID",
    in: "header",
    required: false,
    description:
      "The caller's name for this request: 1 to 128 letters, digits and `._~:/+=@-`; anything else counts as none. It stands in the answer and in the log",
    schema: { type: "string" },
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description:
      "With the same key and body, the same task id is answered and nothing is stored twice; with another body, 422",
    schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[!-~]([ -~]*[!-~])?$" },
  },
};
