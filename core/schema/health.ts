/** Answers of `/healthz` and `/readyz`. */
import { z } from "zod";
import type { Health } from "../contract.ts";

export const aliveSchema = z.object({ ok: z.literal(true) });

export const healthSchema = z
  .object({
    ok: z.boolean(),
    parts: z
      .record(z.string(), z.string().nullable())
      .describe("Part → null where usable, else the reason why not"),
  })
  .meta({ id: "Health" }) satisfies z.ZodType<Health>;
