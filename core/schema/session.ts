/** Requests and answers of `/v1/session`. */
import { z } from "zod";
import { ROLES } from "../caller.ts";
import type { SessionItem, SessionView } from "../people.ts";
import { text } from "../task-schema.ts";
import { time } from "./parts.ts";
import { newPassword } from "./users.ts";

export const loginSchema = z
  .strictObject({ username: text(64), password: text(256) })
  .meta({ id: "Login", examples: [{ username: "admin", password: "admin" }] });

export const passwordSchema = z.strictObject({ currentPassword: text(256), newPassword }).meta({
  id: "PasswordChange",
  examples: [{ currentPassword: "admin", newPassword: "correct horse battery" }],
});

export const logoutQuerySchema = z.strictObject({
  everywhere: z.enum(["true", "false"], "must be true or false").optional(),
});

export const sessionItemSchema = z
  .object({
    id: z.string().describe("Names it; it is no credential"),
    current: z.boolean().describe("Whether it is the one that asks"),
    createdAt: time,
    usedAt: time.describe("To some minutes"),
    expiresAt: time,
    sourceIp: z.string().nullable().describe("Where it began"),
    userAgent: z.string().nullable(),
  })
  .meta({ id: "SessionItem" }) satisfies z.ZodType<SessionItem>;

export const sessionSchema = z
  .object({
    user: z.object({ id: z.int(), username: z.string(), role: z.enum(ROLES) }),
    expiresAt: time.nullable().describe("Null: Basic credentials, which do not expire"),
    mustChangePassword: z.boolean().describe("The password is the default one that everybody knows"),
  })
  .meta({ id: "Session" }) satisfies z.ZodType<SessionView>;
