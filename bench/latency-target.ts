/** The system that is called back: answers at once, and tells when each call arrived. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export class Target {
  readonly #server: Server;
  #onCall: (task: string, arrived: number) => void = () => undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      const arrived = performance.now();
      request.resume();
      response.end("ok");
      this.#onCall(String(request.headers["webhook-id"]), arrived);
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(): Promise<Target> {
    const target = new Target();
    target.#server.listen(0, "127.0.0.1");
    await once(target.#server, "listening");
    return target;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Resolves with the next call: its task's id, and the time (ms of `performance.now()`) at which it arrived. */
  nextCall(withinMs: number): Promise<{ taskId: string; arrived: number }> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no call within ${withinMs} ms`)), withinMs);
      this.#onCall = (taskId, arrived) => {
        clearTimeout(timer);
        resolve({ taskId, arrived });
      };
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
