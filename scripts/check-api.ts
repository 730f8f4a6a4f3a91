/**
 * Holds the REST API against its own OpenAPI document with schemathesis, which makes requests from the document, right and
 * wrong ones, and looks whether the answers are what it says: `node scripts/check-api.ts [options of schemathesis run]`.
 * Needs Python: `pip install schemathesis`, or its path in SCHEMATHESIS. It starts a Bida of its own and ends it again.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readiness, startNode } from "./demo/node.ts";

type Json = Record<string, unknown>;
interface Parameter {
  name: string;
  schema: Json;
  in?: string;
  required?: boolean;
}
type Operation = Json & { parameters: Parameter[] };

/** Where the document's words end: requests that are to be accepted have these. */
const ORIGIN = "http://127.0.0.1:9";
const VALUES: Record<string, unknown[]> = { destination: [ORIGIN], origin: [ORIGIN] };

/** Paths that are left out, and why. */
const LEFT_OUT = [
  // It does not end.
  "/v1/events",
  // They count wrong passwords, and let nobody in for a while then.
  "/v1/session",
  "/v1/session/password",
  // It ends the session of who asks, and there is none.
  "/v1/sessions/{sessionId}",
];

/**
 * Rules between fields, or of what stands in one, that JSON Schema does not have: here a request that the document allows may be
 * refused. (Everywhere else it must be accepted.) The e2e suites know these rules.
 */
const MORE_RULES = [
  // Placeholders and what fills them, one payload, times that fit each other, patterns, media types, header names.
  ...["/v1/tasks", "/v1/tasks/batch", "/v1/tasks/{taskId}/resend", "/api/addTask"],
  // What a platform takes, ranges of addresses, names and passwords.
  ...["/v1/webhooks", "/v1/webhooks/test", "/v1/webhooks/{id}", "/v1/webhooks/{id}/test"],
  ...["/v1/apps", "/v1/apps/{id}", "/v1/users", "/v1/users/{id}"],
  ...["/v1/webhooks/preview", "/v1/mutes"],
  // Names without control characters; limits that are whole numbers.
  ...["/v1/views", "/v1/views/{id}", "/v1/search", "/v1/destinations/{origin}"],
  // Origins within a filter; counts beyond 2^53.
  ...["/v1/tasks/retry", "/v1/tasks/cancel", "/v1/tasks/resolve"],
  ...["/v1/incidents/{id}/retry", "/v1/incidents/{id}/resolve"],
  // From before to, and a step that fits.
  ...["/v1/stats/series", "/v1/stats/destinations", "/v1/stats/errors", "/v1/destinations/{origin}/replay"],
];
/**
 * Each task of a batch is refused by itself, the answer is 202. kkbida's endpoint takes texts and numbers for each other, as Jackson did. Of
 * a user's change schemathesis takes the password for required, which it is not.
 */
const LENIENT = ["/v1/tasks/batch", "/api/addTask", "/v1/users/{id}"];

/** Tests of ours do this over each route (`test/services/openapi.test.ts`, `test/hostile`). */
const NOT_CHECKED = [
  "ignored_auth",
  "use_after_free",
  "ensure_resource_availability",
  "missing_required_header",
];

/** The document, as requests are made from it. */
function narrowed(document: { paths: Record<string, Record<string, Operation>> }, password: string): Json {
  for (const path of LEFT_OUT) delete document.paths[path];
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    // Wrong credentials are counted: an address that tries many is held back, right ones included.
    operation.security = [];
    // Nothing but an earlier page's nextCursor is one.
    operation.parameters = operation.parameters.filter(({ name }) => name !== "cursor");
    for (const parameter of operation.parameters) {
      const values = VALUES[parameter.name];
      if (values) parameter.schema = { enum: values };
    }
  }
  const legacy = document.paths["/api/addTask"]?.post as Operation;
  for (const [name, value] of [
    ["username", "admin"],
    ["password", password],
  ] as const)
    legacy.parameters.push({ name, in: "header", required: true, schema: { enum: [value] } });
  return document;
}

const config = [
  ...NOT_CHECKED.map((check) => `checks.${check}.enabled = false`),
  ...MORE_RULES.map((path) => without(path, "positive_data_acceptance")),
  ...LENIENT.map((path) => without(path, "negative_data_rejection")),
].join("\n");

function without(path: string, check: string): string {
  return `[[operations]]\ninclude-path = "${path}"\nchecks.${check}.enabled = false`;
}

const password = randomBytes(12).toString("base64url");
const folder = await mkdtemp(join(tmpdir(), "bida-check-api-"));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const node = startNode({
  BIDA_PORT: String(port),
  BIDA_DATA_DIR: folder,
  BIDA_ADMIN_PASSWORD: password,
  // Tasks are made by the thousand, and called by nobody.
  BIDA_EGRESS_ALLOW: "",
  BIDA_CALLER_BYTES_PER_SECOND: "1000000000",
});
try {
  await readiness(node, url, 60_000);
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Parameters<typeof narrowed>[0];
  await writeFile(join(folder, "openapi.json"), JSON.stringify(narrowed(document, password)));
  await writeFile(join(folder, "schemathesis.toml"), config);
  process.exitCode = await run([
    ...["run", "openapi.json", "--url", url, "--auth", `admin:${password}`],
    ...["--phases", "examples,coverage,fuzzing", "--continue-on-failure"],
    ...process.argv.slice(2),
  ]);
} finally {
  await node.stop();
  await rm(folder, { recursive: true });
}

/** @returns its exit code */
async function run(args: string[]): Promise<number> {
  const tool = process.env.SCHEMATHESIS ?? "schemathesis";
  const child = spawn(tool, args, { stdio: "inherit", cwd: folder });
  try {
    return (await once(child, "exit"))[0] ?? 1;
  } catch (error) {
    console.error(`${tool}: ${(error as Error).message}; pip install schemathesis`);
    return 1;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}
