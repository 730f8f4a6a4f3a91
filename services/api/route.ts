/**
 * The routes of the REST door, declared: who may, what goes in and what comes out. The gateway is wired from these
 * declarations and the OpenAPI document is written from them, so that the two cannot differ.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServiceBroker } from "moleculer";
import type { z } from "zod";
import { type Access, isAllowed } from "../../core/caller.ts";
import { BidaError } from "../../core/errors.ts";
import type { CallMeta } from "../lib/bus.ts";
import { type BodySize, readJson } from "./body.ts";
import type { Caller, Callers } from "./caller.ts";

/** A request as moleculer-web hands it on: path parameters and query are parsed. */
export interface GatewayRequest extends IncomingMessage {
  $params: { params: Record<string, string>; query: Record<string, unknown> };
}

export type GatewayHandler = (
  req: GatewayRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** What a handler gets. */
export interface RestCall {
  broker: ServiceBroker;
  params: Record<string, string>;
  query: Record<string, unknown>;
  /** Parsed JSON, not checked: the action does that. Undefined without a body. */
  body: unknown;
  meta: CallMeta & Caller;
  req: GatewayRequest;
  res: ServerResponse;
}

export interface Route {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** As OpenAPI writes it: `/v1/tasks/{taskId}`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  access: Access;
  /** The schema that the action checks the query with. */
  query?: z.ZodType;
  body?: {
    schema: z.ZodType;
    size?: BodySize;
    /** It may be missing. */
    optional?: boolean;
  };
  answer: {
    /** Default 200. */
    status?: number;
    description: string;
    schema?: z.ZodType;
    /** Where it is not JSON: the handler writes the answer itself. */
    contentType?: string;
  };
  /** What it returns is sent as JSON. */
  handler: (call: RestCall) => Promise<unknown>;
}

/** The gateway's own form of the routes: `METHOD /path/:param` → handler. */
export function aliasesOf(
  routes: Route[],
  broker: ServiceBroker,
  callers: Callers,
): Record<string, GatewayHandler> {
  const aliases = routes.map((route) => [
    `${route.method} ${route.path.replace(/\{(\w+)\}/g, ":$1")}`,
    handlerOf(route, broker, callers),
  ]);
  return Object.fromEntries(aliases);
}

/** Authenticates, then reads the body, then calls the handler. */
function handlerOf(route: Route, broker: ServiceBroker, callers: Callers): GatewayHandler {
  return (req, res, next) => {
    answer(req, res).catch(next);
  };

  async function answer(req: GatewayRequest, res: ServerResponse): Promise<void> {
    const caller = await callers.identify(req);
    if (!isAllowed(caller.actor, route.access)) throw new BidaError("forbidden", forbidden(route.access));
    const meta: RestCall["meta"] = { ...caller, sourceIp: callers.addressOf(req) };
    const key = req.headers["idempotency-key"];
    if (typeof key === "string") meta.idempotencyKey = key;
    const body = await bodyOf(req, res);
    const { params, query } = req.$params;
    const result = await route.handler({ broker, params, query, body, meta, req, res });
    if (route.answer.contentType !== undefined) return;
    res.statusCode = route.answer.status ?? 200;
    res.setHeader("content-type", "application/json; charset=utf-8");
    res.end(JSON.stringify(result));
  }

  async function bodyOf(req: GatewayRequest, res: ServerResponse): Promise<unknown> {
    if (!route.body) return undefined;
    const body = await readJson(req, res, route.body.size ?? "small");
    if (!(route.body.optional && body === undefined)) checkObject(body);
    return body;
  }
}

const forbidden = ({ role, apps }: Access): string =>
  `This is for users with the role ${role}${role === "admin" ? "" : " or above"}${apps ? " and for apps" : ""}`;

function checkObject(body: unknown): void {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return;
  const errors = [{ field: "body", message: "must be a JSON object" }];
  throw new BidaError("invalid_task", undefined, { errors });
}

/** A query string's values are text; these parameters are numbers, where they look like one. */
export function withNumbers(query: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  const typed = { ...query };
  for (const name of names) if (/^\d+$/.test(String(typed[name]))) typed[name] = Number(typed[name]);
  return typed;
}
