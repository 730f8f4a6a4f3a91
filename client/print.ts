/** Tasks as the JSON that travels: a `bigint` as its digits, and nothing changed in silence as `JSON.stringify` would. */
import { JsonError } from "../core/json/error.ts";
import { printJson } from "../core/json/print.ts";
import { CallbackError } from "./error.ts";

/**
 * @param place what leads to the task in what the caller gave, for the names of fields
 * @throws CallbackError invalid_task, naming the field that has no JSON: NaN, Infinity, a Map …
 */
export function printTask(task: unknown, ...place: (string | number)[]): string {
  try {
    return printJson(task);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const field = [...place, error.field].filter((part) => part !== "").join(".") || "body";
    throw new CallbackError("invalid_task", "The task cannot be written as JSON", {
      errors: [{ field, message: error.message }],
      cause: error,
    });
  }
}
