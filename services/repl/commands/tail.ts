/** `tail`: what happens to tasks, as it happens. */
import type { TaskChange } from "../../../core/contract.ts";
import { checkedId } from "../ask.ts";
import { type Command, NOTHING, type Session } from "../command.ts";
import { localTime, oneLine, span } from "../paint.ts";
import { numberOf } from "../times.ts";

export const tail: Command = {
  name: "tail",
  only: "shell",
  args: "",
  arity: [0, 0],
  summary: "prints what happens to tasks, as it happens; Ctrl-C ends it",
  about: ["A hint, not a record: what happens while nobody looks is not told later."],
  options: {
    task: { value: "<id>", help: "only this task" },
    source: { value: "<app>", help: "only tasks of this sourceAppName" },
    target: { value: "<app>", help: "only tasks of this targetAppName" },
    "target-url": { value: "<text>", help: "only where the URL has this in it" },
    failed: { value: null, help: "only failed calls and tasks that are exhausted" },
    count: { value: "<n>", help: "ends after so many lines" },
  },
  examples: ["tail", "tail --failed --target stock", "tail --json | jq .taskId"],
  async run(session, typed) {
    const taskId = typed.text("task");
    const wanted: Partial<TaskChange> = taskId === undefined ? {} : { taskId: checkedId(taskId) };
    const [source, target, url] = ["source", "target", "target-url"].map((name) => typed.text(name));
    const count = typed.text("count");
    let left = count === undefined ? Infinity : numberOf("--count", count, "a whole number");
    const failed = typed.flags.has("failed");
    const fits = (change: TaskChange) =>
      (wanted.taskId === undefined || change.taskId === wanted.taskId) &&
      (source === undefined || change.sourceAppName === source) &&
      (target === undefined || change.targetAppName === target) &&
      (url === undefined || change.url.includes(url)) &&
      (!failed || change.type === "task.exhausted" || change.attempt?.outcome === "failed");
    const over = new AbortController();
    const signal = AbortSignal.any([session.signal, over.signal]);
    // In turn: a reader that is slow is waited for.
    let printing: Promise<void> = Promise.resolve();
    const link = await session.link();
    session.endsItself = true;
    await link.follow((changes) => {
      for (const change of changes) {
        if (left <= 0 || !fits(change)) continue;
        left -= 1;
        const line = session.json ? JSON.stringify(change) : lineOf(change, session);
        printing = printing.then(() => session.print(line));
      }
      if (left <= 0) over.abort();
    }, signal);
    await printing;
    return NOTHING;
  },
};

function lineOf(change: TaskChange, { paint }: Session): string {
  const { type, taskId, callCount, limitCallCount, attempt, lastError, url } = change;
  const what = type.replace("task.", "");
  const style =
    what === "succeeded"
      ? paint.good(what.padEnd(9))
      : what === "exhausted"
        ? paint.bad(what.padEnd(9))
        : what.padEnd(9);
  const said = attempt
    ? `${attempt.statusCode ?? attempt.errorCode ?? "-"} in ${span(attempt.durationMs)}`
    : "-";
  const error = attempt?.outcome === "failed" && lastError ? paint.bad(` ${oneLine(lastError.message)}`) : "";
  return `${paint.faint(localTime(change.at))}  ${style}  ${taskId}  ${callCount}/${limitCallCount}  ${said}  ${oneLine(url)}${error}`;
}
