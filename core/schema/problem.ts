/** Refusals on the wire: RFC 9457, with the codes of `errors.ts`. */
import { z } from "zod";
import { type FieldError, REFUSALS, type RefusalCode } from "../errors.ts";

const CODES = Object.keys(REFUSALS) as RefusalCode[];

export const fieldErrorSchema = z
  .object({
    field: z.string().describe("A path such as `retry.delayMs`"),
    message: z.string().describe("The rule it breaks"),
  })
  .meta({ id: "FieldError" }) satisfies z.ZodType<FieldError>;

export const problemSchema = z
  .object({
    type: z.string().describe("`/docs/errors#<code>`, a page that explains it"),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.enum(CODES),
    detail: z.string(),
    errors: z.array(fieldErrorSchema).describe("Every wrong field; empty where it is not about fields"),
    requestId: z
      .string()
      .describe("As the header `X-Request-ID` of the answer; the log names the request by it"),
  })
  .meta({ id: "Problem", description: "A refusal (RFC 9457)" });
