/** Who is logged in, and what that one may do. */
import { api, setHooks } from "../api/client.ts";
import { ApiError } from "../api/problem.ts";
import type { Role, Session } from "../api/types.ts";
import { belongings } from "./belongings.ts";
import { clock } from "./clock.svelte.ts";
import { connection } from "./connection.svelte.ts";

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** undefined: not known yet. */
let user = $state.raw<Session | null | undefined>(undefined);
let expired = $state(false);
let waiting: { promise: Promise<void>; resolve(): void; reject(error: Error): void } | null = null;

/** While nobody knows who is logged in, and the server cannot say just now. */
const ASK_AGAIN = 2_000;
let timer: ReturnType<typeof setTimeout> | undefined;

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
  /** Asks who is logged in. */
  async load(): Promise<void> {
    const { era } = belongings;
    try {
      const found = await api((a) => a.GET("/v1/session"), { login: true });
      if (era === belongings.era) take(found);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (era !== belongings.era) return;
      // Somebody who works goes on: their next request says whether the session has ended.
      if (!error.temporary) user ??= null;
      else if (!user) {
        clearTimeout(timer);
        timer = setTimeout(() => user || void session.load(), ASK_AGAIN);
      }
    }
  },
  /** @throws ApiError where the name or the password is wrong */
  async login(username: string, password: string): Promise<void> {
    take(await api((a) => a.POST("/v1/session", { body: { username, password } }), { login: true }));
  },
  async logout(): Promise<void> {
    try {
      await api((a) => a.DELETE("/v1/session"), { login: true });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    session.forget();
  },
  /** Back to the login page, with nothing left of the user. */
  forget(): void {
    user = null;
    letGo();
    belongings.clear();
  },
  passwordChanged(): void {
    if (user) user = { ...user, mustChangePassword: false };
  },
};

/** The session is this one now. Where it is somebody else's, nothing is left of the user before. */
function take(found: Session): void {
  if (user && user.user.id !== found.user.id) {
    letGo();
    belongings.clear();
  }
  belongings.take(found.user.id);
  user = found;
  expired = false;
  waiting?.resolve();
  waiting = null;
}

/** Requests that wait for a session are given up. */
function letGo(): void {
  expired = false;
  waiting?.reject(new ApiError(401, "unauthorized", "logged out"));
  waiting = null;
}

// All tabs have one session: somebody else may have logged in from another one meanwhile.
document.addEventListener("visibilitychange", () => {
  if (user && !document.hidden) void session.load();
});

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
  doubtful() {
    connection.doubt();
  },
  era: () => belongings.era,
});
