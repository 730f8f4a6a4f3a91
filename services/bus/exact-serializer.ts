/**
 * Moleculer's JSON, except that tasks in requests stay the text that their caller wrote: other services of the cluster, in
 * any language, send them as plain values, and `JSON.parse` would change their numbers and the order of their keys. What
 * Bida's nodes send each other is text in envelopes already and costs nothing here.
 */
import { Serializers } from "moleculer";
import { skimList, skimObject } from "../../core/json/skim.ts";
import type { JsonEnvelope } from "../../core/submission.ts";
import { isEnvelope } from "../tasks/task-text.ts";

/** What Moleculer calls a packet that asks for an action. */
const REQUEST = "REQ";

/** Where each action has its tasks: parameters as they came, and their text → parameters with envelopes. */
const CARRIERS: Record<string, (params: unknown, text: string) => unknown> = {
  "scheduler.submit": enveloped,
  "scheduler.submitBatch": (params, text) => {
    const { tasks } = params as { tasks?: unknown };
    if (!Array.isArray(tasks) || tasks.every(isEnvelope)) return params;
    const texts = skimList(skimObject(text)?.get("tasks") ?? "") ?? [];
    return { ...(params as object), tasks: tasks.map((task, i) => enveloped(task, texts[i] as string)) };
  },
  "admin.resend": (params, text) => {
    const { changes } = params as { changes?: unknown };
    if (isEnvelope(changes) || typeof changes !== "object") return params;
    return { ...(params as object), changes: enveloped(changes, skimObject(text)?.get("changes") as string) };
  },
};

function enveloped(value: unknown, text: string): unknown {
  return isEnvelope(value) ? value : ({ json: text } satisfies JsonEnvelope);
}

/**
 * The parameters of a request, with the tasks in them as text.
 * @param action the name that it has among Bida's nodes
 * @param params as they were parsed
 * @param text of the whole packet
 */
export function exactParams(action: string, params: unknown, text: string): unknown {
  if (!Object.hasOwn(CARRIERS, action)) return params;
  if (typeof params !== "object" || params === null || isEnvelope(params)) return params;
  const envelop = CARRIERS[action] as (typeof CARRIERS)[string];
  return envelop(params, skimObject(text)?.get("params") as string);
}

export class ExactSerializer extends Serializers.JSON {
  override deserialize(bytes: string | Buffer, type?: string): unknown {
    const text = bytes.toString();
    const packet = JSON.parse(text);
    if (type !== REQUEST) return packet;
    const params = exactParams(packet.action, packet.params, text);
    return params === packet.params ? packet : { ...packet, params };
  }
}
