/** Over HTTP: Bida's REST interface through `fetch`. */
import { type BidaClient, DEFAULT_TIMEOUT_MS, retryBody, type SubmitOptions } from "./client.ts";
import type { AttemptView, BatchResult, Page, TaskItem, TaskQuery, TaskView } from "./contract.ts";
import { CallbackError } from "./error.ts";
import { checkedKey } from "./idempotency.ts";
import { everyPage } from "./pages.ts";
import { printTask } from "./print.ts";
import { refusal } from "./problem.ts";
import { waitFor } from "./wait.ts";

/**
 * The type of the global `fetch`, wherever it comes from: Node's types, or a browser's. Programs that have neither, whose global
 * object has no `fetch`, can compile all the same.
 */
export type Fetch = typeof globalThis extends { fetch: infer F } ? F : (url: string) => Promise<unknown>;

/** Either `apiKey`, or `username` and `password`. */
export interface HttpClientOptions {
  /** Where Bida listens, with the path prefix of a proxy if there is one. @example "http://127.0.0.1:8080" */
  baseUrl: string;
  /** An app's key. */
  apiKey?: string | undefined;
  /** A user's name. */
  username?: string | undefined;
  password?: string | undefined;
  /** Milliseconds for one request, from connecting to the last byte. Default 10 000. */
  timeoutMs?: number | undefined;
  /** Stands in for the global `fetch`: a proxy agent, a test. */
  fetch?: Fetch | undefined;
}

interface Call {
  method: "GET" | "POST";
  path: string;
  /** JSON. */
  body?: string;
  idempotencyKey?: string | undefined;
  timeoutMs?: number;
}

/**
 * @throws TypeError for options that cannot work
 * @example
 * const bida = createHttpClient({ baseUrl: "http://127.0.0.1:8080", username: "admin", password: "admin" });
 * const taskId = await bida.call({ url: "https://shop.example/paid", requestMethod: "POST", limitCallCount: 10 });
 */
export function createHttpClient(options: HttpClientOptions): BidaClient {
  const base = baseOf(options.baseUrl);
  const authorization = authorizationOf(options);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const send = options.fetch ?? globalThis.fetch;

  /** One request; `isAnswer` tells Bida's answer from a page that something on the way put in its place. */
  async function request<T>(call: Call, isAnswer: (body: Partial<T>) => boolean): Promise<T> {
    const what = `${call.method} ${base}${call.path}`;
    const within = Math.min(timeoutMs, call.timeoutMs ?? timeoutMs);
    const body = call.body ?? null;
    const headers: Record<string, string> = { accept: "application/json" };
    if (authorization !== undefined) headers.authorization = authorization;
    if (body !== null) headers["content-type"] = "application/json";
    if (call.idempotencyKey !== undefined) headers["idempotency-key"] = call.idempotencyKey;

    let response: Response;
    let text: string;
    try {
      response = await send(`${base}${call.path}`, {
        method: call.method,
        headers,
        body,
        // A followed redirect would turn a POST into a GET, and the task would be lost.
        redirect: "manual",
        signal: AbortSignal.timeout(within),
      });
      text = await response.text();
    } catch (error) {
      throw unreachable(what, within, error);
    }
    const answer = parsed(text);
    if (!response.ok) throw refusal(what, response.status, answer, response.headers);
    if (typeof answer !== "object" || answer === null || !isAnswer(answer as Partial<T>)) {
      const { status } = response;
      throw new CallbackError("bad_response", `${what} was not answered by Bida; is baseUrl right?`, {
        status,
      });
    }
    return answer as T;
  }

  const post = <T>(
    path: string,
    body: string,
    isAnswer: (body: Partial<T>) => boolean,
    more?: SubmitOptions,
  ) => request<T>({ method: "POST", path, body, idempotencyKey: checkedKey(more?.idempotencyKey) }, isAnswer);
  const getWithin = (taskId: string, withinMs: number) =>
    request<TaskView>({ method: "GET", path: pathOf(taskId), timeoutMs: withinMs }, hasId);

  return {
    async call(task, more) {
      return (await post<{ taskId: string }>("/v1/tasks", printTask(task), hasId, more)).taskId;
    },
    async callBatch(tasks, more) {
      const fits = (body: Partial<{ results: BatchResult[] }>) => body.results?.length === tasks.length;
      const body = `{"tasks":[${tasks.map((task, i) => printTask(task, "tasks", i)).join()}]}`;
      return (await post<{ results: BatchResult[] }>("/v1/tasks/batch", body, fits, more)).results;
    },
    async get(taskId) {
      return getWithin(taskId, timeoutMs);
    },
    async attempts(taskId) {
      return everyPage((cursor) => {
        const path = `${pathOf(taskId)}/attempts${searchOf(cursor === null ? {} : { cursor })}`;
        return request<Page<AttemptView>>({ method: "GET", path }, hasItems);
      });
    },
    async retry(taskId, more) {
      return post<TaskView>(`${pathOf(taskId)}/retry`, JSON.stringify(retryBody(more)), hasId);
    },
    async cancel(taskId) {
      return post<TaskView>(`${pathOf(taskId)}/cancel`, "{}", hasId);
    },
    async resolve(taskId) {
      return post<TaskView>(`${pathOf(taskId)}/resolve`, "{}", hasId);
    },
    async list(query = {}) {
      return request<Page<TaskItem>>({ method: "GET", path: `/v1/tasks${searchOf(query)}` }, hasItems);
    },
    async waitFor(taskId, more) {
      return waitFor((withinMs) => getWithin(taskId, withinMs), more);
    },
  };
}

const hasId = (body: { taskId?: string }) => typeof body.taskId === "string";
const hasItems = (body: { items?: unknown[] }) => Array.isArray(body.items);

function baseOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new TypeError("baseUrl must be an http or https URL");
  if (url.username || url.password) throw new TypeError("baseUrl must not hold credentials; use the options");
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function authorizationOf({ apiKey, username, password }: HttpClientOptions): string | undefined {
  if (apiKey !== undefined) {
    if (username !== undefined || password !== undefined) {
      throw new TypeError("give either apiKey, or username and password");
    }
    const key = apiKey.trim();
    // Not left to fetch: its message would carry the key into logs.
    if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError("apiKey must be visible ASCII");
    return `Bearer ${key}`;
  }
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined)
    throw new TypeError("username and password go together");
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** @throws CallbackError not_found for what cannot be an id; "" or ".." would lead to another path */
function pathOf(taskId: string): string {
  if (!/^[\w-]+$/.test(taskId)) throw new CallbackError("not_found", `"${taskId}" is no task id`);
  return `/v1/tasks/${taskId}`;
}

function searchOf({ state, ...others }: TaskQuery): string {
  const search = new URLSearchParams();
  for (const one of state ?? []) search.append("state", one);
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) search.append(name, String(value));
  }
  return search.size > 0 ? `?${search}` : "";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch itself says no more than "fetch failed"; the reason is its cause. */
function unreachable(what: string, withinMs: number, error: unknown): CallbackError {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") {
    return new CallbackError("timeout", `${what} had no answer within ${withinMs} ms`, { cause: error });
  }
  const reason = cause?.code ?? cause?.message ?? message;
  return new CallbackError("network", `${what} failed: ${reason}`, { cause: error });
}
