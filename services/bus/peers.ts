/**
 * Asking one of several nodes, and another one where the first does not answer. A node that was killed or frozen stays
 * in the registry until its heartbeats are missed (6 s); a caller should not wait for that. Only for actions that may be
 * carried out twice.
 */
import type { ServiceBroker } from "moleculer";
import type { ActionMap } from "../../core/contract.ts";
import { BidaError, isRefusalCode } from "../../core/errors.ts";
import { call, callOnce, isNotBegun, overRestarts } from "./call.ts";
import type { NatsTransporter } from "./nats-transporter.ts";
import type { ActionName, CallOptions } from "./types.ts";

/** A node that did not answer is asked last for so long, in ms; by then the registry knows. */
const SUSPECTED = 6_000;

interface Memory {
  /** Node → until when it is suspected, in monotonic ms. */
  suspects: Map<string, number>;
  turn: number;
}

const memories = new WeakMap<ServiceBroker, Memory>();

/** Nodes that offer an action now. */
export function nodesWith(broker: ServiceBroker, action: ActionName): string[] {
  const { actions } = broker.registry as unknown as Registry;
  const endpoints = actions.get(action)?.endpoints ?? [];
  return endpoints.filter(({ node }) => node.available).map(({ node }) => node.id);
}

/** The part of Moleculer's registry that its types do not show. Its `getActionList` copies the schemas of all actions. */
interface Registry {
  actions: { get(action: string): { endpoints: { node: { id: string; available: boolean } }[] } | undefined };
}

/**
 * {@link call}, with a first try at one node that gets `patienceMs`, and a second one at another node that gets the usual
 * time. Where there is only one node, or this one is among them, it is a usual call.
 * @throws BidaError as the second node says, `unavailable` where neither answers
 */
export async function askAny<K extends ActionName>(
  broker: ServiceBroker,
  action: K,
  params: ActionMap[K][0],
  patienceMs: number,
  options: CallOptions = {},
): Promise<ActionMap[K][1]> {
  return overRestarts(async () => {
    const pair = twoInTurn(broker, action);
    if (pair === null) return callOnce(broker, action, params, options);
    const [first, second] = pair;
    try {
      return await tried(broker, first, action, params, { ...options, timeout: patienceMs });
    } catch (error) {
      if ((error as BidaError).code !== "unavailable") throw error;
      return tried(broker, second, action, params, options);
    }
  });
}

/** Whom to ask first and second; null where this node offers the action itself, or fewer than two do. */
function twoInTurn(broker: ServiceBroker, action: ActionName): [string, string] | null {
  const nodes = nodesWith(broker, action);
  if (nodes.length < 2 || nodes.includes(broker.nodeID)) return null;
  return inOrder(memoryOf(broker), nodes) as [string, string];
}

/** How long a node may take to say that it is alive, in ms; and between two such questions. */
const PING = 1_000;

/**
 * {@link askAny} for what should not be carried out twice without need, although it may be: a node that is only slow, and
 * says that it is alive, is waited for. Otherwise an overload would double itself: what is slow to commit would be
 * committed by two.
 */
export function askAnyOnce<K extends ActionName>(
  broker: ServiceBroker,
  action: K,
  params: ActionMap[K][0],
  patienceMs: number,
  options: CallOptions = {},
): Promise<ActionMap[K][1]> {
  return overRestarts(() => askInTurn(broker, action, params, patienceMs, options, async () => true));
}

/**
 * {@link askAnyOnce} for what comes from outside, and may itself be what the first node is silent for: the second node is not
 * asked then, unless the first is known to be dead ({@link NatsTransporter.isGone}) or says that it is alive and has nothing
 * of it. One request must not hold up one node after another.
 * @throws BidaError also `unanswered`: nobody knows whether the first node has carried it out
 */
export async function askOneUnlessDead<K extends ActionName>(
  broker: ServiceBroker,
  action: K,
  params: ActionMap[K][0],
  patienceMs: number,
  options: CallOptions = {},
): Promise<ActionMap[K][1]> {
  const mayPassOn = (nodeID: string) => isGone(broker, nodeID);
  return overRestarts(() => askInTurn(broker, action, params, patienceMs, options, mayPassOn));
}

