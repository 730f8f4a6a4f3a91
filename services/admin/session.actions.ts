/** Logins and sessions. */
import { timingSafeEqual } from "node:crypto";
import type { EpochMs } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { sessionEnd } from "../../core/logins.ts";
import type { SessionIdentity, SessionProof } from "../../core/people.ts";
import { loginSchema, passwordSchema } from "../../core/schema/session.ts";
import { parseWith } from "../../core/task-schema.ts";
import type { Database } from "../../store/database.ts";
import { transaction } from "../../store/failures.ts";
import {
  deleteSession,
  deleteSessionsOf,
  extendSession,
  findSession,
  insertSession,
} from "../../store/sessions.ts";
import { lockUser, type User, writeUser } from "../../store/users.ts";
import { type ActionsOf, broadcast } from "../bus/bus.ts";
import { originOfCall } from "../tasks/audit.ts";
import { identityOf } from "./authenticator.ts";
import { officeOf } from "./office.ts";
import { audited, iso } from "./people-parts.ts";
import { checkPassword } from "./users.actions.ts";

/** A session's end is moved at most so often, in ms: reading must not write each time. */
const EXTEND_EVERY = 5 * 60_000;

export const sessionActions = {
  authenticate: async (credentials, ctx) =>
    officeOf(ctx).authenticator.authenticate(credentials, originOfCall(ctx)),

  login: async ({ tokenHash, mark, environment, ...given }, ctx) => {
    const { resources, authenticator } = officeOf(ctx);
    const { db, clock } = resources;
    const credentials = parseWith(loginSchema, given, "invalid_body");
    const who = await authenticator.authenticate({ ...credentials, environment }, originOfCall(ctx));
    if (who === null) throw new BidaError("unauthorized", "Wrong username or password");
    return transaction(db, async (within) => {
      const user = await lockUser(within, who.userId);
      const session = await begin(within, user, { tokenHash, mark }, clock.now());
      const actor = { kind: "user", id: user.id, name: user.username, role: user.role } as const;
      await audited(within, clock, ctx, { actor, action: "session.create", target: targetOf(user.id) });
      return session;
    });
  },

  session: async ({ tokenHash, mark }, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    const now = clock.now();
    const session = await findSession(db, Buffer.from(tokenHash, "hex"), now);
    if (session === null) return null;
    // The environment's password was changed since: that ends sessions which began with it.
    if (session.user.passwordHash === null && !timingSafeEqual(session.mark, Buffer.from(mark, "hex")))
      return null;
    const end = sessionEnd(session.createdAt, now);
    if (end - session.expiresAt > EXTEND_EVERY) await extendSession(db, session.tokenHash, end);
    return { user: identityOf(session.user), expiresAt: iso(Math.max(end, session.expiresAt)) };
  },

  logout: async ({ tokenHash }, ctx) => {
    const { db } = officeOf(ctx).resources;
    const id = await transaction(db, (within) => deleteSession(within, Buffer.from(tokenHash, "hex")));
    if (id !== null) broadcast(ctx.broker, "access.changed", { kind: "user", id });
    return {};
  },

  changePassword: async ({ current, newPassword: wanted, renewed }, ctx) => {
    const { resources, authenticator } = officeOf(ctx);
    const { db, clock } = resources;
    const given = { currentPassword: current.password, newPassword: wanted };
    const { newPassword } = parseWith(passwordSchema, given, "invalid_body");
    checkPassword(newPassword, current.username, "newPassword");
    // Counted as a login: a stolen session must not be a way to guess the password.
    const who = await authenticator.authenticate(current, originOfCall(ctx));
    if (who === null) {
      const errors = [{ field: "currentPassword", message: "is wrong" }];
      throw new BidaError("invalid_body", undefined, { errors });
    }
    const passwordHash = await authenticator.passwords.hash(newPassword);
    const id = who.userId;
    const session = await transaction(db, async (within) => {
      const user = await writeUser(within, await lockUser(within, id), { passwordHash }, clock.now());
      await deleteSessionsOf(within, id);
      await audited(within, clock, ctx, { action: "user.password", target: targetOf(id) });
      return renewed && begin(within, user, renewed, clock.now());
    });
    broadcast(ctx.broker, "access.changed", { kind: "user", id });
    return session;
  },
} satisfies Partial<ActionsOf<"admin">>;

const targetOf = (id: number) => ({ type: "user", id: String(id) });

async function begin(
  within: Database,
  user: User,
  { tokenHash, mark }: SessionProof,
  now: EpochMs,
): Promise<SessionIdentity> {
  const expiresAt = sessionEnd(now, now);
  const [hash, proof] = [Buffer.from(tokenHash, "hex"), Buffer.from(mark, "hex")];
  await insertSession(within, { tokenHash: hash, user, mark: proof, createdAt: now, expiresAt });
  return { user: identityOf(user), expiresAt: iso(expiresAt) };
}
