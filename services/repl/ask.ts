/** Calls of commands: as whom they ask, and what a refusal means to somebody who types. */

import type { ActionMap } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { parseTaskId } from "../../core/ids.ts";
import type { ExactTaskView } from "../../core/task-json.ts";
import { call } from "../bus/call.ts";
import type { ActionName } from "../bus/types.ts";
import type { Session } from "./command.ts";
import { Mistake } from "./mistake.ts";
import { oneLine } from "./paint.ts";

/** @throws BidaError */
export const ask = <K extends ActionName>(
  { broker, actor }: Session,
  action: K,
  params: ActionMap[K][0],
  options: { nodeID?: string; timeout?: number } = {},
): Promise<ActionMap[K][1]> => call(broker, action, params, { ...options, meta: { actor } });

/** The JSON in it is the text that its caller wrote. @throws BidaError */
export const askTask = async ({ broker, actor }: Session, taskId: string): Promise<ExactTaskView> =>
  (await call(
    broker,
    "scheduler.get",
    { taskId },
    { meta: { actor, exact: true } },
  )) as unknown as ExactTaskView;

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
  if (field) return `${OPTION_OF[field.field] ?? field.field} ${field.message}`;
  return error.message;
}

/** Fields of the actions' parameters, as options name them. */
const OPTION_OF: Record<string, string> = {
  state: "--state",
  sourceAppName: "--source",
  targetAppName: "--target",
  url: "--url",
  q: "--q",
  createdFrom: "--from",
  createdTo: "--to",
  limit: "--limit",
  note: "--note",
};
