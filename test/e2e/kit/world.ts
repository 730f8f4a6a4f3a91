/** One running Bida with a receiver beside it, and what tests ask of it. Whether one process or many makes no difference. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { type BidaClient, createHttpClient } from "../../../client/index.ts";
import { systemClock } from "../../../core/clock.ts";
import type { AttemptView, Page, TaskView } from "../../../core/contract.ts";
import type { Database } from "../../../store/database.ts";
import { checkReply } from "./document.ts";
import type { BidaNode } from "./node.ts";
import type { Receiver } from "./receiver.ts";
import { PATIENCE, until } from "./until.ts";

/** The key that all nodes of a world seal secrets with. */
export const SECRET_KEY = Buffer.alloc(32, 7).toString("base64");
export const ADMIN = { authorization: `Basic ${Buffer.from("admin:admin").toString("base64")}` };

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at fields of many shapes
  json: any;
}

export interface WorldParts {
  kind: "embedded" | "cluster";
  /** The first has the REST API. */
  nodes: BidaNode[];
  receiver: Receiver;
  database: { databaseUrl: string | null; dataDir: string };
  /** How often the world heard that a task was exhausted. */
  alarms(taskId: string): number;
  stop(): Promise<void>;
}

const ENDED = new Set(["succeeded", "exhausted", "canceled", "resolved"]);

export class World {
  readonly #parts: WorldParts;
  /** As an admin. */
  readonly client: BidaClient;

  constructor(parts: WorldParts) {
    this.#parts = parts;
    this.client = createHttpClient({ baseUrl: this.baseUrl, username: "admin", password: "admin" });
  }

  get kind() {
    return this.#parts.kind;
  }

  get nodes(): BidaNode[] {
    return this.#parts.nodes;
  }

  get receiver(): Receiver {
    return this.#parts.receiver;
  }

  get baseUrl(): string {
    return (this.#parts.nodes[0] as BidaNode).baseUrl;
  }

  alarms(taskId: string): number {
    return this.#parts.alarms(taskId);
  }

  stop(): Promise<void> {
    return this.#parts.stop();
  }

  /**
   * One request; as an admin unless `headers` say otherwise. A string or bytes as `body` are sent as they are.
   * @throws Error where the answer is not what the OpenAPI document says
   */
  async api(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = ADMIN,
  ): Promise<Reply> {
    const answer = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      body: body === undefined ? null : isRaw(body) ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    const reply: Reply = { status: answer.status, headers: answer.headers, text, json: parsed(text) };
    checkReply(method, path, reply);
    return reply;
  }

  /**
   * A task that is retried quickly, unless `task` says otherwise; returns its id. As callers do, a 503 (a scheduler that
   * died and is not noticed yet) and a 429 (a database that cannot keep up) are tried again, with one idempotency key.
   */
  async submit(task: Record<string, unknown>, headers: Record<string, string> = ADMIN): Promise<string> {
    const keyed = { "idempotency-key": randomUUID(), ...headers };
    const reply = await until(
      "a task to be accepted",
      async () => {
        const answer = await this.api("POST", "/v1/tasks", quick(task), keyed);
        if (answer.status === 429) await pause(Number(answer.headers.get("retry-after")) * 1_000);
        return answer.status === 503 || answer.status === 429 ? null : answer;
      },
      40_000,
    );
    if (reply.status !== 202) {
      // What a caller must not see is in some node's log.
      const errors = this.nodes.flatMap((node) =>
        node.log
          .split("\n")
          .filter((line) => line.includes('"level":"error"'))
          .slice(-1),
      );
      const why = reply.status === 500 ? errors.join("\n") : "";
      throw new Error(`POST /v1/tasks: ${reply.status} ${reply.text} ${why}`);
    }
    return reply.json.taskId;
  }

  /** Hands over a batch, again where the answer is 429; returns the first other answer. */
  async batch(tasks: unknown[], headers: Record<string, string> = ADMIN): Promise<Reply> {
    return until(
      "a batch to be accepted",
      async () => {
        const answer = await this.api("POST", "/v1/tasks/batch", { tasks }, headers);
        if (answer.status !== 429) return answer;
        await pause(Number(answer.headers.get("retry-after")) * 1_000);
        return null;
      },
      60_000,
    );
  }

  async task(taskId: string, headers: Record<string, string> = ADMIN): Promise<TaskView> {
    const reply = await this.api("GET", `/v1/tasks/${taskId}`, undefined, headers);
    if (reply.status !== 200) throw new Error(`GET /v1/tasks/${taskId}: ${reply.status} ${reply.text}`);
    return reply.json;
  }

  async attempts(taskId: string): Promise<AttemptView[]> {
    const reply = await this.api("GET", `/v1/tasks/${taskId}/attempts`);
    return (reply.json as Page<AttemptView>).items;
  }

  /** The task once it has ended. */
  async ended(taskId: string, deadlineMs = PATIENCE): Promise<TaskView> {
    return this.when(taskId, ({ state }) => ENDED.has(state), deadlineMs);
  }

  /** The task once `fits` says so. */
  async when(taskId: string, fits: (task: TaskView) => boolean, deadlineMs = PATIENCE): Promise<TaskView> {
    let seen: TaskView | undefined;
    const look = async () => {
      const reply = await this.api("GET", `/v1/tasks/${taskId}`);
      // Anyone who is asked may have just been killed.
      if (reply.status === 503) return null;
      if (reply.status !== 200) throw new Error(`GET /v1/tasks/${taskId}: ${reply.status} ${reply.text}`);
      seen = reply.json as TaskView;
      return fits(seen) ? seen : null;
    };
    return until(`task ${taskId}`, look, deadlineMs).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
    });
  }

  /** Makes an app, directly in the database; returns the headers that it calls with. */
  async app(
    name: string,
    secrets: string[] = [],
  ): Promise<{ id: number; key: string; headers: { authorization: string } }> {
    const { createApp } = await import("../../../store/apps.ts");
    const { openSecretBox } = await import("../../../store/secret-box.ts");
    return this.withDatabase(async (db) => {
      const box = openSecretBox({ natsUrls: [], secretKey: Buffer.from(SECRET_KEY, "base64"), dataDir: "" });
      const { id, key } = await createApp(db, box, name, secrets, systemClock.now());
      return { id, key, headers: { authorization: `Bearer ${key}` } };
    });
  }

  /** Runs with a connection of our own to the database. Most tests need none, and none of the libraries. */
  async withDatabase<T>(use: (db: Database) => Promise<T>): Promise<T> {
    const { closeDatabase, openDatabase } = await import("../../../store/database.ts");
    const db = openDatabase(this.#parts.database);
    const result = await use(db).finally(() => closeDatabase(db));
    // SQLite stands still in this process; what came meanwhile, the end of an idle connection say, has to be seen first.
    await turn();
    return result;
  }
}

const isRaw = (body: unknown): body is string | Uint8Array<ArrayBuffer> =>
  typeof body === "string" || body instanceof Uint8Array;

/** A POST that is tried twice, 50 ms apart, unless `task` says otherwise. */
export function quick(task: Record<string, unknown>): Record<string, unknown> {
  return { requestMethod: "POST", limitCallCount: 2, retry: { strategy: "fixed", delayMs: 50 }, ...task };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
