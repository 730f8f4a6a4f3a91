/**
 * The routes of the REST API, declared: who may, what goes in and what comes out. The gateway is wired from these
 * declarations and the OpenAPI document is written from them, so the two cannot differ.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServiceBroker } from "moleculer";
import { z } from "zod";
import { networkOf } from "../../core/addresses.ts";
import { type Access, callerKey, isAllowed } from "../../core/caller.ts";
import { BidaError, type RefusalCode } from "../../core/errors.ts";
import { parseWith } from "../../core/task-schema.ts";
import type { CallMeta } from "../bus/types.ts";
import { type BodySize, readText, readValue } from "./body.ts";
import { type Caller, type Callers, type Login, NOBODY } from "./caller.ts";
import { checkSameOrigin } from "./cookie.ts";
import { Refusals } from "./refusals.ts";
import { requestIdOf } from "./request-id.ts";

/** A request as moleculer-web hands it on: path parameters and query are parsed. */
export interface GatewayRequest extends IncomingMessage {
  $params: { params: Record<string, string>; query: Record<string, unknown> };
  /** With the query; moleculer-web cuts `url`. */
  originalUrl?: string;
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
  /** The body as it came, instead of `body`, of routes that take payloads; "" without one. */
  text: string;
  meta: CallMeta & Pick<Caller, "scope" | "actor">;
  /** Of users. */
  login: Login | undefined;
  callers: Callers;
  req: GatewayRequest;
  res: ServerResponse;
}

export interface Answer {
  description: string;
  /** Of JSON. */
  schema?: z.ZodType;
  /** Where the handler writes the answer itself. */
  contentType?: string | string[];
}

/** What the OpenAPI document needs to know of a route. */
export type Declaration = Omit<Route, "handler">;

export interface Route {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** As OpenAPI writes it: `/v1/tasks/{taskId}`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  /** Null: nobody is asked who they are. */
  access: Access | null;
  /** The schema that the action checks the query with. */
  query?: z.ZodType;
  body?: {
    schema: z.ZodType;
    size?: BodySize;
    /** It may be missing. */
    optional?: boolean;
    /** It carries payloads: the handler gets its `text`. */
    asText?: boolean;
  };
  answer: Answer & {
    /** Default 200. */
    status?: number;
  };
  /** Answers with other statuses that are no refusals. */
  otherAnswers?: Record<number, Answer>;
  /** Refusals beside those that all routes of its kind have; see `openapi/refusals.ts`. */
  refusals?: RefusalCode[];
  /** `Idempotency-Key` counts. */
  idempotent?: boolean;
  /** How callers prove who they are where `access` does not say it. `legacy`: kkbida's headers, refusals in plain text. `scrape`: no credentials from the machine itself. */
  credentials?: "legacy" | "scrape";
  /** Prints what the handler returns; default `JSON.stringify`. */
  print?: (result: never) => string;
  /** What it returns is sent as JSON. */
  handler: (call: RestCall) => Promise<unknown>;
}

const NO_QUERY = z.strictObject({});

/** The gateway's own form of the routes: `METHOD /path/:param` → handler. */
export function aliasesOf(
  routes: Route[],
  broker: ServiceBroker,
  callers: Callers,
): Record<string, GatewayHandler> {
  const refusals = new Refusals(broker);
  const aliases = routes.flatMap((route) => {
    const path = route.path.replace(/\{(\w+)\}/g, ":$1");
    const handler = handlerOf(route, broker, callers, refusals);
    // Load balancers ask with HEAD; Node leaves the body out.
    const methods = route.tag === "Health" ? [route.method, "HEAD"] : [route.method];
    return methods.map((method) => [`${method} ${path}`, handler]);
  });
  return Object.fromEntries(aliases);
}

/** Authenticates, looks whether the caller may send more, then reads the body, then calls the handler. */
function handlerOf(
  route: Route,
  broker: ServiceBroker,
  callers: Callers,
  refusals: Refusals,
): GatewayHandler {
  return (req, res, next) => {
    answer(req, res).catch(next);
  };

  async function answer(req: GatewayRequest, res: ServerResponse): Promise<void> {
    const { login, ...who } = route.access === null ? NOBODY : await callers.identify(req);
    const path = (req.originalUrl ?? req.url ?? "").split("?", 1)[0];
    const meta: RestCall["meta"] = {
      ...who,
      sourceIp: callers.addressOf(req),
      requestPath: `${req.method} ${path}`,
      requestId: requestIdOf(res),
      exact: true,
    };
    if (route.access !== null && !isAllowed(meta.actor, route.access)) {
      refusals.note(`${route.method} ${route.path}`, meta);
      throw new BidaError("forbidden", forbidden(route.access));
    }
    // Browsers add cookies and Basic credentials by themselves, keys never.
    if (route.method !== "GET" && meta.actor.kind === "user")
      checkSameOrigin(req, !req.headers.authorization && callers.tokenOf(req) !== null);
    const { params, query } = req.$params;
    // The action checks the parameters of a route that has some.
    if (!route.query && route.access !== null && Object.keys(query).length > 0)
      parseWith(NO_QUERY, query, "invalid_query");
    const key = req.headers["idempotency-key"];
    if (typeof key === "string") meta.idempotencyKey = checkedOnce(req, key);
    const [body, text] = await bodyOf(req, res, meta);
    const result = await route.handler({ broker, callers, params, query, body, text, meta, login, req, res });
    if (route.answer.contentType !== undefined) return;
    // Unless the handler chose another one.
    if (res.statusCode === 200) res.statusCode = route.answer.status ?? 200;
    if (res.statusCode === 204) {
      res.end();
      return;
    }
    res.setHeader("content-type", "application/json; charset=utf-8");
    // Keys, and who is logged in, are no matter for caches.
    res.setHeader("cache-control", "no-store");
    const print: (result: never) => string = route.print ?? JSON.stringify;
    res.end(print(result as never));
  }

  async function bodyOf(
    req: GatewayRequest,
    res: ServerResponse,
    { actor, sourceIp = "" }: RestCall["meta"],
  ): Promise<[body: unknown, text: string]> {
    if (!route.body) return [undefined, ""];
    // Who has no name yet has the share of their network: one who sends much must not keep others from logging in.
    const caller = route.access === null ? `nobody:${networkOf(sourceIp)}` : callerKey(actor);
    const size = route.body.size ?? "small";
    const { shares } = callers;
    shares.checkBytes(caller);
    const spend = (bytes: number) => shares.spend(caller, bytes);
    if (route.body.asText) return [undefined, (await readText(req, res, size, spend)) ?? ""];
    const body = await readValue(req, res, size, spend);
    if (!(route.body.optional && body === undefined))
      checkObject(body, route.tag === "Tasks" ? "invalid_task" : "invalid_body");
    return [body, ""];
  }
}

/** Node joins headers that are given twice: nobody has chosen that key. @throws BidaError invalid_body */
function checkedOnce(req: IncomingMessage, key: string): string {
  const times = key.includes(",") ? req.headersDistinct["idempotency-key"]?.length : 1;
  if (times === 1) return key;
  const errors = [{ field: "Idempotency-Key", message: "must be given once" }];
  throw new BidaError("invalid_body", undefined, { errors });
}

const forbidden = ({ role, apps }: Access): string =>
  `This is for users with the role ${role}${role === "admin" ? "" : " or above"}${apps ? " and for apps" : ""}`;

function checkObject(body: unknown, code: RefusalCode): void {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return;
  const errors = [{ field: "body", message: "must be a JSON object" }];
  throw new BidaError(code, undefined, { errors });
}
