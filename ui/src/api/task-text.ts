/**
 * Tasks out of the text of an answer. `requestParam` and `expect` are cut out of it as they stand there, in the normal form
 * that `core/task-json.ts` prints; only the rest becomes values.
 */
import { skimList, skimObject } from "../../../core/json/skim.ts";
import type { Page, Task } from "./types.ts";

/** @throws Error for what is no task */
export function taskOf(text: string): Task {
  const members = Array.from(membersOf(text), ([name, raw]): [string, unknown] => {
    const isText = raw !== "null" && (name === "requestParam" || name === "expect");
    return [name, isText ? raw : JSON.parse(raw)];
  });
  return Object.fromEntries(members) as unknown as Task;
}

/** @throws Error for what is no page of tasks */
export function taskPageOf(text: string): Page<Task> {
  const members = membersOf(text);
  const items = skimList(members.get("items") ?? "[]") ?? [];
  return { items: items.map(taskOf), nextCursor: JSON.parse(members.get("nextCursor") ?? "null") };
}

function membersOf(text: string): Map<string, string> {
  const members = skimObject(text);
  if (members === null) throw new SyntaxError("the answer is no JSON object");
  return members;
}
