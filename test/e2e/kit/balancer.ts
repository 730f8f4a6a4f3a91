/** A tiny load balancer: requests in turn to the nodes whose `/readyz` says 200, asked every 500 ms, as real ones do. */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

const POLL = 500;

interface Backend {
  port: number;
  ready: boolean;
  /** It has not answered yet. */
  asking: boolean;
}

export class Balancer {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #backends: Backend[];
  readonly #timer: NodeJS.Timeout;
  #turn = 0;
  /** Why requests got no answer of a node. */
  readonly failures: string[] = [];

  private constructor(ports: number[]) {
    this.#backends = ports.map((port) => ({ port, ready: false, asking: false }));
    this.#server = createServer({ keepAliveTimeout: 120_000 }, (req, res) => this.#pass(req, res));
    this.#timer = setInterval(() => this.#poll(), POLL);
    this.#poll();
  }

  static async start(ports: number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    await new Promise<void>((listening) => balancer.#server.listen(0, "127.0.0.1", listening));
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Whether it sends requests to the node on this port. */
  uses(port: number): boolean {
    return this.#backends.some((backend) => backend.port === port && backend.ready);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #poll(): void {
    for (const backend of this.#backends) {
      if (backend.asking) continue;
      backend.asking = true;
      const asked = request({ port: backend.port, path: "/readyz" }, (res) => {
        backend.ready = res.statusCode === 200;
        res.resume();
      });
      asked.on("error", () => {
        backend.ready = false;
      });
      // One that is slow, on a machine that is busy, is still what it was.
      asked.on("close", () => {
        backend.asking = false;
      });
      asked.end();
    }
  }

  #pass(req: IncomingMessage, res: ServerResponse): void {
    const ready = this.#backends.filter((backend) => backend.ready);
    const backend = ready[this.#turn++ % Math.max(1, ready.length)];
    const failed = (why: string) => {
      this.failures.push(why);
      if (res.headersSent) res.destroy();
      else res.writeHead(502).end(why);
    };
    if (!backend) {
      failed("no node is ready");
      return;
    }
    const {
      method,
      url: path,
      headers: { connection: _, ...headers },
    } = req;
    const passed = request({ port: backend.port, method, path, headers, agent: this.#agent }, (answer) => {
      // Whether a node keeps its connection is between it and us.
      const { connection: _, "keep-alive": __, ...passedOn } = answer.headers;
      res.writeHead(answer.statusCode ?? 502, passedOn);
      answer.pipe(res);
    });
    passed.on("error", (error) => failed(`${backend.port}: ${error.message}`));
    req.pipe(passed);
  }
}
