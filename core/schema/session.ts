/** Requests and answers of `/v1/session`. */
import { z } from "zod";
import { ROLES } from "../caller.ts";
import type { SessionView } from "../people.ts";
import { text } from "../task-schema.ts";
import { time } from "./parts.ts";
import { newPassword } from "./users.ts";

export const loginSchema = z.strictObject({ username: text(64), password: text(256) });

export const passwordSchema = z.strictObject({ currentPassword: text(256), newPassword });

export const sessionSchema = z.object({
  user: z.object({ id: z.int(), username: z.string(), role: z.enum(ROLES) }),
  expiresAt: time.nullable(),
  mustChangePassword: z.boolean(),
}) satisfies z.ZodType<SessionView>;
