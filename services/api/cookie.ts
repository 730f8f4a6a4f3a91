/** The session cookie and the cookie that knows a browser again, and the proof that a request comes from our own pages. */
import { createHash, createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BidaError } from "../../core/errors.ts";
import { ACQUAINTANCE, SESSION_MAX } from "../../core/logins.ts";
import type { SessionProof } from "../../core/people.ts";

/** Our cookies: the session, and the browser that logged in before (`core/logins.ts`, {@link ACQUAINTANCE}). */
const LIFETIMES = { bida_session: SESSION_MAX, bida_device: ACQUAINTANCE };
type CookieName = keyof typeof LIFETIMES;

export const newToken = (): string => randomBytes(32).toString("base64url");

/**
 * A cookie's name. With `__Host-` a browser takes it over https only, and from this very host (RFC 6265bis, section
 * 4.1.3.2): neither a neighbour below the same domain nor somebody on the wire can plant one.
 */
const nameOf = (name: CookieName, secure: boolean): string => (secure ? `__Host-${name}` : name);

/** The session token that a request carries; null where it has none that could be ours. */
export const tokenOf = (req: IncomingMessage, secure: boolean): string | null =>
  tokenNamed(nameOf("bida_session", secure), req);

/** The token of the browser; null where it has none that could be ours. */
export const deviceOf = (req: IncomingMessage, secure: boolean): string | null =>
  tokenNamed(nameOf("bida_device", secure), req);

function tokenNamed(name: string, { headers: { cookie } }: IncomingMessage): string | null {
  // Of apps and other programs, which send none: nearly all requests.
  if (cookie === undefined) return null;
  const found = new RegExp(`(?:^|;)\\s*${name}=([\\w-]{43})\\s*(?:;|$)`).exec(cookie);
  return found?.[1] ?? null;
}

/** What is stored instead of a token. */
export const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

/** What the admin service gets instead of the token. */
export const proofOf = (token: string, environmentPassword: string): SessionProof => ({
  tokenHash: hashOf(token),
  mark: createHmac("sha256", token).update(environmentPassword).digest("hex"),
});

/** The value of `Set-Cookie`. @param token null: takes the cookie away */
export const cookieOf = (token: string | null, secure: boolean): string =>
  setCookie("bida_session", token, secure);

/** {@link cookieOf} for the browser's token. */
export const deviceCookieOf = (token: string, secure: boolean): string =>
  setCookie("bida_device", token, secure);

function setCookie(name: CookieName, token: string | null, secure: boolean): string {
  const age = token === null ? 0 : LIFETIMES[name] / 1000;
  const always = `${nameOf(name, secure)}=${token ?? ""}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}`;
  return secure ? `${always}; Secure` : always;
}

/**
 * Refuses changes that another site's page may have sent with our cookie. Browsers say where a request comes from in
 * `Sec-Fetch-Site` (on https and loopback) or `Origin` (everywhere, with anything but GET and HEAD).
 * @param strict neither is there: true refuses
 * @throws BidaError forbidden
 */
export function checkSameOrigin(req: IncomingMessage, strict: boolean): void {
  const { origin, host } = req.headers;
  const site = req.headers["sec-fetch-site"];
  const isOurs =
    site !== undefined
      ? site === "same-origin"
      : origin !== undefined
        ? URL.parse(origin)?.host === host?.toLowerCase()
        : !strict;
  if (!isOurs) throw new BidaError("forbidden", "A request with the session cookie must come from this site");
}
