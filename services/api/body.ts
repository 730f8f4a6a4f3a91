/** Reads request bodies. Called after authentication: strangers cannot make us parse anything. */
import type { IncomingMessage, ServerResponse } from "node:http";
import ApiGateway from "moleculer-web";
import { BidaError } from "../../core/errors.ts";
import { refusalOf } from "./problem.ts";

/** A task may carry a body of 1 MiB inside its JSON. */
const MAX_TASK = 1024 * 1024;
const MAX_BATCH = 8 * 1024 * 1024;

const isJson = (req: IncomingMessage): boolean =>
  /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(req.headers["content-type"] ?? "");

const parser = (limit: number) => ApiGateway.bodyParser.json({ limit, type: isJson, strict: false });
const parsers = { task: parser(MAX_TASK), batch: parser(MAX_BATCH) };

/**
 * The JSON in a request's body; undefined where it has none.
 * @throws BidaError invalid_json, body_too_large, unsupported_media_type
 */
export function readJson(
  req: IncomingMessage,
  res: ServerResponse,
  size: keyof typeof parsers,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (hasBody(req) && !isJson(req)) return reject(new BidaError("unsupported_media_type"));
    parsers[size](req as never, res as never, (error: unknown) => {
      if (error) reject(refusalOf(error));
      else resolve((req as { body?: unknown }).body);
    });
  });
}

const hasBody = (req: IncomingMessage): boolean =>
  Number(req.headers["content-length"] ?? 0) > 0 || req.headers["transfer-encoding"] !== undefined;
