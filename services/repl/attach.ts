/** The REPL's way into an embedded process: a broker that stands in for it and passes every call on. */

import { connect, type Socket } from "node:net";
import { Errors, ServiceBroker } from "moleculer";
import type { ClientConfig } from "../../core/config.ts";
import type { TaskChange } from "../../core/contract.ts";
import { sharedOptions } from "../bus/broker-options.ts";
import { callsAs, operator } from "./actor.ts";
import { linesOf } from "./lines.ts";
import type { Follow } from "./link.ts";
import { Unreachable } from "./mistake.ts";
import {
  type Answered,
  type Asked,
  type Changed,
  type Following,
  type Follows,
  type Hello,
  socketOf,
} from "./socket.ts";

/** An answer, in bytes: a page of tasks with their bodies is by far the longest. */
const MAX_ANSWER = 512 * 1024 * 1024;

export interface Attached {
  broker: ServiceBroker;
  follow: Follow;
}

/**
 * A broker with the name and the actions of the process, so commands work as they do in a cluster of one node.
 * @param onGone the process ended, or was stopped
 * @throws Unreachable
 */
export async function attach(config: ClientConfig, onGone: () => void): Promise<Attached> {
  const { dataDir } = config;
  const address = socketOf(dataDir);
  if (address === null)
    throw new Unreachable(`BIDA_DATA_DIR: ${dataDir} is too long a path for a socket; use a shorter one`);
  const { socket, hello, ask, follow } = await connected(address, dataDir);
  const broker = new ServiceBroker({
    ...sharedOptions(config),
    nodeID: hello.nodeID,
    middlewares: [callsAs(operator())],
  });
  for (const [name, actions] of Object.entries(hello.actions)) {
    const handlers = actions.map((action) => [
      action,
      (ctx: { params: unknown; meta: Asked["meta"] }) => ask(`${name}.${action}`, ctx.params, ctx.meta),
    ]);
    broker.createService({ name, actions: Object.fromEntries(handlers) });
  }
  let stopped = false;
  socket.once("close", () => {
    if (!stopped) onGone();
  });
  broker.options.stopped = () => {
    stopped = true;
    socket.destroy();
  };
  await broker.start();
  return { broker, follow };
}

async function connected(address: string, dataDir: string) {
  const socket = await reached(address, dataDir);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const hello = Promise.withResolvers<Hello>();
  let count = 0;
  let onChanges: ((changes: TaskChange[]) => void) | null = null;
  const following = Promise.withResolvers<void>();
  // It may never be asked for.
  following.promise.catch(() => undefined);
  const receive = (message: Hello | Answered | Changed | Following) => {
    if ("nodeID" in message) return hello.resolve(message);
    if ("changes" in message) return onChanges?.(message.changes);
    if ("following" in message) return following.resolve();
    const { id, result, error } = message;
    if (error) waiting.get(id)?.reject(errorOf(error));
    else waiting.get(id)?.resolve(result);
    waiting.delete(id);
  };
  socket.once("close", () => {
    following.reject(new Unreachable("the Bida process has gone"));
    hello.reject(new Unreachable("the Bida process closed the connection; look at its log"));
    for (const { reject } of waiting.values())
      reject(new Errors.MoleculerError("The Bida process has gone", 503, "unavailable"));
  });
  socket.on("error", () => socket.destroy());
  const read = async () => {
    for await (const line of linesOf(socket, MAX_ANSWER))
      receive(JSON.parse(line) as Hello | Answered | Changed);
  };
  // What is no answer of Bida's ends it.
  read().catch(() => socket.destroy());
  const ask = (action: string, params: unknown, meta: Asked["meta"]) => {
    const id = ++count;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    socket.write(`${JSON.stringify({ id, action, params, meta } satisfies Asked)}\n`);
    return answer.promise;
  };
  const follow: Follow = async (listener) => {
    onChanges = listener;
    socket.write(`${JSON.stringify({ follow: true } satisfies Follows)}\n`);
    await following.promise;
    return async () => {
      onChanges = null;
    };
  };
  return { socket, hello: await hello.promise, ask, follow };
}

async function reached(address: string, dataDir: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(address, () => resolve(socket));
  socket.on("error", ({ code }: NodeJS.ErrnoException) =>
    reject(
      new Unreachable(
        code === "EACCES"
          ? `the Bida process on ${dataDir} belongs to another user; run this as that user`
          : `no Bida runs on ${dataDir}; start it (npm start), or set BIDA_DATA_DIR, or BIDA_NATS_URL for a cluster`,
      ),
    ),
  );
  return promise;
}

function errorOf({ name, message, code, type, data }: NonNullable<Answered["error"]>): Error {
  const error = new Errors.MoleculerError(message, code, type, data);
  error.name = name;
  return error;
}
