/** The built console over made-up data. Never part of what ships: run it with `node test/browser/mock/server.ts 8099`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { type ExactTaskView, printTask, printTaskPage } from "../../../core/task-json.ts";
import { consoleRoutes } from "../../../services/api/console.ts";
import type { GatewayRequest } from "../../../services/api/route.ts";
import * as data from "./data.ts";

const LIMIT = 50;

/** A request that would have changed something. */
export interface Received {
  method: string;
  path: string;
  /** As it came. */
  body: string;
}

export interface Mock {
  url: string;
  received: Received[];
  stop(): void;
}

/** An answer that is JSON already. */
class Printed {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

export async function startMock(port = 0): Promise<Mock> {
  const received: Received[] = [];
  const files = consoleRoutes(resolve(import.meta.dirname, "../../../ui/dist"))["GET /*path"];
  const server: Server = createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    if (url.pathname === "/v1/events") return events(res);
    if (url.pathname.startsWith("/v1/") || url.pathname === "/readyz")
      return void send(req, res, url, received);
    files?.(req as GatewayRequest, res, () => res.writeHead(404).end());
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, stop };
}

function events(res: ServerResponse): void {
  res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  res.write(": hello\n\n");
}

async function send(
  req: IncomingMessage,
  res: ServerResponse,
  { pathname, searchParams }: URL,
  received: Received[],
): Promise<void> {
  const method = req.method ?? "GET";
  const text = Buffer.concat(await req.toArray()).toString();
  if (method !== "GET") received.push({ method, path: pathname, body: text });
  const [status, body] = answer(method, decodeURIComponent(pathname), searchParams, req);
  res.writeHead(status, {
    "content-type": "application/json",
    ...(pathname === "/v1/session" && req.method === "POST" ? { "set-cookie": "mock=1; Path=/" } : {}),
  });
  res.end(status === 204 ? undefined : body instanceof Printed ? body.json : JSON.stringify(body));
}

function answer(
  method: string,
  path: string,
  query: URLSearchParams,
  req: IncomingMessage,
): [number, unknown] {
  const session = {
    user: { id: 1, username: "admin", role: "admin" },
    expiresAt: null,
    mustChangePassword: false,
  };
  if (path === "/v1/session") {
    if (method === "GET" && !req.headers.cookie?.includes("mock=1")) return [401, { code: "unauthorized" }];
    return [200, session];
  }
  const page = (items: unknown[]): [number, unknown] => [
    200,
    { items: items.slice(0, LIMIT), nextCursor: items.length > LIMIT ? "next" : null },
  ];
  const parts = path.split("/").slice(2);
  if (req.headers.cookie?.includes("empty=1")) {
    if (path === "/v1/stats/summary") return [200, data.emptySummary];
    if (path === "/v1/stats/series")
      return [
        200,
        data.emptySeries(query.get("from") ?? "", query.get("to") ?? "", query.get("step") ?? "hour"),
      ];
    if (path !== "/v1/nodes") return page([]);
  }
  switch (parts[0]) {
    case "tasks": {
      if (method === "POST" && (parts.length === 1 || parts[2] === "resend"))
        return [202, { taskId: data.tasks[0].taskId, resendOf: parts[1] }];
      if (parts.length === 1) return tasksPage(listed(query));
      if (parts[1] === "suggestions") return [200, { items: suggested(query) }];
      if (method === "POST") return [200, data.counted];
      const task = data.tasks.find(({ taskId }) => taskId === parts[1]);
      if (!task) return [404, { code: "not_found", detail: "There is no such thing here", errors: [] }];
      if (parts[2] === "neighbours") {
        const at = data.tasks.indexOf(task);
        const [previous, next] = [data.tasks[at - 1]?.taskId ?? null, data.tasks[at + 1]?.taskId ?? null];
        return [200, { previous, next, complete: true }];
      }
      return parts[2] === "attempts"
        ? page((data.attemptsOf.get(task.taskId) ?? []).toReversed())
        : [200, new Printed(printTask(exactly(task)))];
    }
    case "search":
      return [200, new Printed(`{"groups":[${groups(query.get("text") ?? "").join()}]}`)];
    case "views":
      return method === "GET" ? page(data.views) : [200, data.views[0]];
    case "jobs":
      if (parts[1] !== undefined) return [200, data.endedJob];
      // What the top bar asks for.
      if (query.has("state")) return page(req.headers.cookie?.includes("job=1") ? [data.job] : []);
      return page([data.job, data.endedJob]);
    case "attempts":
      return page(
        data.attempts.filter(({ outcome }) => !query.get("outcome") || outcome === query.get("outcome")),
      );
    case "alarms":
      return page(query.get("state") === "ended" ? [] : data.raised);
    case "mutes":
      return page(data.mutes);
    case "incidents": {
      if (parts.length === 1) return page(query.get("state") === "ended" ? [] : data.incidents);
      const found = data.incidents.find(({ id }) => String(id) === parts[1]);
      return found ? [200, found] : [404, { code: "not_found", detail: "No such incident", errors: [] }];
    }
    case "destinations": {
      if (method === "POST") return [200, data.counted];
      if (parts.length === 1) return page(data.destinations);
      // An origin has slashes, and the path is decoded by now.
      const origin = path.slice("/v1/destinations/".length).replace(/\/report$/, "");
      const found = path.endsWith("/report")
        ? data.reportOf(origin)
        : data.destinations.find((one) => one.origin === origin);
      return found ? [200, found] : [404, { code: "not_found", detail: "No such destination", errors: [] }];
    }
    case "stats":
      if (parts[1] === "summary") return [200, data.summary];
      if (parts[1] === "health") return page(data.health);
      if (parts[1] === "series")
        return [
          200,
          data.series(query.get("from") ?? "", query.get("to") ?? "", query.get("step") ?? "hour"),
        ];
      return page(parts[1] === "destinations" ? data.destinationStats : data.errorStats);
    case "nodes":
      return page(data.nodes);
    case "webhooks":
      if (parts[2] === "history") return page(data.history);
      if (parts[1] === "preview") return [200, { single: SENT, digest: SENT }];
      if (parts[2] === "test")
        return [
          200,
          {
            succeeded: true,
            statusCode: 200,
            body: '{"errcode":0,"errmsg":"ok"}',
            errorCode: null,
            errorMessage: null,
            durationMs: 87,
            sent: SENT,
          },
        ];
      return parts[1] ? [200, data.channels.find(({ id }) => String(id) === parts[1])] : page(data.channels);
    case "sessions":
      return page(data.sessions);
    case "apps":
      return page(data.apps);
    case "users":
      return page(data.users);
    case "audit":
      if (parts[1] === "names")
        return [200, { actors: ["admin", "oncall"], actions: ["task.retry"], targets: ["task"] }];
      if (query.has("group")) return page(data.audit.slice(0, 1));
      return page(
        data.audit.filter(
          ({ target }) => !query.get("target") || `task:${target.id}` === query.get("target"),
        ),
      );
    default:
      return [200, { ok: true, parts: {} }];
  }
}

