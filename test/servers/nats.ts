// A throwaway NATS server.
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { needProgram } from "./binaries.ts";
import { launch } from "./process.ts";
import { startServer, type TestServer, temporaryFolder } from "./server.ts";

/**
 * Starts a NATS server; `url` is `nats://127.0.0.1:PORT`.
 * @param options more of the server's
 * @param env beside this process's environment
 */
export async function start(options: string[] = [], env: Record<string, string> = {}): Promise<TestServer> {
  return startServer({
    name: "nats",
    env,
    command: needProgram("nats"),
    ready: /Server is ready/,
    url: (port) => `nats://127.0.0.1:${port}`,
    args: (port) => ["--addr", "127.0.0.1", "--port", String(port), ...options],
  });
}

/**
 * Starts a NATS server and returns its URL without a promise, for callers that cannot wait for one: the thread
 * stands still until the server has written down the port it took (about 50 ms). It lives until this process exits.
 */
export function startBlocking(deadlineMs = 10_000): string {
  const command = needProgram("nats");
  const folder = temporaryFolder("nats");
  const running = launch(command, ["--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir", folder]);
  const portsFile = join(folder, `${basename(command)}_${running.pid}.ports`);
  const nap = new Int32Array(new SharedArrayBuffer(4));
  for (const end = Date.now() + deadlineMs; Date.now() < end; Atomics.wait(nap, 0, 0, 5)) {
    const url = existsSync(portsFile)
      ? /nats:\/\/[\d.]+:\d+(?=")/.exec(readFileSync(portsFile, "utf8"))
      : null;
    if (url) return url[0];
  }
  throw new Error(`${command}: not ready after ${deadlineMs} ms`);
}
