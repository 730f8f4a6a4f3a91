/** From an HTTP request to a typed call and back: what all v1 routes share. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServiceBroker } from "moleculer";
import { BidaError } from "../../core/errors.ts";
import type { Scope } from "../../store/scope.ts";
import type { CallMeta } from "../lib/bus.ts";
import { readJson } from "./body.ts";
import type { Callers } from "./caller.ts";

/** A request as moleculer-web hands it on: path parameters and query are parsed. */
export interface GatewayRequest extends IncomingMessage {
  $params: { params: Record<string, string>; query: Record<string, unknown> };
}

/** What a handler gets. */
export interface RestCall {
  broker: ServiceBroker;
  params: Record<string, string>;
  query: Record<string, unknown>;
  /** Parsed JSON; undefined without a body. */
  body: unknown;
  meta: CallMeta & { scope: Scope };
}

export type RestHandler = (call: RestCall) => Promise<unknown>;
export type GatewayHandler = (
  req: GatewayRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

export interface RestOptions {
  /** Of the answer; default 200. */
  status?: number;
  body?: "task" | "batch";
  /** The body may be missing. */
  optional?: boolean;
}

/** Authenticates, then reads the body, then calls `handler`, and answers with what it returns as JSON. */
export function rest(
  broker: ServiceBroker,
  callers: Callers,
  handler: RestHandler,
  options: RestOptions = {},
): GatewayHandler {
  return (req, res, next) => {
    answer(req, res).catch(next);
  };

  async function answer(req: GatewayRequest, res: ServerResponse): Promise<void> {
    const meta: RestCall["meta"] = { scope: await callers.scopeOf(req), sourceIp: callers.addressOf(req) };
    const key = req.headers["idempotency-key"];
    if (typeof key === "string") meta.idempotencyKey = key;
    const body = options.body ? await readJson(req, res, options.body) : undefined;
    if (options.body && !(options.optional && body === undefined)) checkObject(body);
    const { params, query } = req.$params;
    const result = await handler({ broker, params, query, body, meta });
    res.statusCode = options.status ?? 200;
    res.setHeader("content-type", "application/json; charset=utf-8");
    res.end(JSON.stringify(result));
  }
}

function checkObject(body: unknown): void {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return;
  const errors = [{ field: "body", message: "must be a JSON object" }];
  throw new BidaError("invalid_task", undefined, { errors });
}
