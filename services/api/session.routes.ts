/** `/v1/session`: how the UI logs in. */
import { BidaError } from "../../core/errors.ts";
import type { SessionIdentity, SessionView } from "../../core/people.ts";
import { loginSchema, passwordSchema, sessionSchema } from "../../core/schema/session.ts";
import { parseWith } from "../../core/task-schema.ts";
import { call } from "../bus/call.ts";
import { cookieOf, newToken, tokenOf } from "./cookie.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Session";
/** Every user. */
const USER = { role: "viewer" } as const;

export const sessionRoutes: Route[] = [
  {
    method: "POST",
    path: "/v1/session",
    tag,
    summary: "Log in",
    description: "Sets the cookie `bida_session`.",
    access: null,
    body: { schema: loginSchema },
    answer: { description: "Who is logged in", schema: sessionSchema },
    refusals: ["unauthorized", "forbidden", "too_many_requests"],
    handler: login,
  },
  {
    method: "GET",
    path: "/v1/session",
    tag,
    summary: "Who am I",
    access: USER,
    answer: { description: "Who is logged in", schema: sessionSchema },
    handler: async ({ callers, meta, login: by }) => {
      const { id, name: username, role } = meta.actor;
      if (!by || id === null || role === null) throw new BidaError("unauthorized");
      const mustChangePassword = callers.hasDefaultPassword(by);
      const expiresAt = by.session?.expiresAt ?? null;
      return { user: { id, username, role }, expiresAt, mustChangePassword } satisfies SessionView;
    },
  },
  {
    method: "DELETE",
    path: "/v1/session",
    tag,
    summary: "Log out",
    description: "Done as well where there is no session.",
    access: null,
    answer: { status: 204, description: "Done" },
    handler: async (rest) => {
      const token = tokenOf(rest.req);
      if (token !== null) {
        const { tokenHash } = rest.callers.proofOf(token);
        await call(rest.broker, "admin.logout", { tokenHash }, { meta: rest.meta });
      }
      setCookie(rest, null);
    },
  },
  {
    method: "POST",
    path: "/v1/session/password",
    tag,
    summary: "Change one's own password",
    description: "Ends all sessions of the user; a request with the cookie gets a new one.",
    access: USER,
    body: { schema: passwordSchema },
    answer: { status: 204, description: "Done" },
    handler: changePassword,
  },
];

async function login(rest: RestCall): Promise<SessionView> {
  const { broker, callers, meta } = rest;
  const { username, password } = parseWith(loginSchema, rest.body, "invalid_body");
  const token = newToken();
  const environment = callers.isAdmin(username, password);
  const params = { username, password, environment, ...callers.proofOf(token) };
  const session = await call(broker, "admin.login", params, { meta });
  setCookie(rest, token);
  return viewOf(session, callers);
}

async function changePassword(rest: RestCall): Promise<void> {
  const { broker, callers, meta } = rest;
  const { currentPassword, newPassword } = parseWith(passwordSchema, rest.body, "invalid_body");
  const { name: username } = meta.actor;
  const environment = callers.isAdmin(username, currentPassword);
  const token = rest.login?.session ? newToken() : null;
  const renewed = token === null ? null : callers.proofOf(token);
  const current = { username, password: currentPassword, environment };
  await call(broker, "admin.changePassword", { current, newPassword, renewed }, { meta });
  if (token !== null) setCookie(rest, token);
}

function viewOf({ user, expiresAt }: SessionIdentity, callers: RestCall["callers"]): SessionView {
  const { userId: id, username, role } = user;
  return { user: { id, username, role }, expiresAt, mustChangePassword: callers.hasDefaultPassword(user) };
}

const setCookie = ({ req, res, callers }: RestCall, token: string | null): void => {
  res.setHeader("set-cookie", cookieOf(token, callers.isSecure(req)));
};
