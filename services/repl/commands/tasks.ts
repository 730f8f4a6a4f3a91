/** `tasks`, `task`: looking. */
import type { AttemptView, Page, TaskItem, TaskQuery } from "../../../core/contract.ts";
import { BidaError } from "../../../core/errors.ts";
import { STATES, type TaskState } from "../../../core/task.ts";
import type { ExactTaskView } from "../../../core/task-json.ts";
import { ask, askTask, checkedId } from "../ask.ts";
import type { Command, Session, Typed } from "../command.ts";
import { Mistake, nearest } from "../mistake.ts";
import { cut, localTime, oneLine, plain, span } from "../paint.ts";
import { timeOf } from "../times.ts";

const LIMIT = 20;
/** A page is looked for this long, in ms, before "more" is offered instead. */
const PATIENCE = 10_000;

export const tasks: Command = {
  name: "tasks",
  args: "[options]",
  arity: [0, 0],
  summary: "lists tasks, newest first",
  about: ['All options that are given must hold. "more" shows the next page.'],
  options: {
    state: { value: "<state>", help: `${STATES.join(", ")}; several: --state a,b`, multiple: true },
    source: { value: "<app>", help: "sourceAppName" },
    target: { value: "<app>", help: "targetAppName" },
    url: { value: "<text>", help: "part of the URL" },
    q: { value: "<text>", help: "part of the payload" },
    from: { value: "<time>", help: 'created since: 2h (ago), 2026-11-23, "2026-11-23 18:05"' },
    to: { value: "<time>", help: "created before" },
    due: { value: null, help: "open tasks, the one that is due first on top" },
    limit: { value: "<n>", help: `1 to 200 (${LIMIT})` },
  },
  examples: [
    "tasks --state exhausted --from 2h",
    "tasks --state pending,delivering --due --limit 5",
    'tasks --target stock --url /orders/ --from "2026-11-23 08:00"',
  ],
  run: (session, typed) => listed(session, queryOf(typed)),
};

export const more: Command = {
  name: "more",
  args: "",
  arity: [0, 0],
  summary: "shows the next page of the last list",
  options: {},
  examples: ["more"],
  async run(session) {
    if (session.more === null) throw new Mistake('there is no next page; type "tasks" to list from the top');
    return session.more();
  },
};

/** The service looks for a moment only, and a filter that few tasks fit gives short pages: it is asked until one is full. */
async function pageOf(session: Session, query: TaskQuery & { limit: number }) {
  const until = performance.now() + PATIENCE;
  const items: TaskItem[] = [];
  let cursor = query.cursor ?? null;
  do {
    const rest = { ...query, limit: query.limit - items.length, ...(cursor !== null && { cursor }) };
    const page = await ask(session, "admin.list", rest);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < query.limit && performance.now() < until);
  return { items, nextCursor: cursor };
}

async function listed(session: Session, query: TaskQuery & { limit: number }): Promise<string> {
  const { items, nextCursor } = await pageOf(session, query);
  session.more = nextCursor === null ? null : () => listed(session, { ...query, cursor: nextCursor });
  if (items.length === 0) return nextCursor === null ? "no tasks" : 'nothing found yet; "more" looks further';
  const { paint } = session;
  const rows = items.map((task) => [
    task.taskId,
    paint.state(task.state),
    `${task.callCount}/${task.limitCallCount}`,
    localTime(task.createdAt),
    localTime(task.nextCallAt),
    oneLine(task.sourceAppName ?? "-"),
    oneLine(task.targetAppName ?? "-"),
    task.lastError?.code ?? "-",
    oneLine(`${task.requestMethod} ${task.url}`),
  ]);
  const headings = ["id", "state", ">calls", "created", "next call", "source", "target", "last error", "url"];
  const table = paint.table(headings, rows);
  return nextCursor === null ? table : `${table}\n${paint.faint('"more" shows the next page')}`;
}

function queryOf(typed: Typed): TaskQuery & { limit: number } {
  const limit = typed.text("limit") ?? String(LIMIT);
  if (!/^\d+$/.test(limit)) throw new Mistake(`--limit must be 1 to 200, not "${limit}"`);
  const [from, to] = [typed.text("from"), typed.text("to")];
  const given = {
    sourceAppName: typed.text("source"),
    targetAppName: typed.text("target"),
    url: typed.text("url"),
    q: typed.text("q"),
    createdFrom: from === undefined ? undefined : timeOf("--from", from),
    createdTo: to === undefined ? undefined : timeOf("--to", to),
  };
  const states = typed.all("state").flatMap((text) => text.split(",").map(stateOf));
  if (states.length > 0) Object.assign(given, { state: states });
  if (typed.flags.has("due") && states.some((state) => state !== "pending" && state !== "delivering"))
    throw new Mistake("--due lists open tasks only; type --state pending,delivering, or leave --state out");
  if (typed.flags.has("due")) Object.assign(given, { sort: "due" });
  const there = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(there), limit: Number(limit) };
}

