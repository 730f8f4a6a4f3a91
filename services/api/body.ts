/** Reads request bodies. Called after authentication: strangers cannot make us parse anything. */
import type { IncomingMessage, ServerResponse } from "node:http";
import ApiGateway from "moleculer-web";
import { BidaError } from "../../core/errors.ts";
import { refusalOf } from "./problem.ts";

/** What is read of a request, in bytes. A payload of 1 MiB can take six times that as JSON (`\\u0000`). */
const LIMITS = { small: 256 * 1024, task: 7 * 1024 * 1024, batch: 16 * 1024 * 1024 };
export type BodySize = keyof typeof LIMITS;

const isJson = (req: IncomingMessage): boolean =>
  /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(req.headers["content-type"] ?? "");

const parser = (limit: number) => ApiGateway.bodyParser.json({ limit, type: isJson, strict: false });
const parsers = { small: parser(LIMITS.small), task: parser(LIMITS.task), batch: parser(LIMITS.batch) };

/**
 * The JSON in a request's body; undefined where it has none.
 * @throws BidaError invalid_json, body_too_large, unsupported_media_type
 */
export function readJson(req: IncomingMessage, res: ServerResponse, size: BodySize): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // Without waiting for the rest of it.
    if (Number(req.headers["content-length"]) > LIMITS[size]) return reject(new BidaError("body_too_large"));
    // Not for the parser, which makes an empty object of nothing.
    if (!hasBody(req)) return resolve(undefined);
    if (!isJson(req)) return reject(new BidaError("unsupported_media_type"));
    parsers[size](req as never, res as never, (error: unknown) => {
      if (error) reject(refusalOf(error));
      else resolve((req as { body?: unknown }).body);
    });
  });
}

/** About how many bytes a request's body has; a guess where it does not say. */
export const sizeOf = (req: IncomingMessage): number => Number(req.headers["content-length"] ?? 16_384);

const hasBody = (req: IncomingMessage): boolean =>
  Number(req.headers["content-length"] ?? 0) > 0 || req.headers["transfer-encoding"] !== undefined;
