/** Logins and sessions. */
import { timingSafeEqual } from "node:crypto";
import { type EpochMs, iso } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { sessionEnd } from "../../core/logins.ts";
import type { SessionIdentity, SessionItem, SessionProof } from "../../core/people.ts";
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
  type ListedSession,
  listSessions,
  type SessionPlace,
  sessionIdOf,
} from "../../store/sessions.ts";
import { lockUser, type User, userExists, writeUser } from "../../store/users.ts";
import { type ActionsOf, broadcast } from "../bus/bus.ts";
import type { BidaContext } from "../bus/types.ts";
import { actorOf, originOfCall } from "../tasks/audit.ts";
import { identityOf, lockVerified } from "./authenticator.ts";
import { officeOf } from "./office.ts";
import { audited } from "./people-parts.ts";
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
    const { device = null, ends = null, userAgent = null } = ctx.meta.loginPlace ?? {};
    const origin = originOfCall(ctx);
    const verified = await authenticator.verified({ ...credentials, environment, device }, origin);
    if (verified === null) throw wrongPassword();
    const place = { sourceIp: origin.sourceIp, userAgent };
    const [session, former] = await transaction(db, async (within) => {
      const user = await lockVerified(within, verified);
      if (user === null) throw wrongPassword();
      // One browser, one session: the older one's cookie is about to be replaced, and nobody could end it any more.
      const owner = ends === null ? null : await deleteSession(within, Buffer.from(ends, "hex"));
      const begun = await begin(within, user, { tokenHash, mark }, clock.now(), place);
      const actor = { kind: "user", id: user.id, name: user.username, role: user.role } as const;
      await audited(within, clock, ctx, { actor, action: "session.create", target: targetOf(user.id) });
      return [begun, owner] as const;
    });
    if (former !== null) broadcast(ctx.broker, "access.changed", { kind: "user", id: former });
    return session;
  },

  session: async ({ tokenHash, mark, peek }, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    const now = clock.now();
    const session = await findSession(db, Buffer.from(tokenHash, "hex"), now);
    if (session === null) return null;
    // The environment's password was changed since: that ends sessions which began with it.
    if (session.user.passwordHash === null && !timingSafeEqual(session.mark, Buffer.from(mark, "hex")))
      return null;
    if (peek) return { user: identityOf(session.user), expiresAt: iso(session.expiresAt) };
    const end = sessionEnd(session.createdAt, now);
    if (end - session.expiresAt > EXTEND_EVERY) await extendSession(db, session.tokenHash, end, now);
    return { user: identityOf(session.user), expiresAt: iso(Math.max(end, session.expiresAt)) };
  },

  logout: async ({ tokenHash, everywhere = false }, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    const id = await transaction(db, async (within) => {
      const owner = await deleteSession(within, Buffer.from(tokenHash, "hex"));
      if (owner === null || !everywhere) return owner;
      const sessions = 1 + (await deleteSessionsOf(within, owner));
      const { username: name, role } = await lockUser(within, owner);
      const actor = { kind: "user", id: owner, name, role } as const;
      const entry = { actor, action: "session.end", target: targetOf(owner), before: { sessions } };
      await audited(within, clock, ctx, entry);
      return owner;
    });
    if (id !== null) broadcast(ctx.broker, "access.changed", { kind: "user", id });
    return {};
  },

  listSessions: async ({ userId, current }, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    const sessions = await listSessions(db, await userOf(db, ctx, userId), clock.now());
    return { items: sessions.map((session) => sessionItem(session, current)), nextCursor: null };
  },

  endSessions: async ({ userId, id: session }, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    const id = await userOf(db, ctx, userId);
    await transaction(db, async (within) => {
      const all = await listSessions(within, id, clock.now());
      const ending = all.filter(
        ({ tokenHash }) => session === undefined || sessionIdOf(tokenHash) === session,
      );
      if (session !== undefined && ending.length === 0) throw new BidaError("not_found", "No such session");
      if (session === undefined) await deleteSessionsOf(within, id);
      else for (const { tokenHash } of ending) await deleteSession(within, tokenHash);
      const entry = { action: "session.end", target: targetOf(id), before: { sessions: ending.length } };
      await audited(within, clock, ctx, entry);
    });
    broadcast(ctx.broker, "access.changed", { kind: "user", id });
    return {};
  },

  changePassword: async ({ current, newPassword: wanted, renewed }, ctx) => {
    const { resources, authenticator } = officeOf(ctx);
    const { db, clock } = resources;
    const given = { currentPassword: current.password, newPassword: wanted };
    const { newPassword } = parseWith(passwordSchema, given, "invalid_body");
    checkPassword(newPassword, current.username, "newPassword");
    // Counted as a login: a stolen session must not be a way to guess the password.
    const verified = await authenticator.verified(current, originOfCall(ctx));
    if (verified === null) throw wrongCurrent();
    const passwordHash = await authenticator.passwords.hash(newPassword);
    const { id } = verified;
    const session = await transaction(db, async (within) => {
      const before = await lockVerified(within, verified);
      if (before === null) throw wrongCurrent();
      const user = await writeUser(within, before, { passwordHash }, clock.now());
      await deleteSessionsOf(within, id);
      await audited(within, clock, ctx, { action: "user.password", target: targetOf(id) });
      const { sourceIp } = originOfCall(ctx);
      return renewed && begin(within, user, renewed, clock.now(), { sourceIp, userAgent: renewed.userAgent });
    });
    broadcast(ctx.broker, "access.changed", { kind: "user", id });
    return session;
  },
} satisfies Partial<ActionsOf<"admin">>;

const wrongPassword = () => new BidaError("unauthorized", "Wrong username or password");

const wrongCurrent = () =>
  new BidaError("invalid_body", undefined, { errors: [{ field: "currentPassword", message: "is wrong" }] });

/** The user whose sessions are asked for. @throws BidaError not_found; forbidden where who calls has none */
async function userOf(db: Database, ctx: BidaContext, userId: number | undefined): Promise<number> {
  const { kind, id } = actorOf(ctx);
  const wanted = userId ?? (kind === "user" ? id : null);
  if (wanted === null) throw new BidaError("forbidden", "Sessions are users'");
  if (!(await userExists(db, wanted))) throw new BidaError("not_found", "No such user");
  return wanted;
}

const sessionItem = (session: ListedSession, current: string | undefined): SessionItem => ({
  id: sessionIdOf(session.tokenHash),
  current: session.tokenHash.toString("hex") === current,
  createdAt: iso(session.createdAt),
  usedAt: iso(session.usedAt),
  expiresAt: iso(session.expiresAt),
  sourceIp: session.sourceIp,
  userAgent: session.userAgent,
});

const targetOf = (id: number) => ({ type: "user", id: String(id) });

async function begin(
  within: Database,
  user: User,
  { tokenHash, mark }: SessionProof,
  now: EpochMs,
  place: SessionPlace,
): Promise<SessionIdentity> {
  const expiresAt = sessionEnd(now, now);
  const [hash, proof] = [Buffer.from(tokenHash, "hex"), Buffer.from(mark, "hex")];
  await insertSession(within, { tokenHash: hash, user, mark: proof, createdAt: now, expiresAt }, place);
  return { user: identityOf(user), expiresAt: iso(expiresAt) };
}
