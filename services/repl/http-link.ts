/** The way to Bida over its REST API, with a user's credentials or an app's key. */
import { ServiceBroker } from "moleculer";
import type { Health, NodeItem, TaskChange } from "../../core/contract.ts";
import { BidaError, type FieldError, isRefusalCode } from "../../core/errors.ts";
import { ACCEPTED_DEPTH } from "../../core/json/rules.ts";
import { type JsonText, readList, readObject } from "../../core/json/text.ts";
import type { ActionName } from "../bus/types.ts";
import type { Link, LinkOptions } from "./link.ts";
import { Mistake, Refused } from "./mistake.ts";
import { oneLine } from "./paint.ts";
import { type Rest, restOf } from "./rest-routes.ts";

export interface HttpAccess {
  /** With the path prefix of a proxy, if there is one. */
  url: string;
  /** An app's key. */
  key: string | null;
  /** `name:password` of a user. */
  user: string | null;
}

/** What a task was accepted with fits in. */
const ACCEPTED = { depth: ACCEPTED_DEPTH };

/** For one request, in ms. */
const TIMEOUT = 15_000;

/** @throws Mistake where `access` cannot work */
export function httpLink(access: HttpAccess): Link {
  const base = baseOf(access.url);
  const authorization = authorizationOf(access);

  async function send(method: string, path: string, options: Sent): Promise<Response> {
    const { body, idempotencyKey, signal, isAnswer } = options;
    const headers: Record<string, string> = { accept: "application/json", ...authorization };
    if (body !== null) headers["content-type"] = "application/json";
    if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
    let response: Response;
    try {
      response = await fetch(`${base}${path}`, { method, headers, body, signal, redirect: "manual" });
    } catch (error) {
      throw new Refused(unreachable(base, error));
    }
    if (response.ok || response.status === isAnswer) return response;
    throw refusalOf(response, await response.text().catch(() => ""), base);
  }

  async function answered(method: string, path: string, options: Sent): Promise<string> {
    const response = await send(method, path, options);
    const text = await response.text();
    if (response.status === 204) return "{}";
    if (/^application\/json/.test(response.headers.get("content-type") ?? "")) return text;
    throw new Refused(`${base} was not answered by Bida; is --url right?`);
  }

  return {
    where: base,
    get broker() {
      return new ServiceBroker({ nodeID: "remote", logger: false });
    },
    async call(action, params, options = {}) {
      const rest = restOf(action);
      if (rest === null)
        throw new Refused(
          "this cannot be done over HTTP; type it on a machine of the cluster, without --url",
        );
      const { path, body } = requestOf(rest, params as Record<string, unknown>);
      const signal = AbortSignal.timeout(options.timeout ?? TIMEOUT);
      const more = options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey };
      const text = await answered(rest.method, path, { body, signal, ...more });
      return answerIn(action, text, options) as never;
    },
    async health() {
      const signal = AbortSignal.timeout(TIMEOUT);
      const text = await answered("GET", "/readyz", { body: null, signal, isAnswer: 503 });
      return JSON.parse(text) as Health;
    },
    async nodes() {
      const askedAt = Date.now();
      const text = await answered("GET", "/v1/nodes", { body: null, signal: AbortSignal.timeout(TIMEOUT) });
      // The node that was asked has waited for the slowest of the others.
      const answeredAt = Date.now();
      const { items } = JSON.parse(text) as { items: NodeItem[] };
      return items.map((node) => ({ node, askedAt, answeredAt }));
    },
    async follow(onChanges, signal) {
      const response = await send("GET", "/v1/events", { body: null, signal });
      try {
        for await (const { event, data } of eventsOf(response)) {
          if (event === "tasks") onChanges((JSON.parse(data) as { items: TaskChange[] }).items);
        }
      } catch (error) {
        if (!signal.aborted) throw new Refused(unreachable(base, error));
      }
      if (!signal.aborted) throw new Refused(`${base} has ended the stream`);
    },
    close: async () => undefined,
  };
}

