// NUL in what lists are filtered by, and in names: refused by the schemas, naming the field.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { z } from "zod";
import { createAppSchema } from "../../core/schema/apps.ts";
import { attemptQuerySchema } from "../../core/schema/attempts.ts";
import { auditQuerySchema } from "../../core/schema/audit.ts";
import { bulkSchema, exportQuerySchema } from "../../core/schema/bulk.ts";
import { destinationQuerySchema } from "../../core/schema/destinations.ts";
import { eventQuerySchema } from "../../core/schema/events.ts";
import { loginSchema } from "../../core/schema/session.ts";
import { errorsQuerySchema, seriesQuerySchema } from "../../core/schema/stats.ts";
import { querySchema } from "../../core/schema/tasks.ts";
import { createUserSchema } from "../../core/schema/users.ts";
import { webhookSchema } from "../../core/schema/webhooks.ts";
import { parseWith } from "../../core/task-schema.ts";
import { refusal } from "./helpers.ts";

const test = suite("NUL");

const range = { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" };
const user = { username: "lin", password: "correct horse battery", role: "viewer" };
const TEXTS = ["sourceAppName", "targetAppName", "url", "q"];

/** A valid request, and which of its fields are text. */
const SCHEMAS: [name: string, schema: z.ZodType, valid: Record<string, unknown>, fields: string[]][] = [
  ["tasks", querySchema, {}, TEXTS],
  ["export", exportQuerySchema, { format: "csv" }, TEXTS],
  ["attempts", attemptQuerySchema, {}, ["errorCode", "destination", "taskId"]],
  ["audit", auditQuerySchema, {}, ["actor", "action", "target"]],
  ["destinations", destinationQuerySchema, {}, ["q"]],
  ["series", seriesQuerySchema, { ...range, step: "hour" }, ["destination"]],
  ["errors", errorsQuerySchema, range, ["destination"]],
  ["events", eventQuerySchema, {}, ["taskId", "types"]],
  ["login", loginSchema, { username: "lin", password: "secret" }, ["username", "password"]],
  ["user", createUserSchema, user, ["username", "password"]],
  ["app", createAppSchema, { name: "shop" }, ["name"]],
  ["channel", webhookSchema, { url: "https://ops.example/" }, ["name", "memo", "url", "title", "secret"]],
];
for (const [name, schema, valid, fields] of SCHEMAS) {
  for (const field of fields) {
    for (const value of ["\0", "a\0b", "https://a.example\0", "0199aeb6-6c00-7c3f-9d4e-5b8f0c2a1d37\0"]) {
      test(`${name}: ${field} ${JSON.stringify(value)}`, async () => {
        const error = await refusal(() => parseWith(schema, { ...valid, [field]: value }, "invalid_query"));
        assert.ok(
          error.errors.every((one) => one.field === field),
          JSON.stringify(error.errors),
        );
      });
    }
  }
}

test("in a filter for many tasks at once", async () => {
  for (const field of TEXTS) {
    const error = await refusal(() => parseWith(bulkSchema, { filter: { [field]: "a\0" } }, "invalid_body"));
    assert.equal(error.errors, [{ field: `filter.${field}`, message: "must not contain NUL" }]);
  }
});

test("what is long or odd, but text, is taken", () => {
  for (const q of ["x".repeat(512), "\x01\n", "上海😀", "%_!\\"])
    assert.is(parseWith(querySchema, { q }, "invalid_query").q, q);
});

test.run();
