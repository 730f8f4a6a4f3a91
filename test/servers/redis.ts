// A throwaway Redis that keeps nothing on disk.
import { needProgram } from "./binaries.ts";
import { startServer, type TestServer } from "./server.ts";

/**
 * Starts a Redis server, empty after every start unless `options` say otherwise; `url` is `redis://127.0.0.1:PORT/0`.
 * @param options more of the server's, which win over ours
 * @param env beside this process's environment
 */
export async function start(options: string[] = [], env: Record<string, string> = {}): Promise<TestServer> {
  return startServer({
    name: "redis",
    env,
    command: needProgram("redis"),
    ready: /Ready to accept connections/i,
    url: (port) => `redis://127.0.0.1:${port}/0`,
    args: (port, folder) => [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
      ...["--save", "", "--appendonly", "no", "--daemonize", "no"],
      ...options,
    ],
  });
}
