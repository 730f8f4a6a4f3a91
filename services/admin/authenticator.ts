/** Checks users' credentials: slowly on purpose, and not too often. */

import { networkOf } from "../../core/addresses.ts";
import type { AuditEntry } from "../../core/audit.ts";
import type { EpochMs } from "../../core/clock.ts";
import { BidaError, foundOrNull } from "../../core/errors.ts";
import {
  ACQUAINTANCE,
  type Attempts,
  FREE_PER_ACCOUNT,
  FREE_PER_ADDRESS,
  loginWait,
} from "../../core/logins.ts";
import type { Credentials, UserIdentity } from "../../core/people.ts";
import { TokenBucket } from "../../core/token-bucket.ts";
import { canonicalName } from "../../core/user-name.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Database } from "../../store/database.ts";
import { transaction } from "../../store/failures.ts";
import { noteFailure, noteSuccess, readAttempts } from "../../store/login-attempts.ts";
import { findUser, hasOwnAdmin, insertUser, lockUser, type User } from "../../store/users.ts";
import type { Resources } from "../node/resources.ts";
import { type Lane, Passwords, tooMany } from "./passwords.ts";

/** How old the memory of a success may be before it is renewed, in ms. */
const RENEW_SUCCESS = 24 * 3_600_000;
/** Of one account from one address, so many attempts may wait for their turn. */
const MAX_TURNS = 20;

/** Who stands behind a call, for the audit log. */
export type CallOrigin = Pick<AuditEntry, "actor" | "sourceIp" | "requestPath">;

/** What an attempt is counted under; `device` is null where the browser is not known. */
interface Keys {
  account: string;
  address: string;
  device: string | null;
}

/** At most so many failures per second and node are in the audit log: nobody may fill it. */
const AUDITS_PER_SECOND = 20;

const deviceKey = (username: string, device: string): string =>
  `${canonicalName(username)}\0device\0${device}`;

const isAcquainted = (attempts: Attempts | null, now: EpochMs): boolean =>
  attempts !== null && attempts.succeededAt !== null && now - attempts.succeededAt < ACQUAINTANCE;

export class Authenticator {
  readonly passwords = new Passwords();
  readonly #audits = new TokenBucket(AUDITS_PER_SECOND, performance.now());
  readonly #resources: Pick<Resources, "db" | "clock">;
  /** Ends of the queues, by key: without turns a burst of guesses would be checked before the first one is counted. */
  readonly #turns = new Map<string, { waiting: number; end: Promise<unknown> }>();

  constructor(resources: Pick<Resources, "db" | "clock">) {
    this.#resources = resources;
  }

  /**
   * The user whose credentials these are; null where they are wrong, or the user is disabled.
   * @throws BidaError too_many_requests after too many failures; unavailable
   */
  async authenticate(credentials: Credentials, origin: CallOrigin): Promise<UserIdentity | null> {
    const user = await this.verified(credentials, origin);
    return user && identityOf(user);
  }

