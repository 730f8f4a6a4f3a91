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

/** In every call: the number of the attempt. */
export const ATTEMPT_HEADER = "bida-attempt";

/** Codings of an answer's content that Bida decodes (`actors/content-coding.ts`), each by all of its names. */
export const CONTENT_CODINGS = ["gzip", "x-gzip", "deflate", "br", "zstd"] as const;
export type ContentCoding = (typeof CONTENT_CODINGS)[number];

/** Sent with every call whose task does not say otherwise. */
export const ACCEPT_ENCODING = "gzip, deflate, br, zstd";

/** Why `name: value` may not be sent; null where it may. */
export function headerProblem(name: string, value: string): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name)) return "is not a valid header name";
  const lower = name.toLowerCase();
  if (TRANSPORT.has(lower)) return "is set by the HTTP client and cannot be given";
  if (OURS.test(lower)) return "is Bida's own and cannot be given";
  // RFC 9110, section 5.5: visible characters, spaces, tabs; the client sends them as Latin-1.
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return "has characters that a header cannot carry";
  if (lower === "accept-encoding") return acceptEncodingProblem(value);
  return null;
}

/** An element of `accept-encoding` (RFC 9110, section 12.5.3): a coding or `*`, perhaps with a weight. */
const ACCEPTED_CODING = /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:[\t ]*;[\t ]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/** An answer in a coding that Bida cannot decode would be a failed call each time. */
function acceptEncodingProblem(value: string): string | null {
  for (const element of value.split(",").map((one) => one.trim())) {
    if (element === "") continue;
    const [, coding = "", weight = "1"] = ACCEPTED_CODING.exec(element) ?? [];
    if (coding === "")
      return `has ${JSON.stringify(element)}, which is no coding with an optional weight (;q=0.5)`;
    const known: readonly string[] = [...CONTENT_CODINGS, "identity"];
    if (Number(weight) > 0 && !known.includes(coding.toLowerCase()))
      return `asks for ${coding === "*" ? "any coding (*)" : coding}; Bida can decode ${ACCEPT_ENCODING}`;
  }
  return null;
}
