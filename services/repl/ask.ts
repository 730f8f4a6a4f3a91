/** Calls of commands: as whom they ask, and what a refusal means to somebody who types. */

import type { ActionMap } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { parseTaskId } from "../../core/ids.ts";
import type { Page } from "../../core/page.ts";
import type { ExactTaskItem, ExactTaskView } from "../../core/task-json.ts";
import type { TaskQuery } from "../../core/task-views.ts";
import type { ActionName } from "../bus/types.ts";
import type { Session } from "./command.ts";
import type { LinkOptions } from "./link.ts";
import { Mistake } from "./mistake.ts";
import { oneLine } from "./paint.ts";

/** @throws BidaError */
export const ask = async <K extends ActionName>(
  session: Session,
  action: K,
  params: ActionMap[K][0],
  options?: LinkOptions,
): Promise<ActionMap[K][1]> => (await session.link()).call(action, params, options);

/** The JSON in it is the text that its caller wrote. @throws BidaError */
export const askTask = async (session: Session, taskId: string): Promise<ExactTaskView> =>
  (await ask(session, "scheduler.get", { taskId }, { exact: true })) as unknown as ExactTaskView;

/** As {@link askTask}. */
export const askTasks = async (
  session: Session,
  query: TaskQuery,
  options: LinkOptions = {},
): Promise<Page<ExactTaskItem>> =>
  (await ask(session, "admin.list", query, { exact: true, ...options })) as unknown as Page<ExactTaskItem>;

/** @throws Mistake */
export function checkedId(text: string): string {
  const id = parseTaskId(text);
  if (id === null)
    throw new Mistake(
      `"${text}" is no task id; ids look like 0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17, "tasks" lists them`,
    );
  return id;
}

/** The line for an error that no command has a better one for. */
export function lineOf(error: unknown): string {
  if (error instanceof Mistake) return error.message;
  if (!(error instanceof BidaError)) return `something went wrong here: ${oneLine((error as Error).message)}`;
  const [field] = error.errors;
  if (error.code === "unavailable")
    return `${error.message}; type "nodes" to see which nodes answer, then try again`;
  if (error.code === "internal") return "something went wrong in Bida; the log of its node says what";
  if (error.code === "unauthorized")
    return "the credentials are missing or wrong; give --key (an app's) or --user name:password (a user's)";
  if (field) return `${OPTION_OF[field.field] ?? field.field} ${field.message}`;
  return error.message;
}

/** Fields of the actions' parameters, as options name them. */
const OPTION_OF: Record<string, string> = {
  state: "--state",
  sourceAppName: "--source",
  targetAppName: "--target",
  url: "--target-url",
  q: "--q",
  createdFrom: "--from",
  createdTo: "--to",
  limit: "--limit",
  note: "--note",
};
