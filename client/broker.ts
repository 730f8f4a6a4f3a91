/** Over Moleculer: for services on the same NATS as Bida. */
import { type BidaClient, DEFAULT_TIMEOUT_MS, retryBody } from "./client.ts";
import type { ActionMap, BatchResult } from "./contract.ts";
import { cut } from "./cut.ts";
import { checkedKey, type KeyMeta, partMeta } from "./idempotency.ts";
import { fromMoleculer } from "./moleculer-error.ts";
import { everyPage } from "./pages.ts";
import { printTask } from "./print.ts";
import { waitFor } from "./wait.ts";

/** NATS takes messages up to 1 MiB unless configured otherwise; the rest is room for Moleculer's envelope. */
const MAX_MESSAGE_BYTES = 900_000;

/** What is needed of a Moleculer `ServiceBroker`. */
export interface MoleculerBroker {
  call(
    action: string,
    params: unknown,
    options: { timeout: number; retries: number; meta: Record<string, unknown> },
  ): Promise<unknown>;
}

export interface BrokerClientOptions {
  /** Milliseconds for one request. Default 10 000. */
  timeoutMs?: number | undefined;
}

/** What Moleculer offers beyond HTTP. */
export interface BrokerClient extends BidaClient {
  /**
   * Any of Bida's public actions, with its types. @throws CallbackError
   * @example
   * const { tasks } = await bida.action("bida.admin.statsSummary", {});
   */
  action<A extends keyof ActionMap>(name: A, params: ActionMap[A][0]): Promise<ActionMap[A][1]>;
}

/**
 * @param broker a started one, on the NATS of Bida's cluster, in a namespace that it serves (`BIDA_RPC_NAMESPACES`; Moleculer's
 *   default unless configured otherwise). Moleculer 0.14 or 0.15
 * @example
 * const bida = createBrokerClient(this.broker); // in a Moleculer service
 * const taskId = await bida.call({ url: "https://shop.example/paid", requestMethod: "POST", limitCallCount: 10 });
 */
export function createBrokerClient(broker: MoleculerBroker, options: BrokerClientOptions = {}): BrokerClient {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;

  async function act<A extends keyof ActionMap>(
    action: A,
    params: ActionMap[A][0],
    { keys = {}, withinMs = timeoutMs }: { keys?: KeyMeta; withinMs?: number } = {},
  ): Promise<ActionMap[A][1]> {
    const timeout = Math.min(timeoutMs, withinMs);
    try {
      // The broker's own retries would hand a task over twice when only the answer was late.
      return (await broker.call(action, params, {
        timeout,
        retries: 0,
        meta: { ...keys },
      })) as ActionMap[A][1];
    } catch (error) {
      throw fromMoleculer(action, error);
    }
  }

  return {
    async call(task, more) {
      const keys = keysOf(checkedKey(more?.idempotencyKey));
      return (await act("bida.scheduler.submit", { json: printTask(task) }, { keys })).taskId;
    },
    async callBatch(tasks, more) {
      const key = checkedKey(more?.idempotencyKey);
      // As text: the broker's own JSON knows no bigint, and others would read its numbers with less digits.
      const texts = tasks.map((task, i) => ({ json: printTask(task, "tasks", i) }));
      const parts = cut(texts, MAX_MESSAGE_BYTES);
      const results: BatchResult[] = [];
      let from = 0;
      for (const [i, part] of parts.entries()) {
        const isCut = key !== undefined && parts.length > 1;
        const keys = isCut ? partMeta(key, i + 1, from) : keysOf(key);
        results.push(...(await act("bida.scheduler.submitBatch", { tasks: part }, { keys })).results);
        from += part.length;
      }
      return results;
    },
    async get(taskId) {
      return act("bida.scheduler.get", { taskId });
    },
    async attempts(taskId) {
      return everyPage((cursor) =>
        act("bida.scheduler.attempts", cursor === null ? { taskId } : { taskId, cursor }),
      );
    },
    async retry(taskId, more) {
      return act("bida.admin.retry", { taskId, ...retryBody(more) });
    },
    async cancel(taskId) {
      return act("bida.scheduler.cancel", { taskId });
    },
    async resolve(taskId) {
      return act("bida.admin.resolve", { taskId });
    },
    async list(query = {}) {
      return act("bida.admin.list", query);
    },
    action: (name, params) => act(name, params),
    async waitFor(taskId, more) {
      return waitFor((withinMs) => act("bida.scheduler.get", { taskId }, { withinMs }), more);
    },
  };
}

const keysOf = (key: string | undefined): KeyMeta => (key === undefined ? {} : { idempotencyKey: key });
