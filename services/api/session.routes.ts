/** `/v1/session`: how the UI logs in. */
import { BidaError } from "../../core/errors.ts";
import type { SessionIdentity, SessionView } from "../../core/people.ts";
import { pageOf } from "../../core/schema/parts.ts";
import {
  loginSchema,
  logoutQuerySchema,
  passwordSchema,
  sessionItemSchema,
  sessionSchema,
} from "../../core/schema/session.ts";
import { parseWith } from "../../core/task-schema.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { cookieOf, deviceCookieOf, hashOf, newToken } from "./cookie.ts";
import { numberOf } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Session";
/** Every user. */
const USER = { role: "viewer" } as const;
const ADMIN = { role: "admin" } as const;

export const sessionRoutes: Route[] = [
  {
    method: "POST",
    path: "/v1/session",
    tag,
    summary: "Log in",
    description:
      "Sets the cookie `bida_session`, behind TLS `__Host-bida_session`, and `bida_device`, by which the browser is known again. A session that the browser had ends.",
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
    description:
      "Done as well where there is no session. `everywhere=true`: all sessions of the same user end.",
    access: null,
    query: logoutQuerySchema,
    answer: { status: 204, description: "Done" },
    handler: async (rest) => {
      const { everywhere } = parseWith(logoutQuerySchema, rest.query, "invalid_query");
      const token = rest.callers.tokenOf(rest.req);
      if (token !== null) {
        const params = { tokenHash: hashOf(token), everywhere: everywhere === "true" };
        await call(rest.broker, "admin.logout", params, { meta: rest.meta });
      }
      setCookies(rest, null);
    },
  },
  {
    method: "GET",
    path: "/v1/sessions",
    tag,
    summary: "One's own sessions",
    description: "The newest first; all of them, at most 100.",
    access: USER,
    answer: { description: "The sessions", schema: pageOf(sessionItemSchema) },
    handler: ({ broker, meta, login: by }) =>
      read(broker, "admin.listSessions", by?.session ? { current: hashOf(by.session.token) } : {}, { meta }),
  },
  {
    method: "DELETE",
    path: "/v1/sessions/{sessionId}",
    tag,
    summary: "End one of one's own sessions",
    access: USER,
    answer: { status: 204, description: "Done" },
    handler: ({ broker, params, meta }) =>
      call(broker, "admin.endSessions", { id: params.sessionId ?? "" }, { meta }),
  },
  {
    method: "GET",
    path: "/v1/users/{id}/sessions",
    tag,
    summary: "A user's sessions",
    access: ADMIN,
    answer: { description: "The sessions", schema: pageOf(sessionItemSchema) },
    handler: ({ broker, params, meta }) =>
      read(broker, "admin.listSessions", { userId: numberOf(params.id) }, { meta }),
  },
  {
    method: "DELETE",
    path: "/v1/users/{id}/sessions",
    tag,
    summary: "End all sessions of a user",
    access: ADMIN,
    answer: { status: 204, description: "Done" },
    handler: ({ broker, params, meta }) =>
      call(broker, "admin.endSessions", { userId: numberOf(params.id) }, { meta }),
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
  const former = callers.tokenOf(rest.req);
  const device = callers.deviceOf(rest.req) ?? newToken();
  const params = { username, password, environment, ...callers.proofOf(token) };
  const place = { device: hashOf(device), ends: former && hashOf(former), userAgent: userAgentOf(rest) };
  const session = await call(broker, "admin.login", params, { meta: { ...meta, loginPlace: place } });
  setCookies(rest, token, device);
  return viewOf(session, callers);
}

async function changePassword(rest: RestCall): Promise<void> {
  const { broker, callers, meta } = rest;
  const { currentPassword, newPassword } = parseWith(passwordSchema, rest.body, "invalid_body");
  const { name: username } = meta.actor;
  const environment = callers.isAdmin(username, currentPassword);
  const token = rest.login?.session ? newToken() : null;
  const renewed = token === null ? null : { ...callers.proofOf(token), userAgent: userAgentOf(rest) };
  const current = { username, password: currentPassword, environment };
  await call(broker, "admin.changePassword", { current, newPassword, renewed }, { meta });
  if (token !== null) setCookies(rest, token);
}

function viewOf({ user, expiresAt }: SessionIdentity, callers: RestCall["callers"]): SessionView {
  const { userId: id, username, role } = user;
  return { user: { id, username, role }, expiresAt, mustChangePassword: callers.hasDefaultPassword(user) };
}

const userAgentOf = ({ req }: RestCall): string | null => req.headers["user-agent"] ?? null;

/** @param device a token to know the browser by; without it that cookie stays as it is */
function setCookies({ req, res, callers }: RestCall, token: string | null, device?: string): void {
  const secure = callers.isSecure(req);
  const session = cookieOf(token, secure);
  res.setHeader("set-cookie", device === undefined ? session : [session, deviceCookieOf(device, secure)]);
}