function stateOf(text: string): TaskState {
  const known: readonly string[] = STATES;
  if (known.includes(text)) return text as TaskState;
  const meant = nearest(text, [...known]);
  throw new Mistake(
    `there is no state "${text}"; ${meant ? `did you mean ${meant}?` : `type one of ${known.join(", ")}`}`,
  );
}

export const task: Command = {
  name: "task",
  args: "<id>",
  arity: [1, 1],
  summary: "shows a task with its attempts",
  options: { answers: { value: null, help: "also what was answered" } },
  examples: [
    "task 0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17",
    "task 0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17 --answers",
  ],
  async run(session, { args: [text = ""], flags }) {
    const taskId = checkedId(text);
    const [found, attempts] = await Promise.all([
      askTask(session, taskId),
      attemptsOf(session, taskId),
    ]).catch(unknownTask(taskId));
    const { paint } = session;
    const parts = [paint.fields(fieldsOf(found, session))];
    parts.push(attempts.length === 0 ? "no attempts yet" : attemptTable(attempts, session));
    if (flags.has("answers")) parts.push(...attempts.map((attempt) => answerOf(attempt, session)));
    return parts.join("\n\n");
  },
};

/** All of them, oldest first. */
async function attemptsOf(session: Session, taskId: string): Promise<AttemptView[]> {
  const items: AttemptView[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<AttemptView> = await ask(session, "scheduler.attempts", {
      taskId,
      limit: 200,
      ...(cursor !== null && { cursor }),
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

/** For `catch`: says which task there is not. */
export const unknownTask =
  (taskId: string) =>
  (error: unknown): never => {
    if (!(error instanceof BidaError) || error.code !== "not_found") throw error;
    throw new Mistake(`there is no task ${taskId}; "tasks" lists those that there are`);
  };

function fieldsOf(found: ExactTaskView, { paint }: Session): [string, string | null][] {
  const payload = found.body ?? found.requestParam ?? (found.bodyBase64 && `base64 ${found.bodyBase64}`);
  const { lastError } = found;
  return [
    ["id", found.taskId],
    ["state", paint.state(found.state)],
    ["call", oneLine(`${found.requestMethod} ${found.url}`)],
    ["payload", payload === null ? null : cut(oneLine(payload), 200)],
    ["calls", `${found.callCount} of ${found.limitCallCount}`],
    ["next call", found.nextCallAt && localTime(found.nextCallAt)],
    ["held by", found.heldBy ? `${found.heldBy} (orderKey ${oneLine(found.orderKey ?? "")})` : null],
    ["expires", found.expiresAt && localTime(found.expiresAt)],
    ["source", found.sourceAppName && oneLine(found.sourceAppName)],
    ["target", found.targetAppName && oneLine(found.targetAppName)],
    ["resend of", found.resendOf ?? null],
    ["last error", lastError && paint.bad(`${lastError.code}: ${oneLine(lastError.message)}`)],
    ["created", localTime(found.createdAt)],
    ["finished", found.finishedAt && localTime(found.finishedAt)],
  ];
}

function attemptTable(items: AttemptView[], { paint }: Session): string {
  const rows = items.map((attempt) => [
    String(attempt.n),
    localTime(attempt.startedAt),
    span(attempt.durationMs),
    attempt.outcome === "succeeded" ? paint.good(attempt.outcome) : paint.bad(attempt.outcome),
    String(attempt.statusCode ?? "-"),
    attempt.node,
    attempt.errorCode ? `${attempt.errorCode}: ${oneLine(attempt.errorMessage ?? "")}` : "-",
  ]);
  return paint.table([">n", "started", ">took", "outcome", ">status", "node", "error"], rows);
}

function answerOf(attempt: AttemptView, { paint }: Session): string {
  const { n, responseBody, responseEncoding, responseTruncated } = attempt;
  const bytes = responseEncoding === "base64" ? ", no text, as base64" : "";
  const title = paint.faint(`answer of attempt ${n}${responseTruncated ? ", its beginning" : ""}${bytes}:`);
  return `${title}\n${responseBody ? plain(responseBody) : "(empty)"}`;
}