  /** As {@link Authenticator.authenticate}: the user as it was when its password was found right, for {@link lockVerified}. */
  async verified(credentials: Credentials, origin: CallOrigin): Promise<User | null> {
    const address = networkOf(origin.sourceIp ?? "");
    const account = `${canonicalName(credentials.username)}\0${address}`;
    const device = await this.#deviceOf(credentials);
    // A browser that is known stands in a line of its own: what others do from the same address is not its fault.
    return this.#inTurn(device ?? account, () =>
      this.#check(credentials, origin, { account, address, device }),
    );
  }

  /** What a browser is counted under that this account has logged in with; null for any other. */
  async #deviceOf({ username, device }: Credentials): Promise<string | null> {
    if (!device) return null;
    const { db, clock } = this.#resources;
    const key = deviceKey(username, device);
    const [attempts = null] = await readAttempts(db, [key]);
    return isAcquainted(attempts, clock.now()) ? key : null;
  }

  async #check(
    credentials: Credentials,
    origin: CallOrigin,
    { account, address, device }: Keys,
  ): Promise<User | null> {
    const { db, clock } = this.#resources;
    const now = clock.now();
    const own = device ?? account;
    const [ofOwn = null, ofAddress = null] = await readAttempts(db, [own, address]);
    const isKnown = isAcquainted(ofOwn, now);
    const wait = Math.max(
      loginWait(ofOwn, FREE_PER_ACCOUNT, now),
      isKnown ? 0 : loginWait(ofAddress, FREE_PER_ADDRESS, now),
    );
    if (wait > 0) {
      const retryAfter = Math.ceil(wait / 1000);
      const limits = `${FREE_PER_ACCOUNT} for an account, ${FREE_PER_ADDRESS} from an address`;
      throw new BidaError(
        "too_many_requests",
        `Too many failed logins (${limits}): the next one has to wait`,
        {
          retryAfter,
        },
      );
    }
    const name = canonicalName(credentials.username);
    const lane: Lane = isKnown ? "known" : { account: name };
    const user =
      (await this.#find(credentials.username, name)) ??
      (await this.#adopted({ ...credentials, username: name }, origin, lane));
    if (user === null || !(await this.#isRight(user, credentials, lane)) || user.disabled) {
      await noteFailure(db, [own, address], clock.now());
      await this.#noteInAudit(user, origin);
      return null;
    }
    await this.#remember(own, ofOwn);
    if (credentials.device && device === null)
      await noteSuccess(db, deviceKey(credentials.username, credentials.device), clock.now());
    return user;
  }

  /** The name as it was typed goes first: users from before names were in one form keep theirs. */
  async #find(typed: string, name: string): Promise<User | null> {
    const { db } = this.#resources;
    return (await findUser(db, typed)) ?? (name === typed ? null : findUser(db, name));
  }

  async #remember(key: string, attempts: Attempts | null): Promise<void> {
    const now = this.#resources.clock.now();
    const { failures = 0, succeededAt = null } = attempts ?? {};
    if (failures > 0 || succeededAt === null || now - succeededAt > RENEW_SUCCESS)
      await noteSuccess(this.#resources.db, key, now);
  }

  /** Without the name that was given, unless there is such a user: people type passwords into the wrong field. */
  async #noteInAudit(user: User | null, origin: CallOrigin): Promise<void> {
    if (this.#audits.take(performance.now()) > 0) return;
    await recordAudit(this.#resources.db, {
      ...origin,
      at: this.#resources.clock.now(),
      actor: { kind: "user", id: null, name: "nobody", role: null },
      action: "login.refuse",
      target: { type: "login", id: user?.username ?? null },
    });
  }

  /** Whether the password is the user's own, or, where they have none, the environment's. */
  async #isRight(user: User, { password, environment }: Credentials, lane: Lane): Promise<boolean> {
    if (user.passwordHash === null && environment) return true;
    return this.passwords.verify(password, user.passwordHash, lane);
  }

  /**
   * The administrator of the environment becomes a user with the first login; later only where nobody else could
   * administrate, so one who was deleted stays away.
   */
  async #adopted(
    { username, password, environment }: Credentials,
    origin: CallOrigin,
    lane: Lane,
  ): Promise<User | null> {
    const { db, clock } = this.#resources;
    if (!environment || (await hasOwnAdmin(db))) {
      await this.passwords.verify(password, null, lane);
      return null;
    }
    const now = clock.now();
    const add = () =>
      transaction(db, async (within) => {
        const user = await insertUser(within, { username, role: "admin", passwordHash: null }, now);
        const actor = { kind: "node", id: null, name: "environment", role: null } as const;
        await recordAudit(within, {
          ...origin,
          at: now,
          actor,
          action: "user.create",
          target: { type: "user", id: String(user.id) },
          after: { username, role: "admin", environmentPassword: true },
        });
        return user;
      });
    return add().catch(async (error) => {
      // Two first logins at once.
      if (error instanceof BidaError && error.code === "conflict") return findUser(db, username);
      throw error;
    });
  }

  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#turns.get(key) ?? { waiting: 0, end: Promise.resolve() };
    if (queue.waiting >= MAX_TURNS) throw tooMany(MAX_TURNS);
    this.#turns.set(key, queue);
    queue.waiting += 1;
    const turn = queue.end.then(work);
    queue.end = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      queue.waiting -= 1;
      if (queue.waiting === 0) this.#turns.delete(key);
    }
  }
}

/**
 * Locks a user whose password was found right. Checking takes long, and an administrator may have set another password meanwhile, or
 * disabled or deleted the user: the old password must not begin a session then, nor set a new one.
 * @returns null where it is not right any more
 */
export async function lockVerified(within: Database, verified: User): Promise<User | null> {
  const user = await foundOrNull(lockUser(within, verified.id));
  const isRight = user !== null && !user.disabled && user.passwordHash === verified.passwordHash;
  return isRight ? user : null;
}

export const identityOf = (user: User): UserIdentity => ({
  userId: user.id,
  username: user.username,
  role: user.role,
  environmentPassword: user.passwordHash === null,
});
