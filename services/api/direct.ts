/**
 * The short way to the API's hot routes. The gateway tries one pattern after another, makes a context and calls an action
 * of its own before it comes to a handler that needs none of it: a quarter of what a `POST /v1/tasks` costs here. A POST
 * whose path has no parameters is found in a table instead; its handler, its refusals and its errors are the same.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GatewayHandler, GatewayRequest } from "./route.ts";

type Direct = Map<string, GatewayHandler>;

/** @param aliases as the gateway takes them, below `path` */
export function directOf(path: string, aliases: Record<string, GatewayHandler>): [string, GatewayHandler][] {
  return Object.entries(aliases).flatMap(([alias, handler]) => {
    const [method = "", below = ""] = alias.split(" ");
    return method === "POST" && !/[:*]/.test(below) ? [[`POST ${path}${below}`, handler]] : [];
  });
}

/** @returns false where the gateway has to look: another method, path parameters, a query */
export function serveDirectly(
  direct: Direct,
  req: IncomingMessage,
  res: ServerResponse,
  onError: (error: unknown) => void,
): boolean {
  const handler = req.method === "POST" && direct.get(`POST ${req.url}`);
  if (!handler) return false;
  const request = req as GatewayRequest;
  request.$params = { params: {}, query: {} };
  handler(request, res, onError);
  return true;
}
