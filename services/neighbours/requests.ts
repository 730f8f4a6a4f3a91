/** Answers what neighbours ask: each request becomes a call of the action on this node, and its result or refusal a response. */
import type { ServiceBroker } from "moleculer";
import { Errors } from "moleculer";
import type { ActionMap } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import type { PublicAction } from "../../core/public-actions.ts";
import { call } from "../bus/call.ts";
import { exactParams } from "../bus/exact-serializer.ts";
import type { CallMeta } from "../bus/types.ts";
import { toWire } from "../bus/wire-errors.ts";
import type { BatchPart } from "../tasks/batch-keys.ts";
import { isObject, type Packet, type WireError } from "./packets.ts";

/** So many requests of neighbours are answered at once, on one node and in one namespace; what comes beyond is refused. */
const MAX_UNDER_WAY = 10_000;
/** An id of a request, in characters: Moleculer's are UUIDs. */
const MAX_ID = 256;
/** How long an action gets where its caller sets no time, in ms; as everywhere in Bida. */
const USUAL_TIMEOUT = 10_000;
const LONGEST_TIMEOUT = 300_000;

/** What goes back, beside version and sender. */
export interface Response {
  id: string;
  meta: object;
  success: boolean;
  data: unknown;
  error?: WireError;
}

/** @returns why a request cannot be answered at all; null: it can */
export function requestProblem({ fields }: Packet): string | null {
  const { id, action } = fields;
  if (typeof id !== "string" || id === "" || id.length > MAX_ID) return "a request without an id";
  return typeof action === "string" ? null : "a request that names no action";
}

export class Requests {
  readonly #broker: ServiceBroker;
  #underWay = 0;
  #whenIdle = Promise.withResolvers<void>();

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
  }

  /**
   * @param action what is asked for; null: nothing that neighbours may call
   * @param packet one that has no {@link requestProblem}
   * @param isOwn it comes from a node of this installation, which says on whose behalf it asks
   */
  async answer(action: PublicAction | null, packet: Packet, isOwn: boolean): Promise<Response> {
    const { fields, text, sender } = packet;
    const id = fields.id as string;
    if (action === null) return this.#failed(id, this.#notFound(String(fields.action)));
    if (fields.stream === true)
      return this.refused(id, new BidaError("unsupported_media_type", "No action takes a stream"));
    if (this.#underWay >= MAX_UNDER_WAY) return this.refused(id, new BidaError("unavailable"));
    this.#underWay++;
    try {
      const params = exactParams(action, fields.params ?? {}, text) as ActionMap[typeof action][0];
      const options = {
        nodeID: this.#broker.nodeID,
        timeout: timeoutOf(fields.timeout),
        meta: isOwn && isObject(fields.meta) ? (fields.meta as CallMeta) : metaOf(fields.meta, sender),
      };
      const data = await call(this.#broker, action, params, options);
      return { id, meta: {}, success: true, data };
    } catch (error) {
      return this.refused(id, error);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#whenIdle.resolve();
    }
  }

  /** The response to a request that failed so. */
  refused(id: string, error: unknown): Response {
    return this.#failed(
      id,
      toWire(error, (cause) => this.#broker.logger.error({ err: cause }, "unexpected")),
    );
  }

  /** Resolves when nothing is under way, after `patienceMs` at the latest. */
  async idle(patienceMs: number): Promise<void> {
    if (this.#underWay === 0) return;
    this.#whenIdle = Promise.withResolvers();
    const timer = setTimeout(this.#whenIdle.resolve, patienceMs);
    await this.#whenIdle.promise;
    clearTimeout(timer);
  }

  #notFound(action: string): Error {
    const error = new Errors.ServiceNotFoundError({ action, nodeID: this.#broker.nodeID });
    // A stack tells callers about our insides.
    error.stack = `${error.name}: ${error.message}`;
    return error;
  }

  #failed(id: string, error: Error): Response {
    const { name, message, code, type, data, stack } = error as Errors.MoleculerError;
    const nodeID = this.#broker.nodeID;
    // Nothing is retried by the caller's broker: it cannot know whether a task was accepted.
    const shown = { name, message, nodeID, code, type, retryable: false, data, stack };
    return { id, meta: {}, success: false, data: null, error: shown };
  }
}

/** What is taken of a caller's `meta`: nothing that says on whose behalf it asks. That is the node itself. */
function metaOf(meta: unknown, sender: string): CallMeta {
  const given = isObject(meta) ? meta : {};
  const actor = { kind: "node" as const, id: null, name: sender, role: null };
  return {
    actor,
    ...("idempotencyKey" in given ? { idempotencyKey: given.idempotencyKey as string } : {}),
    ...("idempotencyPart" in given ? { idempotencyPart: given.idempotencyPart as BatchPart } : {}),
    ...(given.exact === true ? { exact: true as const } : {}),
  };
}

const timeoutOf = (timeout: unknown): number =>
  typeof timeout === "number" && timeout > 0 ? Math.min(timeout, LONGEST_TIMEOUT) : USUAL_TIMEOUT;
