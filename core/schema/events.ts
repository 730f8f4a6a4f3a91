/** Parameters of the event stream. */
import { z } from "zod";
import { STREAM_TYPES, type StreamType } from "../contract.ts";

const known = (name: string): name is StreamType => (STREAM_TYPES as readonly string[]).includes(name);

/** `?taskId=` and `?types=`, a list with commas. */
export const eventQuerySchema = z.strictObject({
  taskId: z.uuid({ error: "must be a task's id" }).optional(),
  types: z
    .string()
    .max(512, "must have at most 512 characters")
    .refine((text) => text.split(",").every(known), {
      error: `must be a list, with commas, of ${STREAM_TYPES.join(", ")}`,
    })
    .optional(),
});
