/** Bida's REST interface as its clients see it: answers what a test tells it to, and remembers what it was sent. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { TaskView } from "../../client/index.ts";

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** Parsed; undefined where there was none. */
  body: unknown;
  /** As it came. */
  text: string;
}

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** @returns null never to answer */
export type Handler = (request: Received) => Answer | null;

export interface FakeApi {
  url: string;
  received: Received[];
  /** Replaced by each test. */
  handler: Handler;
  stop(): Promise<void>;
}

export async function startFakeApi(handler: Handler = () => null): Promise<FakeApi> {
  const server: Server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const { method = "", url = "", headers } = request;
    const received = { method, url, headers, text, body: text === "" ? undefined : JSON.parse(text) };
    api.received.push(received);
    const answer = api.handler(received);
    if (answer === null) return;
    const raw = typeof answer.body === "string";
    const type = raw ? "text/html" : answer.status < 300 ? "application/json" : "application/problem+json";
    response.writeHead(answer.status, { "content-type": type, ...answer.headers });
    response.end(raw ? answer.body : JSON.stringify(answer.body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const api: FakeApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    handler,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return api;
}

/** A refusal as design.md describes it. */
export function problem(
  status: number,
  code: string,
  more: { detail?: string; errors?: unknown; headers?: Record<string, string> } = {},
): Answer {
  const { headers = {}, ...members } = more;
  return {
    status,
    headers,
    body: { type: "about:blank", title: "Refused", status, code, errors: [], ...members },
  };
}

/** A task as Bida would show it. */
export function taskView(more: Partial<TaskView> = {}): TaskView {
  return {
    taskId: "0198f3a2-0000-7000-8000-000000000001",
    state: "pending",
    url: "http://target.example/cb",
    calledUrl: null,
    requestMethod: "POST",
    requestParam: null,
    body: null,
    bodyBase64: null,
    contentType: null,
    headers: null,
    expectResult: null,
    expect: null,
    callCount: 0,
    limitCallCount: 3,
    retry: { strategy: "fixed", delayMs: 1000 },
    timeoutMs: 10_000,
    nextCallAt: null,
    expiresAt: null,
    sourceAppName: null,
    targetAppName: null,
    orderKey: null,
    businessKey: null,
    profile: null,
    app: null,
    sourceIp: null,
    lastError: null,
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: null,
    ...more,
  };
}
