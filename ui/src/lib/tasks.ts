/** Acting on tasks: which state allows what, and doing it to one or to many. */
import { ApiError } from "../api/problem.ts";
import { cancelTask, resolveTask, retryTask } from "../api/tasks.ts";
import type { RetrySchedule, Task, TaskState } from "../api/types.ts";
import type { IconName } from "../components/Icon.svelte";
import { confirm } from "../state/confirm.svelte.ts";
import type { News } from "../state/live.svelte.ts";
import { messageOf, toasts } from "../state/toasts.svelte.ts";
import { t } from "./i18n.svelte.ts";

export const STATES: TaskState[] = [
  "pending",
  "delivering",
  "succeeded",
  "exhausted",
  "canceled",
  "resolved",
];

export type Act = "retry" | "cancel" | "resolve";
export const ACTS: { act: Act; icon: IconName }[] = [
  { act: "retry", icon: "retry" },
  { act: "resolve", icon: "resolve" },
  { act: "cancel", icon: "cancel" },
];

/** Which of them a state allows; the server has the last word. */
const ALLOWED: Record<Act, TaskState[]> = {
  retry: ["pending", "succeeded", "exhausted", "canceled", "resolved"],
  cancel: ["pending", "delivering"],
  resolve: ["exhausted"],
};
export const allows = (act: Act, state: TaskState): boolean => ALLOWED[act].includes(state);
/** States that one act on many is for: nobody wants to repeat those that succeeded. */
export const meant = (act: Act, state: TaskState): boolean =>
  act === "retry" ? state === "exhausted" || state === "canceled" || state === "pending" : allows(act, state);

/** What the news make of a task that is shown: it may have left the list that it stands in. */
export function followTask(task: Task, news: News): Task {
  const change =
    news.type === "tasks" ? news.items.findLast(({ taskId }) => taskId === task.taskId) : undefined;
  if (!change) return task;
  const { state, callCount, limitCallCount, nextCallAt, lastError, at } = change;
  return { ...task, state, callCount, limitCallCount, nextCallAt, lastError, updatedAt: at };
}

/** Does it, without asking. @throws ApiError */
export function perform(
  taskId: string,
  act: Act,
  given: { note?: string; force?: boolean; schedule?: RetrySchedule } = {},
): Promise<Task> {
  const note = given.note ? { note: given.note } : {};
  const schedule = given.schedule === "whole" ? { schedule: given.schedule } : {};
  if (act === "retry")
    return retryTask(taskId, { ...note, ...schedule, ...(given.force && { force: true }) });
  return act === "cancel" ? cancelTask(taskId, note) : resolveTask(taskId, note);
}

/**
 * Does it to one task; asks first where it cannot be taken back, and says what happened.
 * @param options `ask`: in any case, as where one row among many is meant; `whole`: a retry with the whole schedule
 * @returns the task; null where the answer was no
 * @throws ApiError to be shown where the task is
 */
export async function act(
  task: Pick<Task, "taskId" | "state" | "url" | "calledUrl">,
  what: Act,
  options: { ask?: boolean; whole?: boolean } = {},
): Promise<Task | null> {
  const { whole = false } = options;
  const force = what === "retry" && task.state === "succeeded";
  let given: { note: string; schedule: RetrySchedule } = { note: "", schedule: "once" };
  if (what !== "retry" || force || whole || options.ask) {
    const question = force ? "again" : whole ? "whole" : what;
    const answer = await confirm({
      title: t(`confirm.${question}.title`),
      text: t(`confirm.${question}.text`, { url: task.calledUrl ?? task.url }),
      action: t(`act.${what}`),
      danger: what === "cancel",
      note: true,
      schedule: what === "retry" && !whole,
    });
    if (!answer) return null;
    given = whole ? { ...answer, schedule: "whole" } : answer;
  }
  const changed = await perform(task.taskId, what, { ...given, force });
  toasts.done(t(`done.${what}`), {
    link: { href: `/tasks/${task.taskId}`, text: t("action.open") },
  });
  return changed;
}

/** How many requests run side by side. */
const AT_ONCE = 6;

/** What became of many tasks. */
export interface Done {
  done: ReadonlySet<string>;
  /** Why each of these was refused. */
  refused: ReadonlyMap<string, string>;
  /** Not tried: it would not have been different for them. */
  left: readonly string[];
}

/** Does it to these tasks, a few at a time. Refusals do not stop the others, unless they are about who asks. */
export async function actOnMany(
  taskIds: string[],
  what: Act,
  given: { note: string; schedule: RetrySchedule },
  progress: (done: number) => void,
): Promise<Done> {
  const done = new Set<string>();
  const refused = new Map<string, string>();
  const left = [...taskIds];
  let isOver = false;
  const lane = async () => {
    while (!isOver) {
      const taskId = left.shift();
      if (taskId === undefined) return;
      try {
        await perform(taskId, what, given);
        done.add(taskId);
      } catch (error) {
        refused.set(taskId, messageOf(error));
        isOver ||= error instanceof ApiError && (error.status === 401 || error.status === 403);
      }
      progress(done.size + refused.size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { done, refused, left };
}
