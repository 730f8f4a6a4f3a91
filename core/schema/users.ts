/** Requests and answers of `/v1/users`. */
import { z } from "zod";
import { ROLES } from "../caller.ts";
import type { UserView } from "../people.ts";
import { text } from "../task-schema.ts";
import { canonicalName, hasUnseen } from "../user-name.ts";
import { isCommon, isNoPassword } from "../weak-passwords.ts";
import { label, time } from "./parts.ts";

const role = z.enum(ROLES, { error: `must be one of ${ROLES.join(", ")}` });

/** Basic credentials cannot carry a colon in the name (RFC 7617, section 2). */
const username = label(64)
  .overwrite(canonicalName)
  .refine((name) => name.length <= 64, "must have at most 64 characters, after NFKC")
  .refine((name) => name === name.trim(), "must not begin or end with a blank")
  .refine((name) => !hasUnseen(name), "must not contain characters that cannot be seen")
  .refine((name) => !name.includes(":"), "must not contain a colon");

const SHORT = "must have at least 10 characters";

/** Of a new password. Long rather than odd (NIST SP 800-63B, section 5.1.1.2). */
export const newPassword = text(256)
  .min(10, SHORT)
  .refine((password) => password.length < 10 || [...password].length >= 10, SHORT)
  .refine(
    (password) => isNoPassword(password) === null,
    "must not be blank, nor one character again and again",
  )
  .refine((password) => !isCommon(password), "is one of those that are guessed first");

const notTheName = {
  path: ["password"],
  error: "must not be the username",
};

export const createUserSchema = z
  .strictObject({ username, password: newPassword, role })
  .refine(({ username: name, password }) => !isName(password, name), notTheName)
  .meta({
    id: "UserRequest",
    examples: [{ username: "lin", password: "correct horse battery", role: "operator" }],
  });

export const changeUserSchema = z
  .strictObject({ password: newPassword, role, disabled: z.boolean("must be true or false") })
  .partial()
  .meta({ id: "UserChange", examples: [{ role: "viewer" }, { disabled: true }] });

/** Whether a password is the user's name, in any case. */
export const isName = (password: string, name: string): boolean =>
  canonicalName(password).toLowerCase() === canonicalName(name).toLowerCase();

export const userSchema = z
  .object({
    id: z.int(),
    username: z.string(),
    role: z.enum(ROLES),
    disabled: z.boolean(),
    environmentPassword: z.boolean().describe("Whether `BIDA_ADMIN_PASSWORD` is the password"),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "User" }) satisfies z.ZodType<UserView>;
