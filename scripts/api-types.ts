// `node scripts/api-types.ts`: writes the console's types of the REST API anew, from the OpenAPI document, and the reference of all routes.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { everyDeclaration } from "../services/api/api.service.ts";
import { type OpenApiDocument, openApiDocument } from "../services/api/openapi/document.ts";
import { API_REFERENCE, apiReference } from "./api-reference.ts";

const UI = resolve(import.meta.dirname, "../ui");
/** Where they stand; a test compares. */
export const API_TYPES = resolve(UI, "src/api/openapi.ts");

/** Where the tool lies: it is a package of the console. */
export const TOOL = resolve(UI, "node_modules/openapi-typescript");

/** The part of `openapi-typescript` that is used. */
interface Tool {
  default(document: object, options: object): Promise<unknown[]>;
  astToString(nodes: unknown[]): string;
}

/** What the console calls, with one shape for all refusals: the rest would be four fifths of the file. */
function consolePart({ paths, components, ...rest }: OpenApiDocument): object {
  const wanted = Object.entries(paths).filter(([path]) => path.startsWith("/v1/") && path !== "/v1/events");
  const kept = wanted.map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, operation]) => [
        method,
        { ...operation, responses: answersOf(operation) },
      ]),
    ),
  ]);
  // TypeScript refuses the tool's way of writing a type that refers to itself.
  const schemas = { ...components.schemas, Json: { description: "Any JSON" } };
  return { ...rest, paths: Object.fromEntries(kept), components: { ...components, schemas } };
}

function answersOf({ responses }: Record<string, unknown>): object {
  const good = Object.entries(responses as object).filter(([status]) => status.startsWith("2"));
  const problem = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  return { ...Object.fromEntries(good), default: { description: "Refused", content: problem } };
}

/** The file's text. */
export async function apiTypes(): Promise<string> {
  const { default: typesOf, astToString } = createRequire(import.meta.url)(TOOL) as Tool;
  const nodes = await typesOf(consolePart(openApiDocument(everyDeclaration(), "0")), {
    alphabetize: true,
    defaultNonNullable: false,
  });
  const text = astToString(nodes).replaceAll(
    /^ {8}(parameters: \{\n( {12}\w+\?: never;\n)+ {8}\};|\w+\?: never;)\n/gm,
    "",
  );
  return `// Made by \`node scripts/api-types.ts\` from the OpenAPI document; not to be changed by hand.\n\n${text}`;
}

if (import.meta.main) {
  writeFileSync(API_TYPES, await apiTypes());
  writeFileSync(API_REFERENCE, apiReference());
}
