// `node scripts/api-reference.ts`: writes docs/reference/api.md anew, from the OpenAPI document. `scripts/api-types.ts` does it too.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { everyDeclaration } from "../services/api/api.service.ts";
import { type OpenApiDocument, openApiDocument } from "../services/api/openapi/document.ts";

/** Where it stands; a test compares. */
export const API_REFERENCE = resolve(import.meta.dirname, "../docs/reference/api.md");

/** The part of JSON Schema that the document uses. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

interface Operation {
  tags: string[];
  summary: string;
  description?: string;
  security: Record<string, unknown>[];
  "x-role"?: string;
  "x-apps"?: boolean;
  parameters?: Parameter[];
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: Schema; examples?: Record<string, { value: unknown }> }>;
  };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** The page's text. */
export function apiReference(): string {
  const document = openApiDocument(everyDeclaration(), "0");
  const lines = [
    "# Every route",
    "",
    "Made by `node scripts/api-reference.ts` from the OpenAPI document, which a running Bida serves at `/openapi.json` and shows at `/docs`.",
    "Not to be changed by hand. [The REST API](rest.md) is the overview; [errors](../errors.md) explains the codes.",
  ];
  for (const { name } of document.tags) {
    lines.push("", `## ${capital(name)}`);
    for (const [path, methods] of Object.entries(document.paths))
      for (const method of METHODS) {
        const operation = methods[method] as unknown as Operation | undefined;
        if (operation?.tags[0] === name) lines.push("", ...route(method, path, operation, document));
      }
  }
  lines.push("", "## Schemas", "", ...schemas(document.components.schemas as Record<string, Schema>));
  return `${lines.join("\n")}\n`;
}

function route(method: string, path: string, operation: Operation, document: OpenApiDocument): string[] {
  const lines = [
    `### ${method.toUpperCase()} \`${path}\``,
    "",
    `${safe(operation.summary)}. ${whoMay(operation)}`,
  ];
  if (operation.description) lines.push("", safe(operation.description));
  const parameters = (operation.parameters ?? []).map((one) => resolved(one, document));
  if (parameters.length > 0)
    lines.push(
      "",
      ...table(
        ["parameter", "in", "type", "meaning"],
        parameters.map(({ name, in: where, required, schema, description }) => [
          `\`${name}\`${required ? "" : " (optional)"}`,
          where,
          typeOf(schema),
          description ?? schema.description ?? "",
        ]),
      ),
    );
  const body = operation.requestBody?.content["application/json"];
  if (body) {
    lines.push("", `Body${operation.requestBody?.required ? "" : " (optional)"}: ${typeOf(body.schema)}`);
    for (const { value } of Object.values(body.examples ?? {}).slice(0, 1))
      lines.push("", "```json", JSON.stringify(value, null, 2), "```");
  }
  const answers = Object.entries(operation.responses).map(([status, { description, content }]) => [
    status,
    Object.values(content ?? {}).map(({ schema }) => typeOf(schema))[0] ?? "",
    description,
  ]);
  return [...lines, "", ...table(["status", "answer", "meaning"], answers)];
}

function whoMay({ security, ...operation }: Operation): string {
  if (security.some((one) => "legacyUsername" in one)) return "For kkbida's clients, with their headers.";
  if (security.length === 0) return "Open to all.";
  const role = operation["x-role"] ? `Users from the role \`${operation["x-role"]}\` on` : "Users";
  return `${role}${operation["x-apps"] ? ", and apps" : ""}.`;
}

function resolved(parameter: Parameter, document: OpenApiDocument): Parameter {
  const name = parameter.$ref?.split("/").at(-1);
  return name ? (document.components.parameters?.[name] as unknown as Parameter) : parameter;
}

function schemas(all: Record<string, Schema>): string[] {
  return Object.entries(all)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, schema]) => {
      const lines = [`### ${name}`, ""];
      if (schema.description) lines.push(safe(schema.description), "");
      const fields = Object.entries(schema.properties ?? {});
      if (fields.length === 0) return [...lines, typeOf(schema), ""];
      const rows = fields.map(([field, shape]) => [
        `\`${field}\`${schema.required?.includes(field) ? "" : " (optional)"}`,
        typeOf(shape),
        shape.description ?? "",
      ]);
      return [...lines, ...table(["field", "type", "meaning"], rows), ""];
    })
    .slice(0, -1);
}

/** A schema in one line. */
function typeOf(schema: Schema): string {
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return `[${name}](#${name.toLowerCase()})`;
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(" or ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (schema.items)
    return `list of ${typeOf(schema.items)}${schema.maxItems ? `, at most ${schema.maxItems}` : ""}`;
  const type = [schema.type ?? "any JSON"].flat().join(" or ");
  return [
    type,
    bounds(schema),
    schema.default === undefined ? "" : `default \`${JSON.stringify(schema.default)}\``,
  ]
    .filter(Boolean)
    .join(", ");
}

function bounds({ format, minimum, maximum, minLength, maxLength }: Schema): string {
  const said = format ? [format] : [];
  const [from, to] =
    minimum !== undefined || maximum !== undefined ? [minimum, maximum] : [minLength, maxLength];
  const inside = (value: number | undefined): value is number =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const unit = minLength !== undefined || maxLength !== undefined ? " characters" : "";
  if (inside(from) && inside(to)) said.push(`${from} to ${to}${unit}`);
  else if (inside(to)) said.push(`at most ${to}${unit}`);
  else if (inside(from)) said.push(`at least ${from}${unit}`);
  return said.join(", ");
}

const table = (head: string[], rows: string[][]): string[] =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`);
const cell = (text: string): string =>
  safe(text)
    .replace(/\s*\n\s*/g, " ")
    .replaceAll("|", "\\|");
/** Outside of code marks, `<` would begin HTML; links of the served page lead nowhere here. */
const safe = (text: string): string =>
  text
    .replace(/\[([^\]]+)\]\(\/[^)]*\)/g, "$1")
    .replace(/`[^`]*`|</g, (found) => (found === "<" ? "&lt;" : found));
const capital = (text: string): string => (text[0] ?? "").toUpperCase() + text.slice(1);

if (import.meta.main) writeFileSync(API_REFERENCE, apiReference());
