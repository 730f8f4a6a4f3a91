/** Who is logged in, and what that one may do. */
import { api, setHooks } from "../api/client.ts";
import { ApiError } from "../api/problem.ts";
import type { Role, Session } from "../api/types.ts";
import { clock } from "./clock.svelte.ts";
import { connection } from "./connection.svelte.ts";

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** undefined: not known yet. */
let user = $state.raw<Session | null | undefined>(undefined);
let expired = $state(false);
let waiting: { promise: Promise<void>; resolve(): void; reject(error: Error): void } | null = null;

export const session = {
  get user() {
    return user;
  },
  /** The session ended while somebody worked: a dialog asks for the password, the page stays as it is. */
  get expired() {
    return expired;
  },
  can(role: Role): boolean {
    return user ? RANK[user.user.role] >= RANK[role] : false;
  },
  async load(): Promise<void> {
    try {
      user = await api((a) => a.GET("/v1/session"), { login: true });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.temporary) return;
      user = null;
    }
  },
  /** @throws ApiError where the name or the password is wrong */
  async login(username: string, password: string): Promise<void> {
    user = await api((a) => a.POST("/v1/session", { body: { username, password } }), { login: true });
    expired = false;
    waiting?.resolve();
    waiting = null;
  },
  async logout(): Promise<void> {
    try {
      await api((a) => a.DELETE("/v1/session"), { login: true });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    session.forget();
  },
  /** Back to the login page; requests that wait for a session are given up. */
  forget(): void {
    user = null;
    expired = false;
    waiting?.reject(new ApiError(401, "unauthorized", "logged out"));
    waiting = null;
  },
  passwordChanged(): void {
    if (user) user = { ...user, mustChangePassword: false };
  },
};

setHooks({
  reauthenticate() {
    if (!user) {
      user = null;
      return Promise.reject(new ApiError(401, "unauthorized", "not logged in"));
    }
    expired = true;
    waiting ??= Promise.withResolvers<void>();
    return waiting.promise;
  },
  answered(serverNow) {
    if (serverNow !== null) clock.compare(serverNow);
  },
  unreachable() {
    connection.lost();
  },
});
