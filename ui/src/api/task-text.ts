/**
 * Tasks out of the text of an answer. `requestParam` and `expect` are cut out of it as they stand there, in the normal form
 * that `core/task-json.ts` prints; only the rest becomes values.
 */
import { skimList, skimObject } from "../../../core/json/skim.ts";
import type { Page, Task } from "./types.ts";

/** @throws JsonError */
export function taskOf(text: string): Task {
  const members = Array.from(skimObject(text) ?? [], ([name, raw]): [string, unknown] => {
    const isText = raw !== "null" && (name === "requestParam" || name === "expect");
    return [name, isText ? raw : JSON.parse(raw)];
  });
  return Object.fromEntries(members) as unknown as Task;
}

/** @throws JsonError */
export function taskPageOf(text: string): Page<Task> {
  const members = skimObject(text);
  const items = skimList(members?.get("items") ?? "[]") ?? [];
  return { items: items.map(taskOf), nextCursor: JSON.parse(members?.get("nextCursor") ?? "null") };
}