interface Sent {
  body: string | null;
  signal: AbortSignal;
  idempotencyKey?: string;
  /** A status beside 2xx that is no refusal. */
  isAnswer?: number;
}

/** Fills the path from the parameters; the rest of them is the query, or the body. */
function requestOf(rest: Rest, params: Record<string, unknown>): { path: string; body: string | null } {
  const left = { ...params };
  const path = rest.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = left[name];
    delete left[name];
    return encodeURIComponent(String(value));
  });
  if (rest.method === "GET") return { path: `${path}${searchOf(left)}`, body: null };
  return { path, body: rest.body ? rest.body(left) : JSON.stringify(left) };
}

function searchOf(params: Record<string, unknown>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) search.append(name, String(one));
  }
  return search.size > 0 ? `?${search}` : "";
}

/** Tasks that are asked for exactly keep the text of their JSON, which `JSON.parse` would round. */
function answerIn(action: ActionName, text: string, { exact }: LinkOptions): unknown {
  if (!exact) return JSON.parse(text);
  if (action === "scheduler.get") return exactTask(text);
  const page = readObject(text, ACCEPTED);
  const items = readList(page?.get("items") ?? "[]", ACCEPTED) ?? [];
  return { items: items.map(exactTask), nextCursor: JSON.parse(page?.get("nextCursor") ?? "null") };
}

function exactTask(text: string): Record<string, unknown> {
  const members = Array.from(readObject(text, ACCEPTED) ?? new Map<string, JsonText>(), ([name, json]) => {
    const isText = (name === "requestParam" || name === "expect") && json !== "null";
    return [name, isText ? json : JSON.parse(json)];
  });
  return Object.fromEntries(members);
}

/** Server-sent events (HTML standard, section 9.2), as Bida writes them: `event` and `data`, one line each. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: string }> {
  let rest = "";
  const decoder = new TextDecoderStream();
  for await (const part of response.body?.pipeThrough(decoder) ?? []) {
    const blocks = (rest + part).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1] ?? "";
      yield { event: field("event"), data: field("data") };
    }
  }
}

function baseOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Mistake(`--url must be an http or https URL, such as http://127.0.0.1:8080; it is "${text}"`);
  if (url.username || url.password)
    throw new Mistake("--url must hold no credentials; type --user name:password");
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function authorizationOf({ key, user }: HttpAccess): Record<string, string> {
  if (key !== null && user !== null) throw new Mistake("type --key or --user, not both");
  if (key !== null) {
    if (!/^[\x21-\x7e]+$/.test(key)) throw new Mistake("--key is none: keys are visible ASCII");
    return { authorization: `Bearer ${key}` };
  }
  if (user === null) return {};
  if (!user.includes(":")) throw new Mistake("--user needs a password: --user name:password");
  return { authorization: `Basic ${Buffer.from(user).toString("base64")}` };
}

function refusalOf(response: Response, text: string, base: string): Error {
  const problem = problemIn(text);
  const retryAfter = Number(response.headers.get("retry-after")) || undefined;
  if (problem === null)
    return new Refused(`${base} answers ${response.status}, and it is not Bida that does; is --url right?`);
  const { code, detail, title, errors } = problem;
  const said = oneLine(detail ?? title ?? `refused with ${code}`);
  if (!isRefusalCode(code)) return new Refused(said);
  return new BidaError(code, said, { errors: errors ?? [], ...(retryAfter ? { retryAfter } : {}) });
}

interface Problem {
  code: string;
  title?: string;
  detail?: string;
  errors?: FieldError[];
}

function problemIn(text: string): Problem | null {
  try {
    const problem = JSON.parse(text) as Problem | null;
    return typeof problem?.code === "string" ? problem : null;
  } catch {
    return null;
  }
}

function unreachable(base: string, error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return `${base} did not answer in time`;
  return `${base} cannot be reached: ${cause?.code ?? cause?.message ?? message}; is Bida running, and --url right?`;
}
