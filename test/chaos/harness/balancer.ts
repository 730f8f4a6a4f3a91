/**
 * A load balancer before the nodes with REST, as most installations have one: it asks each for `/readyz`, sends requests to
 * those that say 200, in turn, each on a connection of its own, and repeats nothing. Where none is ready a request goes to
 * any: what comes of it is the node's to say.
 */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** Between two looks at each node, in ms. */
const LOOK = 250;
/** A node that says nothing for so long is not ready, in ms. */
const PATIENCE = 3_000;

export class Balancer {
  readonly #server: Server = createServer((req, res) => this.#pass(req, res));
  readonly #agent = new Agent({ keepAlive: false });
  #ports: number[] = [];
  #ready: number[] = [];
  #turn = 0;
  #stopped = false;
  #looking: Promise<void> | null = null;

  async start(): Promise<void> {
    await new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", listening));
    this.#looking = this.#look();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The nodes behind it from now on, by their ports; resolves when it has looked at them. */
  async sees(ports: number[]): Promise<void> {
    this.#ports = ports;
    await this.#lookOnce();
  }

  /** Whether it takes the node for ready. */
  isReady(port: number): boolean {
    return this.#ready.includes(port);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
    this.#agent.destroy();
  }

  async #look(): Promise<void> {
    while (!this.#stopped) {
      await this.#lookOnce();
      await pause(LOOK);
    }
  }

  async #lookOnce(): Promise<void> {
    const ports = this.#ports;
    const answers = await Promise.all(ports.map(isReady));
    this.#ready = ports.filter((_, i) => answers[i]);
  }

  #pass(req: IncomingMessage, res: ServerResponse): void {
    const among = this.#ready.length > 0 ? this.#ready : this.#ports;
    const port = among[this.#turn++ % among.length];
    const { method, url: path, headers } = req;
    const onward = request(
      { host: "127.0.0.1", port, method, path, headers, agent: this.#agent },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
        // A node that dies in the middle of an answer: the caller is not told that this was all.
        answer.on("error", () => res.destroy());
      },
    );
    onward.on("error", () => res.destroy());
    res.on("close", () => onward.destroy());
    req.pipe(onward);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(PATIENCE) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}
