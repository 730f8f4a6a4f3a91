/** Holds answers against the OpenAPI document: status, media type and, of JSON, every field. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Reply } from "./world.ts";

interface Response {
  content?: Record<string, { schema: object }>;
}

const document = sealed(await documentOfRun()) as {
  paths: Record<string, Record<string, { responses: Record<string, Response> }>>;
};
const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
addFormats.default(ajv);
ajv.addSchema(document, "openapi");

const patterns = Object.keys(document.paths).map((path) => ({
  path,
  regex: new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
}));
const validators = new Map<string, ValidateFunction>();
/** `GET /v1/tasks 200`: what was seen. */
export const seen = new Set<string>();

/** Of Node's HTTP parser: they belong to no route. */
const OF_NO_ROUTE = new Set([431]);

/** @throws Error where the document does not describe this answer. Paths without a route are not looked at. */
export function checkReply(method: string, target: string, reply: Reply): void {
  const path = pathOf(target);
  const operation = path === null ? undefined : document.paths[path]?.[method.toLowerCase()];
  if (path === null || !operation || OF_NO_ROUTE.has(reply.status)) return;
  const name = `${method} ${path} ${reply.status}`;
  const response = operation.responses[reply.status];
  if (!response) throw new Error(`${name} is not in the document: ${reply.text.slice(0, 500)}`);
  seen.add(name);
  const type = (reply.headers.get("content-type") ?? "").split(";", 1)[0] as string;
  const types = Object.keys(response.content ?? {});
  if (types.length === 0 ? reply.text !== "" : !types.includes(type) && !types.includes("*/*"))
    throw new Error(`${name}: the document has [${types}], not ${type}`);
  if (!/[/+]json$/.test(type) || path === "/openapi.json") return;
  const pointer = [
    "paths",
    path,
    method.toLowerCase(),
    "responses",
    String(reply.status),
    "content",
    type,
    "schema",
  ];
  const validate =
    validators.get(name) ?? ajv.compile({ $ref: `openapi#/${pointer.map(escaped).join("/")}` });
  validators.set(name, validate);
  if (!validate(reply.json))
    throw new Error(`${name}: ${ajv.errorsText(validate.errors)} in ${reply.text.slice(0, 1000)}`);
}

/** The first file of a run that needs it makes it, and the others read it: making it loads the whole API. */
async function documentOfRun(): Promise<unknown> {
  const shared = process.env.TEST_OPENAPI;
  if (shared && existsSync(shared)) return JSON.parse(readFileSync(shared, "utf8"));
  const { everyDeclaration } = await import("../../../services/api/api.service.ts");
  const { openApiDocument } = await import("../../../services/api/openapi/document.ts");
  const text = JSON.stringify(openApiDocument(everyDeclaration(), "0"));
  if (shared) {
    const own = `${shared}.${process.pid}`;
    writeFileSync(own, text);
    renameSync(own, shared);
  }
  return JSON.parse(text);
}

/** Plain paths go before those with parameters. */
function pathOf(target: string): string | null {
  const plain = target.split("?", 1)[0] as string;
  if (plain in document.paths) return plain;
  return patterns.find(({ regex }) => regex.test(plain))?.path ?? null;
}

/** RFC 6901 in a URI fragment. */
const escaped = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

/** Fields that the document does not name are mistakes here, although answers may gain fields. */
function sealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sealed);
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, name === "examples" ? part : sealed(part)]),
  );
  if (copy.type === "object" && copy.properties && !("additionalProperties" in copy))
    copy.additionalProperties = false;
  return copy;
}
