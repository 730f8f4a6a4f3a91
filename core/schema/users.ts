/** Requests and answers of `/v1/users`. */
import { z } from "zod";
import { ROLES } from "../caller.ts";
import type { UserView } from "../people.ts";
import { text } from "../task-schema.ts";
import { label, time } from "./parts.ts";

const role = z.enum(ROLES, { error: `must be one of ${ROLES.join(", ")}` });

/** Basic credentials cannot carry a colon in the name (RFC 7617, section 2). */
const username = label(64).refine((name) => !name.includes(":"), "must not contain a colon");

/** Of a new password. Long rather than odd (NIST SP 800-63B, section 5.1.1.2). */
export const newPassword = text(256).refine(
  (password) => [...password].length >= 10,
  "must have at least 10 characters",
);

const notTheName = {
  path: ["password"],
  error: "must not be the username",
};

export const createUserSchema = z
  .strictObject({ username, password: newPassword, role })
  .refine(({ username: name, password }) => !isName(password, name), notTheName);

export const changeUserSchema = z
  .strictObject({ password: newPassword, role, disabled: z.boolean("must be true or false") })
  .partial();

/** Whether a password is the user's name, in any case. */
export const isName = (password: string, name: string): boolean =>
  password.toLowerCase() === name.toLowerCase();

export const userSchema = z.object({
  id: z.int(),
  username: z.string(),
  role: z.enum(ROLES),
  disabled: z.boolean(),
  environmentPassword: z.boolean(),
  createdAt: time,
  updatedAt: time,
}) satisfies z.ZodType<UserView>;
