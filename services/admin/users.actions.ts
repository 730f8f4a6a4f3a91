/** Users: made, changed and deleted by administrators. */

import { iso } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import type { UserView } from "../../core/people.ts";
import { pageQuerySchema } from "../../core/schema/parts.ts";
import { changeUserSchema, createUserSchema, isName } from "../../core/schema/users.ts";
import { parseWith } from "../../core/task-schema.ts";
import type { Database } from "../../store/database.ts";
import { transaction } from "../../store/failures.ts";
import { deleteSessionsOf } from "../../store/sessions.ts";
import {
  checkAdminLeft,
  deleteUser,
  insertUser,
  listUsers,
  lockAdmins,
  lockUser,
  type User,
  writeUser,
} from "../../store/users.ts";
import { type ActionsOf, broadcast } from "../bus/bus.ts";
import { egressOf } from "../node/egress.ts";
import { endJobsOf } from "./jobs.ts";
import { officeOf } from "./office.ts";
import { audited, difference } from "./people-parts.ts";

export const userActions = {
  listUsers: async (params, ctx) => {
    const { limit, cursor } = parseWith(pageQuerySchema, params, "invalid_query");
    const page = await listUsers(officeOf(ctx).resources.db, limit, cursor ?? null);
    return { ...page, items: page.items.map(userView) };
  },

  createUser: async (params, ctx) => {
    const { resources, authenticator } = officeOf(ctx);
    const { db, clock } = resources;
    const { username, password, role } = parseWith(createUserSchema, params, "invalid_body");
    const passwordHash = await authenticator.passwords.hash(password);
    const created = await transaction(db, async (within) => {
      const user = await insertUser(within, { username, role, passwordHash }, clock.now());
      const after = { username, role };
      await audited(within, clock, ctx, { action: "user.create", target: targetOf(user.id), after });
      return userView(user);
    });
    // Before the user can log in.
    await egressOf(ctx.broker).look();
    return created;
  },

  changeUser: async ({ id, ...change }, ctx) => {
    const { resources, authenticator } = officeOf(ctx);
    const { db, clock } = resources;
    const { password, role, disabled } = parseWith(changeUserSchema, change, "invalid_body");
    const passwordHash = password === undefined ? undefined : await authenticator.passwords.hash(password);
    const view = await changingAdmins(db, async (within) => {
      const before = await lockUser(within, id);
      if (password !== undefined) checkPassword(password, before.username, "password");
      const patch = {
        ...(passwordHash === undefined ? {} : { passwordHash }),
        ...(role === undefined ? {} : { role }),
        ...(disabled === undefined ? {} : { disabled }),
      };
      const after = await writeUser(within, before, patch, clock.now());
      if (passwordHash !== undefined || after.disabled) await deleteSessionsOf(within, id);
      const changed = difference(userView(before), userView(after));
      if (passwordHash !== undefined) Object.assign(changed.after, { password: "changed" });
      await audited(within, clock, ctx, { action: "user.change", target: targetOf(id), ...changed });
      if (after.disabled || after.role === "viewer")
        await endJobsOf(
          within,
          ctx,
          { kind: "user", id },
          clock.now(),
          "Its user was disabled, or is no operator",
        );
      return userView(after);
    });
    broadcast(ctx.broker, "access.changed", { kind: "user", id });
    return view;
  },

  deleteUser: async ({ id }, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    await changingAdmins(db, async (within) => {
      const { username, role, disabled } = await lockUser(within, id);
      await deleteSessionsOf(within, id);
      await deleteUser(within, id);
      const before = { username, role, disabled };
      await audited(within, clock, ctx, { action: "user.delete", target: targetOf(id), before });
      await endJobsOf(within, ctx, { kind: "user", id }, clock.now(), "Its user was deleted");
    });
    broadcast(ctx.broker, "access.changed", { kind: "user", id });
    return {};
  },
} satisfies Partial<ActionsOf<"admin">>;

/** A change after which an administrator must be left. */
function changingAdmins<T>(db: Database, change: (within: Database) => Promise<T>): Promise<T> {
  return transaction(db, async (within) => {
    await lockAdmins(within);
    const result = await change(within);
    await checkAdminLeft(within);
    return result;
  });
}

/** @throws BidaError invalid_body where the password is the user's name */
export function checkPassword(password: string, username: string, field: string): void {
  if (!isName(password, username)) return;
  throw new BidaError("invalid_body", undefined, {
    errors: [{ field, message: "must not be the username" }],
  });
}

const targetOf = (id: number) => ({ type: "user", id: String(id) });

export const userView = (user: User): UserView => ({
  id: user.id,
  username: user.username,
  role: user.role,
  disabled: user.disabled,
  environmentPassword: user.passwordHash === null,
  createdAt: iso(user.createdAt),
  updatedAt: iso(user.updatedAt),
});