/** A message of an alarm channel. */
const SENT_BODY =
  '{"msgtype":"markdown","markdown":{"title":"[必达] 回调失败: stock","text":"#### [必达] 回调失败: stock"}}';
const SENT_BYTES = Buffer.byteLength(SENT_BODY);
const SENT = {
  body: SENT_BODY,
  bytes: SENT_BYTES,
  sizes: [{ part: "body", size: SENT_BYTES, max: 20_000, unit: "bytes" }],
  shortened: false,
};

function tasksPage(tasks: unknown[]): [number, unknown] {
  const items = tasks.slice(0, LIMIT).map(exactly);
  return [200, new Printed(printTaskPage({ items, nextCursor: tasks.length > LIMIT ? "next" : null }))];
}

/** Bida answers with the JSON that callers wrote. A text among the made-up data is such JSON; the rest is printed here. */
// biome-ignore lint/suspicious/noExplicitAny: made-up data of many shapes
function exactly(task: any): ExactTaskView {
  const json = (value: unknown) =>
    value === null || typeof value === "string" ? value : JSON.stringify(value);
  return { ...task, requestParam: json(task.requestParam), expect: json(task.expect) };
}

/** Where a text stands among the made-up data; payloads are as if they were encrypted. */
function groups(text: string): string[] {
  const found = { complete: true, unsearched: null };
  const tasks = (place: string, fits: (task: ExactTaskView) => boolean) => {
    const items = data.tasks.filter(fits).slice(0, 5).map(exactly).map(printTask);
    return `{"place":"${place}","items":[${items}],"complete":true,"unsearched":null}`;
  };
  const origins = data.destinations.filter(({ origin }) => origin.includes(text)).slice(0, 5);
  return [
    tasks("taskId", ({ taskId }) => taskId.startsWith(text)),
    tasks("businessKey", ({ businessKey }) => businessKey?.startsWith(text) ?? false),
    tasks("url", ({ url }) => url.includes(text)),
    JSON.stringify({ place: "destination", items: origins, ...found }),
    JSON.stringify({ place: "payload", items: [], complete: false, unsearched: "encrypted" }),
  ];
}

function suggested(query: URLSearchParams): string[] {
  const name = query.get("field") === "app" ? "sourceAppName" : (query.get("field") ?? "");
  const values = data.tasks.map((task) => String(task[name] ?? ""));
  return [...new Set(values)].filter((one) => one.includes(query.get("text") ?? "")).slice(0, 10);
}

function listed(query: URLSearchParams): unknown[] {
  const states = query.getAll("state");
  const found = data.tasks.filter(
    ({ state, url }) =>
      (states.length === 0 || states.includes(state)) &&
      (!query.get("url") || url.includes(query.get("url") ?? "")),
  );
  return query.get("sort") === "due"
    ? found.toSorted((a, b) => (a.nextCallAt ?? "").localeCompare(b.nextCallAt ?? ""))
    : found;
}

if (import.meta.main) console.log((await startMock(Number(process.argv[2] ?? 8099))).url);
