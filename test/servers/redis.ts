// A throwaway Redis that keeps nothing on disk.
import { needProgram } from "./binaries.ts";
import { startServer, type TestServer } from "./server.ts";

/** Starts a Redis server, empty after every start; `url` is `redis://127.0.0.1:PORT/0`. */
export async function start(): Promise<TestServer> {
  return startServer({
    name: "redis",
    command: needProgram("redis"),
    ready: /Ready to accept connections/i,
    url: (port) => `redis://127.0.0.1:${port}/0`,
    args: (port, folder) => [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
      ...["--save", "", "--appendonly", "no", "--daemonize", "no"],
    ],
  });
}
