/**
 * The console's files (`ui/dist`), under every address that is not the API's: hashed files are kept by browsers for ever,
 * `index.html` is asked for each time. All files are listed at the start; a path can reach no other.
 */
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
import sirv from "sirv";
import { BidaError } from "../../core/errors.ts";
import { NO_PATH } from "./problem.ts";
import type { GatewayHandler } from "./route.ts";

const YEAR = 365 * 86_400;

/** No script and no style but our own files; in no frame of another site. */
export const SECURITY_HEADERS = {
  "content-security-policy": [
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
    "object-src 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/** Addresses that are never the console's, whatever a browser asks for. */
const NOT_OURS = /^\/(v1|api|docs|openapi\.json|metrics|healthz|readyz)(\/|$)/;

/** To be listed after all other routes: it answers whatever is left. */
export function consoleRoutes(folder: string): Record<string, GatewayHandler> {
  const files = existsSync(join(folder, "index.html")) ? listed(folder) : null;

  const handler: GatewayHandler = (req, res, next) => {
    res.once("pipe", (file: Readable) => follow(file, res));
    const path = new URL(req.url ?? "/", "http://localhost").pathname;
    const missing = () => next(new BidaError("not_found", NO_PATH));
    if (NOT_OURS.test(path)) return missing();
    if (!files) return isNavigation(req) ? sendNotBuilt(res) : missing();
    files(req, res, () => {
      // The console's own addresses are no files: the page finds out what to show.
      if (!isNavigation(req) || path.startsWith("/assets/")) return missing();
      req.url = "/";
      files(req, res, missing);
    });
  };
  return { "GET /": handler, "GET /*path": handler, "HEAD /": handler, "HEAD /*path": handler };
}

/** The file may be gone since it was listed, as in a new build; and one that nobody reads any more would stay open. */
function follow(file: Readable, res: ServerResponse): void {
  file.on("error", () => res.destroy());
  res.once("close", () => file.destroy());
}

function listed(folder: string) {
  return sirv(folder, {
    etag: true,
    brotli: true,
    gzip: true,
    setHeaders(res, path) {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) res.setHeader(name, value);
      res.setHeader(
        "cache-control",
        path.startsWith("/assets/") ? `public, max-age=${YEAR}, immutable` : "no-cache",
      );
    },
  });
}

/** A browser that goes to an address, and not a script, an image or a program that asks for one. */
const isNavigation = (req: IncomingMessage): boolean => (req.headers.accept ?? "").includes("text/html");

function sendNotBuilt(res: ServerResponse): void {
  res.statusCode = 503;
  res.setHeader("content-type", "text/plain; charset=utf-8");
  res.end("The console is not built. `npm start` builds it; the API works without it.\n");
}
