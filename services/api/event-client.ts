/** One client of the event stream: what it asked for, what waits for it, what was dropped because it reads too slowly. */
import type { ServerResponse } from "node:http";
import type { StreamType, TaskChange } from "../../core/contract.ts";
import type { Scope } from "../../store/scope.ts";

/** What a client follows. */
export interface Subscription {
  scope: Scope;
  /** Null: of all tasks. */
  taskId: string | null;
  types: ReadonlySet<StreamType>;
}

/** Changes that wait for a client; more are dropped. */
const MAX_WAITING = 1_000;
/** With more bytes than this unsent, nothing is written. */
const MAX_UNSENT = 64 * 1024;
/** How long the last bytes may take at the end, in ms. */
const PATIENCE = 1_000;

export class EventClient {
  readonly subscription: Subscription;
  readonly #res: ServerResponse;
  #waiting: TaskChange[] = [];
  #dropped = 0;

  constructor(res: ServerResponse, subscription: Subscription) {
    this.#res = res;
    this.subscription = subscription;
  }

  /** Keeps a change until the next {@link EventClient.flush}, if the client follows it. */
  offer(change: TaskChange): void {
    const { scope, taskId, types } = this.subscription;
    if (scope.appId !== null && change.appId !== scope.appId) return;
    if (taskId !== null && change.taskId !== taskId) return;
    if (!types.has(change.type)) return;
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(change);
    else this.#dropped += 1;
  }

  /** Sends what waits; keeps it where the client has not read what was sent before. */
  flush(): void {
    if (this.#slow) return;
    if (this.#waiting.length > 0) {
      this.#send("tasks", { items: this.#waiting });
      this.#waiting = [];
    }
    if (this.#dropped > 0) {
      this.#send("lagging", { dropped: this.#dropped });
      this.#dropped = 0;
    }
  }

  /** Sends an event at once; leaves it out where the client is slow: a newer one follows. */
  send(event: string, data: object): void {
    if (!this.#slow) this.#send(event, data);
  }

  /** Keeps proxies from closing a silent connection. */
  heartbeat(): void {
    if (!this.#slow) this.#res.write(": heartbeat\n\n");
  }

  end(): void {
    this.#res.end();
    // Anyone who reads nothing would keep the connection, and the node's stop, for ever.
    const patience = setTimeout(() => this.#res.destroy(), PATIENCE);
    this.#res.once("close", () => clearTimeout(patience));
  }

  get #slow(): boolean {
    return this.#res.writableLength > MAX_UNSENT;
  }

  #send(event: string, data: object): void {
    this.#res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
