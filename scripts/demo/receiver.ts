/** The system that is called back. It misbehaves, differently on each path, and counts what arrives. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Receiver {
  url: string;
  /** When the calls to a path arrived, in epoch ms. */
  calls(path: string): number[];
  stop(): Promise<void>;
}

type Behaviour = (response: ServerResponse, nth: number) => void;

/** `nth` counts the calls to the path, from 1. */
const BEHAVIOURS: Record<string, Behaviour> = {
  "/ok": (response) => response.end("成功"),
  "/recovers": (response, nth) => {
    response.statusCode = nth < 3 ? 500 : 200;
    response.end(nth < 3 ? "database is locked" : "成功");
  },
  "/wrong": (response) => response.end("失败"),
  // Says nothing, ever.
  "/hangs": () => undefined,
};

export async function startReceiver(): Promise<Receiver> {
  const arrivals = new Map<string, number[]>();
  const server = createServer((request: IncomingMessage, response) => {
    const path = new URL(request.url ?? "/", "http://receiver").pathname;
    const calls = arrivals.get(path) ?? [];
    arrivals.set(path, calls);
    calls.push(Date.now());
    request.resume();
    response.setHeader("content-type", "text/plain; charset=utf-8");
    const behave = BEHAVIOURS[path];
    if (behave) behave(response, calls.length);
    else response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls: (path) => arrivals.get(path) ?? [],
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
