/** JSON Schemas (draft 2020-12) of Zod's; named parts become components of the document. */
import { z } from "zod";
import { hasNoNul } from "../../../core/task-schema.ts";

export type JsonSchema = Record<string, unknown>;

export class Components {
  readonly schemas: Record<string, JsonSchema> = {};

  /**
   * @param io `input` for what callers send, `output` for what they get
   * @throws Error where two shapes have one name, or a shape that refers to itself has none
   */
  of(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    // In a list, because a name of the outermost schema is not kept apart.
    const made = z.toJSONSchema(z.array(schema), { io, override: tidy });
    const { items, $defs = {} } = JSON.parse(
      JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/'),
    ) as { items: JsonSchema; $defs?: Record<string, JsonSchema> };
    for (const [name, part] of Object.entries($defs)) this.#add(name, part);
    return items;
  }

  #add(name: string, part: JsonSchema): void {
    if (name.startsWith("__"))
      throw new Error(`a schema that refers to itself needs an id: ${JSON.stringify(part)}`);
    const known = this.schemas[name];
    if (known && JSON.stringify(known) !== JSON.stringify(part))
      throw new Error(`two schemas are called ${name}`);
    this.schemas[name] = part;
  }
}

/** Leaves out what says nothing to a reader. */
function tidy({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }): void {
  const { def } = zodSchema._zod;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.format === "date-time" || jsonSchema.format === "uuid") delete jsonSchema.pattern;
  if (JSON.stringify(jsonSchema.propertyNames) === '{"type":"string"}') delete jsonSchema.propertyNames;
  if (def.checks?.some(({ _zod }) => (_zod.def as { fn?: unknown }).fn === hasNoNul))
    jsonSchema.pattern ??= "^[^\\u0000]*$";
  // Answers may gain fields; only requests with unknown fields are refused.
  if (def.type === "object" && def.catchall === undefined) delete jsonSchema.additionalProperties;
}