/** @param mayPassOn whether the second node may be asked, where the first one says nothing at all */
async function askInTurn<K extends ActionName>(
  broker: ServiceBroker,
  action: K,
  params: ActionMap[K][0],
  patienceMs: number,
  options: CallOptions,
  mayPassOn: (nodeID: string) => Promise<boolean>,
): Promise<ActionMap[K][1]> {
  const pair = twoInTurn(broker, action);
  if (pair === null) return callOnce(broker, action, params, options);
  const [first, second] = pair;
  const asked = tried(broker, first, action, params, options);
  try {
    for (let wait = patienceMs; ; wait = PING) {
      const answer = await within(wait, asked);
      if (answer !== null) return answer;
      if (await isAlive(broker, first)) return await asked;
      // Others are not to wait for it as well.
      memoryOf(broker).suspects.set(first, performance.now() + SUSPECTED);
      if (await mayPassOn(first)) break;
    }
  } catch (error) {
    if ((error as BidaError).code !== "unavailable") throw error;
    // Its own words, or it is there and its answer was lost on the way: it is not held up.
    const speaks = isRefusalCode(((error as BidaError).cause as { type?: unknown } | undefined)?.type);
    const mayHaveBegun = !speaks && !isNotBegun(error as BidaError);
    if (mayHaveBegun && !(await mayPassOn(first)) && !(await isAlive(broker, first))) {
      broker.logger.warn(
        {
          peer: first,
          action,
          meanwhile: "it is not handed to another node; the caller is told to repeat it",
        },
        "a node went silent over a request",
      );
      throw new BidaError("unanswered", undefined, { cause: error });
    }
  }
  // Its answer may still come; nobody waits for it.
  asked.catch(() => undefined);
  memoryOf(broker).suspects.set(first, performance.now() + SUSPECTED);
  return tried(broker, second, action, params, options);
}

/** What `asked` comes to; null where that takes longer. */
async function within<T>(ms: number, asked: Promise<T>): Promise<T | null> {
  const patience = Promise.withResolvers<null>();
  const timer = setTimeout(patience.resolve, ms, null);
  return Promise.race([asked, patience.promise]).finally(() => clearTimeout(timer));
}

const isAlive = (broker: ServiceBroker, nodeID: string): Promise<boolean> =>
  call(broker, "node.info", {}, { nodeID, timeout: PING }).then(
    () => true,
    () => false,
  );

/** Whether it is known that a node's process has ended; false where the transporter cannot tell. */
function isGone(broker: ServiceBroker, nodeID: string): Promise<boolean> {
  const { tx } = broker.transit as unknown as { tx: Partial<Pick<NatsTransporter, "isGone">> };
  return tx.isGone?.(nodeID, PING) ?? Promise.resolve(false);
}

/** How long a read waits for one node before it asks another, in ms. */
const READ_PATIENCE = 3_000;

/** {@link askAny} for actions that change nothing. */
export function read<K extends ActionName>(
  broker: ServiceBroker,
  action: K,
  params: ActionMap[K][0],
  options: CallOptions = {},
): Promise<ActionMap[K][1]> {
  return askAny(broker, action, params, READ_PATIENCE, options);
}

async function tried<K extends ActionName>(
  broker: ServiceBroker,
  nodeID: string,
  action: K,
  params: ActionMap[K][0],
  options: CallOptions,
): Promise<ActionMap[K][1]> {
  const { suspects } = memoryOf(broker);
  try {
    const answer = await call(broker, action, params, { ...options, nodeID });
    suspects.delete(nodeID);
    return answer;
  } catch (error) {
    if ((error as BidaError).code === "unavailable") suspects.set(nodeID, performance.now() + SUSPECTED);
    else suspects.delete(nodeID);
    throw error;
  }
}

/** In turn, suspects last. */
function inOrder(memory: Memory, nodes: string[]): string[] {
  const now = performance.now();
  for (const [nodeID, until] of memory.suspects) if (until <= now) memory.suspects.delete(nodeID);
  const first = memory.turn++ % nodes.length;
  const turned = [...nodes.slice(first), ...nodes.slice(0, first)];
  const isSuspect = (nodeID: string) => Number(memory.suspects.has(nodeID));
  return turned.sort((a, b) => isSuspect(a) - isSuspect(b));
}

function memoryOf(broker: ServiceBroker): Memory {
  const memory = memories.get(broker) ?? { suspects: new Map(), turn: 0 };
  memories.set(broker, memory);
  return memory;
}
