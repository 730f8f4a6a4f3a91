/**
 * Tasks as text. A node that has a caller's own text passes it on as `{json}`: to parse it and print it again would change
 * numbers. Other services on NATS may do the same, or send plain values.
 */
import { BidaError } from "../../core/errors.ts";
import { printJson } from "../../core/json/print.ts";
import { readingJson } from "../../core/json/refusal.ts";
import { skimMember } from "../../core/json/skim.ts";
import { Slices } from "../../core/slices.ts";
import type { JsonEnvelope } from "../../core/submission.ts";

/** Of a batch; one is known. */
const MAX_NAMES = 50;
/** Tasks in one batch. */
const MAX_BATCH = 1000;

/**
 * The text of what came as parameters of an action.
 * @param value in an envelope or not
 * @throws BidaError invalid_task for values that have no JSON, such as NaN
 */
export function textOf(value: unknown): string {
  if (isEnvelope(value)) return value.json;
  return readingJson("invalid_task", () => printJson(value));
}

export function isEnvelope(value: unknown): value is JsonEnvelope {
  if (typeof value !== "object" || value === null || !("json" in value)) return false;
  return typeof value.json === "string" && Object.keys(value).length === 1;
}

/**
 * The items of a batch in a caller's text, each for {@link textOf}.
 * @throws BidaError invalid_json, invalid_task
 */
export async function batchOfText(text: string): Promise<JsonEnvelope[]> {
  const slices = new Slices();
  const items: JsonEnvelope[] = [];
  const skimmed = skimMember(text, "tasks", MAX_NAMES);
  for (;;) {
    const { done, value } = readingJson("invalid_task", () => skimmed.next());
    if (done) {
      if (value === null && !/^\s*\{/.test(text)) throw refused("body", "must be a JSON object");
      checkBatch(value ?? [], value && items);
      return items;
    }
    if (items.push({ json: value }) > MAX_BATCH) throw tooMany();
    if (slices.over) await slices.rest();
  }
}

/** The items of a batch that came as parameters, in an envelope or not. @throws BidaError as {@link batchOfText} */
export async function batchOf(params: unknown): Promise<unknown[]> {
  if (isEnvelope(params)) return batchOfText(params.json);
  const { tasks } = params as { tasks?: unknown };
  checkBatch(Object.keys(params as object), Array.isArray(tasks) ? tasks : null);
  return tasks as unknown[];
}

function checkBatch(names: string[], items: unknown[] | null): void {
  if (items === null) throw refused("tasks", "must be a list of tasks");
  if (items.length === 0 || items.length > MAX_BATCH) throw tooMany();
  const unknown = names.filter((name) => name !== "tasks");
  const errors = unknown.map((field) => ({ field: field.slice(0, 64), message: "is not a known field" }));
  if (errors.length > 0) throw new BidaError("invalid_task", undefined, { errors });
}

const tooMany = (): BidaError => refused("tasks", `takes 1 to ${MAX_BATCH} tasks`);

const refused = (field: string, message: string): BidaError =>
  new BidaError("invalid_task", undefined, { errors: [{ field, message }] });
