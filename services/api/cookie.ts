/** The session cookie, and the proof that a request with it comes from our own pages. */
import { createHash, createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BidaError } from "../../core/errors.ts";
import { SESSION_MAX } from "../../core/logins.ts";
import type { SessionProof } from "../../core/people.ts";

const NAME = "bida_session";

export const newToken = (): string => randomBytes(32).toString("base64url");

/** The session token that a request carries; null where it has none that could be ours. */
export function tokenOf(req: IncomingMessage): string | null {
  const found = /(?:^|;)\s*bida_session=([\w-]{43})\s*(?:;|$)/.exec(req.headers.cookie ?? "");
  return found?.[1] ?? null;
}

/** What the admin service gets instead of the token. */
export const proofOf = (token: string, environmentPassword: string): SessionProof => ({
  tokenHash: createHash("sha256").update(token).digest("hex"),
  mark: createHmac("sha256", token).update(environmentPassword).digest("hex"),
});

/** The value of `Set-Cookie`. @param token null: takes the cookie away */
export function cookieOf(token: string | null, secure: boolean): string {
  const age = token === null ? 0 : SESSION_MAX / 1000;
  const always = `${NAME}=${token ?? ""}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}`;
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
