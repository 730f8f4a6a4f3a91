// Free TCP ports for throwaway servers.
import { createServer } from "node:net";

// Below the range from which systems take ports for outgoing connections (Linux 32768, macOS 49152): a client that
// keeps dialling a stopped server's port could otherwise be given that very port and connect to itself.
const LOWEST = 15_000;
const HIGHEST = 32_000;

const given = new Set<number>();

/** A TCP port on 127.0.0.1 that nothing listens on, never the same one twice in a process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free TCP port between ${LOWEST} and ${HIGHEST}`);
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createServer();
  probe.once("error", () => resolve(false));
  probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  return promise;
}
