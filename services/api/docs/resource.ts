/** Something that never changes while the process lives, kept in memory, also compressed. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

export interface Resource {
  type: string;
  body: Buffer;
  zipped: Buffer;
  etag: string;
}

/** Our own files only. Images may be data: Swagger UI's icons are. */
const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
  vary: "accept-encoding",
};

export async function resourceOf(type: string, content: string | Buffer): Promise<Resource> {
  const body = Buffer.from(content);
  // Weak: the same for both encodings (RFC 9110, section 8.8.1).
  const etag = `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return { type, body, zipped: await promisify(gzip)(body), etag };
}

/** Answers with it, or with 304 where the caller has it already. */
export function sendResource(req: IncomingMessage, res: ServerResponse, resource: Resource): void {
  for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value);
  res.setHeader("etag", resource.etag);
  const known = (req.headers["if-none-match"] ?? "").split(",").map((tag) => tag.trim());
  if (known.includes(resource.etag) || known.includes("*")) {
    res.statusCode = 304;
    res.end();
    return;
  }
  res.statusCode = 200;
  res.setHeader("content-type", resource.type);
  const zipped = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(
    String(req.headers["accept-encoding"] ?? ""),
  );
  if (zipped) res.setHeader("content-encoding", "gzip");
  const body = zipped ? resource.zipped : resource.body;
  res.setHeader("content-length", body.length);
  res.end(body);
}
