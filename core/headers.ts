/** Which request headers a caller may set on its callbacks. */

/** Connection-level headers (RFC 9110, section 7.6.1) and those that frame the message: they are the client's business. */
const TRANSPORT = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "host",
  "content-length",
]);

/** Receivers trust these to come from Bida. */
const OURS = /^(webhook-(id|timestamp|signature)|bida-.*)$/;

/** Why `name: value` may not be sent; null where it may. */
export function headerProblem(name: string, value: string): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name)) return "is not a valid header name";
  const lower = name.toLowerCase();
  if (TRANSPORT.has(lower)) return "is set by the HTTP client and cannot be given";
  if (OURS.test(lower)) return "is Bida's own and cannot be given";
  // RFC 9110, section 5.5: visible characters, spaces, tabs; the client sends them as Latin-1.
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return "has characters that a header cannot carry";
  return null;
}
