/** Lets the REPL in: over a socket into an embedded process, and as `npm start -- --repl` in any. */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, connect as open, type Server, type Socket } from "node:net";
import type { Middleware, ServiceBroker } from "moleculer";
import { type Config, isEmbedded } from "../../core/config.ts";
import type { TaskChange } from "../../core/contract.ts";
import { linesOf } from "./lines.ts";
import { followBy } from "./link.ts";
import {
  type Answered,
  type Asked,
  type Changed,
  type Following,
  type Follows,
  type Hello,
  socketOf,
} from "./socket.ts";

/** A command's line, in bytes: the longest one holds a task's body of 1 MiB, which JSON can make six times as long. */
const MAX_LINE = 8 * 1024 * 1024;
/** Clients at once; more are closed at once. */
const MAX_CLIENTS = 32;
/** Calls of one client at once; it is not read while it has so many. */
const MAX_CALLS = 16;
/** It is not read either while it does not read so many bytes of what it was answered. */
const MAX_UNSENT = 1024 * 1024;

export function replListener(config: Config): Middleware {
  let server: Server | null = null;
  const clients = new Set<Socket>();
  return {
    name: "ReplListener",
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
      // Nothing with actions is added once the node has started.
      const hello: Hello = { nodeID: broker.nodeID, actions: actionsOf(broker) };
      try {
        server = await listening(address, (socket) => {
          clients.add(socket);
          // One that goes in the middle of an answer is nothing to speak of.
          socket.on("error", () => socket.destroy());
          socket.once("close", () => clients.delete(socket));
          void serve(broker, socket, hello);
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
  server.maxConnections = MAX_CLIENTS;
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  // Also later: a connection that could not be taken concerns nobody else.
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
    socket.once("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Resolves when the client has gone, or was shown out. Never rejects. */
async function serve(broker: ServiceBroker, socket: Socket, hello: Hello): Promise<void> {
  const calls = new Set<Promise<void>>();
  const say = (message: Hello | Answered | Changed | Following) => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  };
  const following: Promise<() => Promise<void>>[] = [];
  const follow = async () => {
    // Changes are hints: a client that does not read them is told less.
    const tell = (changes: TaskChange[]) => {
      if (socket.writableLength <= MAX_UNSENT) say({ changes });
    };
    if (following.length === 0) following.push(followBy(broker)(tell));
    await following[0];
    say({ following: true });
  };
  say(hello);
  try {
    for await (const line of linesOf(socket, MAX_LINE)) {
      const asked = askedIn(line);
      // Not our REPL: it has nothing to ask here.
      if (asked === null) break;
      if ("follow" in asked) {
        await follow();
        continue;
      }
      const call = answer(broker, asked, say).finally(() => calls.delete(call));
      calls.add(call);
      while (calls.size >= MAX_CALLS) await Promise.race(calls);
      if (socket.writableLength > MAX_UNSENT) await read(socket);
      // Nobody is there any more for the lines that were read already.
      if (socket.destroyed) break;
    }
  } catch {
    // A line that is too long, or an answer that cannot be said.
  }
  socket.destroy();
  for (const end of await Promise.all(following)) await end();
}

/** Resolves once the client has read what it was answered, or has gone. */
async function read(socket: Socket): Promise<void> {
  const over = new AbortController();
  const events = ["drain", "close"].map((event) => once(socket, event, { signal: over.signal }));
  await Promise.race(events).catch(() => undefined);
  over.abort();
  await Promise.allSettled(events);
}

async function answer(
  broker: ServiceBroker,
  { id, action, params, meta }: Asked,
  say: (message: Answered) => void,
): Promise<void> {
  try {
    say({ id, result: await broker.call(action, params, { meta, tracking: false } as never) });
  } catch (error) {
    const { name, message, code, type, data } = error as Answered["error"] & Error;
    say({ id, error: { name, message, code, type, data } });
  }
}

function askedIn(line: string): Asked | Follows | null {
  try {
    const asked = JSON.parse(line) as Partial<Asked & Follows> | null;
    return typeof asked?.action === "string" || asked?.follow === true ? (asked as Asked | Follows) : null;
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
