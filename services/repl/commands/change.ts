/** `retry`, `cancel`, `resolve`: of one task or several. Each is recorded in the audit log. */
import type { BulkAction } from "../../../core/bulk.ts";
import type { TaskView } from "../../../core/contract.ts";
import { BidaError } from "../../../core/errors.ts";
import { ask, checkedId, lineOf } from "../ask.ts";
import { type Command, type Session, type Shown, shown, type Typed } from "../command.ts";
import { Mistake, Refused } from "../mistake.ts";
import { localTime } from "../paint.ts";
import { RETRY_OPTIONS, resultOf, retryOptions } from "./jobs.ts";
import { FILTERS, filterOf, unknownTask } from "./tasks.ts";

const MOST = 100;
const ID = "0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17";
const note = { value: "<text>", help: "why, for the audit log" };
/** Instead of ids. */
const MANY: Command["options"] = {
  ...FILTERS,
  "dry-run": { value: null, help: "with a filter: only counts" },
};
/** Counting among millions of tasks takes its time, in ms. */
const MANY_TIMEOUT = 60_000;

interface Change {
  /** What is wrong with the state → what to type instead. */
  instead(why: string, taskId: string): string;
  ask(session: Session, taskId: string, typed: Typed): Promise<TaskView>;
  done(task: TaskView): string;
}

export const retry: Command = {
  name: "tasks retry",
  short: "retry",
  args: "<id> …",
  arity: [0, MOST],
  summary: "calls tasks again, now",
  about: [
    "The automatic schedule goes on after it; with --whole it begins anew. Without ids: all that a filter finds.",
  ],
  options: { ...MANY, ...RETRY_OPTIONS, note, force: { value: null, help: "also one that has succeeded" } },
  examples: [
    `tasks retry ${ID}`,
    `tasks retry ${ID} --note "stock is back"`,
    `tasks retry ${ID} --force`,
    "tasks retry --state exhausted --target stock --from 2h --dry-run",
    "tasks retry --state exhausted --target stock --from 2h --whole --pace 20",
  ],
  run: each("retry", {
    ask: (session, taskId, typed) =>
      ask(session, "admin.retry", {
        taskId,
        force: typed.flags.has("force"),
        ...(typed.flags.has("whole") && { schedule: "whole" }),
        ...noteOf(typed),
      }),
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
  name: "tasks cancel",
  short: "cancel",
  args: "<id> …",
  arity: [0, MOST],
  summary: "ends open tasks",
  about: ["A call that is under way is recorded, and changes nothing. Without ids: all that a filter finds."],
  options: { ...MANY, note },
  examples: [`tasks cancel ${ID}`, `tasks cancel ${ID} --note "ordered twice"`],
  run: each("cancel", {
    ask: (session, taskId, typed) => ask(session, "admin.cancel", { taskId, ...noteOf(typed) }),
    done: () => "is canceled",
    instead: (why, taskId) =>
      why.includes("exhausted")
        ? `resolve ${taskId} declares it repaired, retry ${taskId} calls it again`
        : `it has ended; task ${taskId} shows it`,
  }),
};

export const resolve: Command = {
  name: "tasks resolve",
  short: "resolve",
  args: "<id> …",
  arity: [0, MOST],
  summary: "declares exhausted tasks repaired outside",
  about: ["Without ids: all that a filter finds."],
  options: { ...MANY, note },
  examples: [`tasks resolve ${ID} --note "booked by hand"`],
  run: each("resolve", {
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

/**
 * One line per task. Ids are all looked at before the first is changed; a task that cannot be does not stop the others.
 * As JSON: `{results: [{taskId, task} or {taskId, error}]}`.
 */
function each(action: BulkAction, change: Change): Command["run"] {
  return async (session, typed) => {
    if (typed.args.length === 0) return many(session, action, typed);
    if (typed.flags.has("dry-run") || Object.keys(filterOf(typed)).length > 0)
      throw new Mistake(`type ids or a filter, not both; --dry-run goes with a filter`);
    if (typed.text("pace") !== undefined) throw new Mistake("--pace goes with a filter, not with ids");
    const ids = [...new Set(typed.args.map(checkedId))];
    const lines: string[] = [];
    const results: object[] = [];
    for (const taskId of ids) {
      try {
        const task = await change.ask(session, taskId, typed).catch(unknownTask(taskId));
        lines.push(`${taskId} ${change.done(task)}`);
        results.push({ taskId, state: task.state, nextCallAt: task.nextCallAt });
      } catch (error) {
        const line = failure(error, taskId, change);
        if (ids.length === 1) throw error instanceof Mistake ? error : new Refused(line);
        lines.push(session.paint.bad(line));
        results.push({ taskId, error: line });
      }
    }
    const failed = results.some((result) => "error" in result);
    return { ...shown({ results }, lines.join("\n")), exit: failed ? 1 : 0 };
  };
}

/** What a filter finds. */
async function many(session: Session, action: BulkAction, typed: Typed): Promise<Shown> {
  const filter = filterOf(typed);
  if (Object.keys(filter).length === 0) throw new Mistake(`${action} needs more; type: ${action} <id> …`);
  if (typed.flags.has("force")) throw new Mistake("--force goes with ids, not with a filter");
  const dryRun = typed.flags.has("dry-run");
  const request = { filter, ...(dryRun ? { dryRun } : {}), ...retryOptions(typed), ...noteOf(typed) };
  return resultOf(await ask(session, "admin.changeMany", { action, request }, { timeout: MANY_TIMEOUT }));
}

function failure(error: unknown, taskId: string, { instead }: Change): string {
  if (!(error instanceof BidaError) || error.status !== 409) return lineOf(error);
  const why = (error.errors[0]?.message ?? error.message).split(";")[0] as string;
  return `${taskId}: ${why}; ${instead(why, taskId)}`;
}
