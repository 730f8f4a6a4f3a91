/** Headers of every answer, whatever it is. */
import type { ServerResponse } from "node:http";

/** A year, as browsers' lists ask for. Not for subdomains: those are other people's services. */
const HSTS = "max-age=31536000";

/** @param isSecure the caller came over TLS, through a proxy that is trusted (RFC 6797, section 7.2: never say it otherwise) */
export function setSafeHeaders(res: ServerResponse, isSecure: boolean): void {
  // Payloads of others are shown as what they are said to be, and never run as a script.
  res.setHeader("x-content-type-options", "nosniff");
  if (isSecure) res.setHeader("strict-transport-security", HSTS);
}
