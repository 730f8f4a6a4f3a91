/** Lets the REPL in: over a socket into an embedded process, and as `npm start -- --repl` in any. */
import { rm } from "node:fs/promises";
import { createServer, connect as open, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Middleware, ServiceBroker } from "moleculer";
import { type Config, isEmbedded } from "../../core/config.ts";
import { type Answered, type Asked, type Hello, socketOf } from "./socket.ts";

export function replDoor(config: Config): Middleware {
  let server: Server | null = null;
  const clients = new Set<Socket>();
  return {
    name: "ReplDoor",
    created(broker: ServiceBroker) {
      // moleculer-runner calls it for --repl; loaded only then.
      const within = () => void import("./within.ts").then(({ replWithin }) => replWithin(broker));
      Object.assign(broker, { repl: within });
    },
    async started(broker: ServiceBroker) {
      if (!isEmbedded(config)) return;
      const log = broker.getLogger("node");
      const meanwhile = "npm run repl cannot attach; everything else works";
      const address = socketOf(config.dataDir);
      if (address === null) return log.warn({ meanwhile }, "no socket for the REPL: the path is too long");
      try {
        server = await listening(address, (socket) => {
          clients.add(socket);
          socket.once("close", () => clients.delete(socket));
          serve(broker, socket);
        });
      } catch (error) {
        log.warn({ err: (error as Error).message, meanwhile }, "no socket for the REPL");
      }
    },
    async stopping() {
      server?.close();
      for (const socket of clients) socket.destroy();
    },
  } as Middleware;
}

/** @throws Error where another process listens there, or nobody can */
async function listening(address: string, onClient: (socket: Socket) => void): Promise<Server> {
  if (await isAnswered(address)) throw new Error(`another process listens at ${address}`);
  // What a process that was killed left behind.
  await rm(address, { force: true });
  const server = createServer(onClient);
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  server.on("error", reject);
  // The mode is set before anybody can connect: what is made here is for this user alone.
  const former = process.umask(0o177);
  try {
    server.listen(address, () => resolve(server));
  } finally {
    process.umask(former);
  }
  server.unref();
  return promise;
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = open(address);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function serve(broker: ServiceBroker, socket: Socket): void {
  const say = (message: Hello | Answered) => socket.write(`${JSON.stringify(message)}\n`);
  // One that goes in the middle of an answer is nothing to speak of.
  socket.on("error", () => socket.destroy());
  say({ nodeID: broker.nodeID, actions: actionsOf(broker) });
  createInterface({ input: socket }).on("line", async (line) => {
    const asked = askedIn(line);
    // Not our REPL: whoever it is has nothing to ask here.
    if (asked === null) return void socket.destroy();
    const { id, action, params, meta } = asked;
    try {
      say({ id, result: await broker.call(action, params, { meta, tracking: false } as never) });
    } catch (error) {
      const { name, message, code, type, data } = error as Answered["error"] & Error;
      say({ id, error: { name, message, code, type, data } });
    }
  });
}

function askedIn(line: string): Asked | null {
  try {
    const asked = JSON.parse(line) as Asked | null;
    return typeof asked?.action === "string" ? asked : null;
  } catch {
    return null;
  }
}

function actionsOf(broker: ServiceBroker): Hello["actions"] {
  const actions: Hello["actions"] = {};
  const known = broker.registry.getActionList({ onlyLocal: true, skipInternal: true }) as { name: string }[];
  for (const { name } of known) {
    const dot = name.indexOf(".");
    const service = name.slice(0, dot);
    actions[service] = [...(actions[service] ?? []), name.slice(dot + 1)];
  }
  return actions;
}
