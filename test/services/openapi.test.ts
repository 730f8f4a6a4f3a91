import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { z } from "zod";
import { epochMs } from "../../core/clock.ts";
import { loadConfig } from "../../core/config.ts";
import { parseLegacyTask } from "../../core/legacy.ts";
import { parseTask } from "../../core/parse-task.ts";
import api, { everyDeclaration } from "../../services/api/api.service.ts";
import { openApiDocument } from "../../services/api/openapi/document.ts";
import { resources } from "../../services/node/resources.ts";
import { WHO_MAY } from "../e2e/kit/who-may.ts";

const test = suite("openapi");

const declared = everyDeclaration();
const document = openApiDocument(declared, "1.2.3");
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);
const ajv = new Ajv2020({ strict: false, validateSchema: false });
addFormats.default(ajv);
ajv.addSchema(document, "openapi");

/** What the gateway answers, without the console's files: `METHOD /path/{name}`. */
function served(): string[] {
  const broker = new ServiceBroker({ logger: false, middlewares: [resources(loadConfig({}))] });
  const { aliases } = broker.createService(api) as unknown as {
    aliases: { method: string; fullPath: string }[];
  };
  return aliases
    .filter(({ fullPath }) => fullPath !== "/" && !fullPath.includes("*"))
    .map(({ method, fullPath }) => `${method} ${fullPath.replace(/:(\w+)/g, "{$1}")}`);
}

test("every route of the gateway is in the document, and nothing else", () => {
  // HEAD is GET without the body (RFC 9110, section 9.3.2), and no operation of its own.
  const routes = served().filter((name) => !name.startsWith("HEAD "));
  assert.ok(routes.length > 40);
  assert.equal(operations.map(({ name }) => name).sort(), routes.sort());
});

test("who may use an operation stands in a table: none is missing there, none is left over, none differs", () => {
  const inDocument = operations.map(({ name, operation }) => {
    const role = operation["x-role"] as string | undefined;
    const security = operation.security as Record<string, unknown>[];
    if (role !== undefined) return [name, operation["x-apps"] ? `${role} and apps` : role];
    if (security.some((one) => "legacyUsername" in one)) return [name, "legacy"];
    return [name, security.length > 0 ? "scrape" : "everybody"];
  });
  const byName = (a: unknown[], b: unknown[]) => String(a[0]).localeCompare(String(b[0]));
  assert.equal(inDocument.sort(byName), Object.entries(WHO_MAY).sort(byName));
});

test("every reference leads somewhere, every component is used", () => {
  const used = new Set<string>();
  for (const [, ref = ""] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = ref
      .split("/")
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
    assert.ok(found, ref);
    used.add(ref);
  }
  for (const kind of ["schemas", "headers", "parameters"])
    for (const name of Object.keys(document.components[kind] ?? {}))
      assert.ok(used.has(`components/${kind}/${name}`), `${name} is not used`);
});

test("what takes a body, or a stream, can say that the caller's share is used up, logins as well", () => {
  for (const { method, path, body } of declared) {
    const operation = document.paths[path]?.[method.toLowerCase()];
    const can = JSON.stringify((operation?.responses as object | undefined) ?? {}).includes("share_used_up");
    assert.is(can, body !== undefined || path === "/v1/events", `${method} ${path}`);
  }
});

test("operations have names of their own, and names stay readable", () => {
  const ids = operations.map(({ operation }) => String(operation.operationId));
  assert.is(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[a-z][A-Za-z]+$/);
});

test("every answer that is JSON has a schema", () => {
  for (const { method, path, answer } of declared)
    assert.ok(answer.schema || answer.contentType || answer.status === 204, `${method} ${path}`);
});

test("every component is a valid JSON Schema of draft 2020-12", () => {
  const strict = new Ajv2020({ strict: false });
  for (const [name, schema] of Object.entries(document.components.schemas ?? {}))
    assert.ok(strict.validateSchema(schema), `${name}: ${strict.errorsText()}`);
});

for (const { method, path, body, credentials } of declared) {
  if (!body) continue;
  test(`${method} ${path}: its examples are good requests, for us and for the document`, () => {
    const examples = z.globalRegistry.get(body.schema)?.examples as unknown[] | undefined;
    assert.ok(examples && examples.length > 0, "no example");
    const pointer = [
      "paths",
      path,
      method.toLowerCase(),
      "requestBody",
      "content",
      "application/json",
      "schema",
    ]
      .map((part) => encodeURIComponent(part.replaceAll("/", "~1")))
      .join("/");
    const validate = ajv.compile({ $ref: `openapi#/${pointer}` });
    for (const example of examples) {
      assert.ok(validate(example), ajv.errorsText(validate.errors));
      const parsed = body.schema.safeParse(example);
      assert.ok(parsed.success, String(parsed.error));
      if (path === "/v1/tasks") parseTask(JSON.stringify(example), epochMs(Date.now()));
      if (credentials === "legacy") assert.ok(parseLegacyTask(JSON.stringify(example)));
    }
  });
}

test("who may, what a key does, and when to come back stand in the document", () => {
  const { operation } = operations.find(
    ({ name }) => name === "POST /v1/tasks",
  ) as (typeof operations)[number];
  assert.equal([operation["x-role"], operation["x-apps"]], ["operator", true]);
  assert.equal(operation.security, [{ appKey: [] }, { basic: [] }, { session: [] }]);
  assert.equal(operation.parameters, [
    { $ref: "#/components/parameters/RequestId" },
    { $ref: "#/components/parameters/IdempotencyKey" },
  ]);
  const responses = operation.responses as Record<string, { headers?: object; description: string }>;
  assert.equal(Object.keys(responses), [
    "202",
    "400",
    "401",
    "403",
    "413",
    "415",
    "421",
    "422",
    "429",
    "431",
    "500",
    "503",
    "508",
  ]);
  for (const status of ["429", "503"]) assert.ok("Retry-After" in (responses[status]?.headers ?? {}));
  for (const { headers } of Object.values(responses)) assert.ok("X-Request-ID" in (headers ?? {}));
  assert.match(responses[422]?.description ?? "", "idempotency_conflict");
});

test("a query's schema becomes parameters", () => {
  const { operation } = operations.find(
    ({ name }) => name === "GET /v1/tasks",
  ) as (typeof operations)[number];
  const parameters = operation.parameters as {
    name: string;
    in: string;
    schema: { type: string; default?: unknown };
  }[];
  const [id, ...fields] = parameters.toReversed();
  assert.equal(id, { $ref: "#/components/parameters/RequestId" });
  assert.ok(fields.every((one) => one.in === "query"));
  const state = parameters.find(({ name }) => name === "state");
  const limit = parameters.find(({ name }) => name === "limit");
  assert.equal([state?.schema.type, limit?.schema.default], ["array", 50]);
});

test.run();
