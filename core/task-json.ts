/** Tasks as Bida's nodes pass them on and print them: the JSON in them stays the text that it is. */

import type { Page } from "./contract.ts";
import type { JsonText } from "./json/text.ts";
import type { TaskItem, TaskView } from "./task-views.ts";

/** A {@link TaskView} for those who ask for it `exact`. */
export interface ExactTaskView extends Omit<TaskView, "requestParam" | "expect"> {
  requestParam: JsonText | null;
  expect: JsonText | null;
}

/** A {@link TaskItem}, likewise. */
export type ExactTaskItem = Omit<TaskItem, "requestParam" | "expect"> &
  Partial<Pick<ExactTaskView, "requestParam" | "expect">>;

/** The JSON of a task, numbers and all as its caller wrote them. */
export function printTask(task: ExactTaskItem): string {
  const members = Object.entries(task).flatMap(([name, value]) => {
    const json = name === "requestParam" || name === "expect" ? value : JSON.stringify(value);
    return json === undefined ? [] : [`"${name}":${json}`];
  });
  return `{${members.join()}}`;
}

export const printTaskPage = ({ items, nextCursor }: Page<ExactTaskItem>): string =>
  `{"items":[${items.map(printTask).join()}],"nextCursor":${JSON.stringify(nextCursor)}}`;
