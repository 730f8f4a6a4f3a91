/**
 * An innocent caller, in a thread of its own: hands over a task, waits for its call, and does it again. What others do must not
 * delay it.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/**
 * Between two tasks, in ms: little beside the seconds that others must not hold it up. Who asks for the delays does not wait for it.
 */
const GAP = 100;

export interface InnocentDelays {
  tasks: number;
  /** Until it had the id, and until the call came after that; the longest, in ms. */
  accept: number;
  call: number;
}

export class Innocent {
  readonly #worker: Worker;

  /** @param headers its credentials */
  constructor(baseUrl: string, headers: Record<string, string>) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { baseUrl, headers } });
  }

  /** The delays since the last time it was asked; resolves once a task that began afterwards has been called. */
  async delays(): Promise<InnocentDelays> {
    const { promise, resolve, reject } = Promise.withResolvers<InnocentDelays>();
    this.#worker.once("message", resolve).once("error", reject);
    this.#worker.postMessage("tell");
    return promise.finally(() => this.#worker.removeListener("error", reject));
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

async function live(baseUrl: string, headers: Record<string, string>): Promise<never> {
  const called = new Map<string, () => void>();
  const server = createServer({ keepAliveTimeout: 120_000 }, (req, res) => {
    res.end("ok");
    called.get(req.url ?? "")?.();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let delays: InnocentDelays = { tasks: 0, accept: 0, call: 0 };
  let asked = new AbortController();
  parentPort?.on("message", () => asked.abort());
  for (let i = 0; ; i++) {
    const tells = asked.signal.aborted;
    const path = `/${i}`;
    const call = Promise.withResolvers<void>();
    called.set(path, call.resolve);
    const startedAt = performance.now();
    const answer = await fetch(`${baseUrl}/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ url: `${origin}${path}`, requestMethod: "POST", limitCallCount: 3 }),
    });
    if (answer.status !== 202)
      throw new Error(`the innocent caller got ${answer.status}: ${await answer.text()}`);
    await answer.body?.cancel();
    const acceptedAt = performance.now();
    await call.promise;
    called.delete(path);
    delays = {
      tasks: delays.tasks + 1,
      accept: Math.max(delays.accept, acceptedAt - startedAt),
      call: Math.max(delays.call, performance.now() - acceptedAt),
    };
    if (tells) {
      parentPort?.postMessage(delays);
      delays = { tasks: 0, accept: 0, call: 0 };
      asked = new AbortController();
    }
    await pause(GAP, undefined, { signal: asked.signal }).catch(() => undefined);
  }
}

if (!isMainThread && workerData?.baseUrl) await live(workerData.baseUrl, workerData.headers);
