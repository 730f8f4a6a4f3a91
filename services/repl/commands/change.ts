/** `retry`, `cancel`, `resolve`: of one task or several. Each is recorded in the audit log. */
import type { TaskView } from "../../../core/contract.ts";
import { BidaError } from "../../../core/errors.ts";
import { ask, checkedId, lineOf } from "../ask.ts";
import type { Command, Session, Typed } from "../command.ts";
import { Mistake } from "../mistake.ts";
import { localTime } from "../paint.ts";
import { unknownTask } from "./tasks.ts";

const MOST = 100;
const ID = "0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17";
const note = { value: "<text>", help: "why, for the audit log" };

interface Change {
  /** What is wrong with the state → what to type instead. */
  instead(why: string, taskId: string): string;
  ask(session: Session, taskId: string, typed: Typed): Promise<TaskView>;
  done(task: TaskView): string;
}

export const retry: Command = {
  name: "retry",
  args: "<id> …",
  arity: [1, MOST],
  summary: "calls tasks again, now",
  about: ["The automatic schedule goes on after it. Many by a filter: POST /v1/tasks/retry."],
  options: { note, force: { value: null, help: "also one that has succeeded" } },
  examples: [`retry ${ID}`, `retry ${ID} --note "stock is back"`, `retry ${ID} --force`],
  run: each({
    ask: (session, taskId, typed) =>
      ask(session, "admin.retry", { taskId, force: typed.flags.has("force"), ...noteOf(typed) }),
    done: ({ nextCallAt }) => `is called again (${nextCallAt ? localTime(nextCallAt) : "now"})`,
    instead: (why, taskId) =>
      why.includes("succeeded")
        ? `retry ${taskId} --force calls it again`
        : why.includes("orderKey")
          ? `task ${taskId} shows which`
          : "try again when the call has ended",
  }),
};

export const cancel: Command = {
  name: "cancel",
  args: "<id> …",
  arity: [1, MOST],
  summary: "ends open tasks",
  about: ["A call that is under way is recorded, and changes nothing."],
  options: { note },
  examples: [`cancel ${ID}`, `cancel ${ID} --note "ordered twice"`],
  run: each({
    ask: (session, taskId, typed) => ask(session, "admin.cancel", { taskId, ...noteOf(typed) }),
    done: () => "is canceled",
    instead: (why, taskId) =>
      why.includes("exhausted")
        ? `resolve ${taskId} declares it mended, retry ${taskId} calls it again`
        : `it has ended; task ${taskId} shows it`,
  }),
};

export const resolve: Command = {
  name: "resolve",
  args: "<id> …",
  arity: [1, MOST],
  summary: "declares exhausted tasks mended outside",
  options: { note },
  examples: [`resolve ${ID} --note "booked by hand"`],
  run: each({
    ask: (session, taskId, typed) => ask(session, "admin.resolve", { taskId, ...noteOf(typed) }),
    done: () => "is resolved",
    instead: (why, taskId) =>
      /pending|delivering/.test(why)
        ? `cancel ${taskId} ends an open one`
        : `it has ended; task ${taskId} shows it`,
  }),
};

const noteOf = (typed: Typed): { note?: string } => {
  const text = typed.text("note");
  return text === undefined ? {} : { note: text };
};

/** One line per task. Ids are all looked at before the first is changed; a task that cannot be does not stop the others. */
function each(change: Change): Command["run"] {
  return async (session, typed) => {
    const ids = [...new Set(typed.args.map(checkedId))];
    const lines: string[] = [];
    let failed = false;
    for (const taskId of ids) {
      try {
        const task = await change.ask(session, taskId, typed).catch(unknownTask(taskId));
        lines.push(`${taskId} ${change.done(task)}`);
      } catch (error) {
        const line = failure(error, taskId, change);
        if (ids.length === 1) throw new Mistake(line);
        failed = true;
        lines.push(session.paint.bad(line));
      }
    }
    if (failed) throw new Mistake(lines.join("\n"));
    return lines.join("\n");
  };
}

function failure(error: unknown, taskId: string, { instead }: Change): string {
  if (!(error instanceof BidaError) || error.status !== 409) return lineOf(error);
  const why = (error.errors[0]?.message ?? error.message).split(";")[0] as string;
  return `${taskId}: ${why}; ${instead(why, taskId)}`;
}
