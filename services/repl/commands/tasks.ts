/** `tasks list`, `get`, `attempts`: looking. */
import type { AttemptView, TaskQuery } from "../../../core/contract.ts";
import { BidaError } from "../../../core/errors.ts";
import { PHASES, type Phase } from "../../../core/phases.ts";
import { STATUS_CLASSES, type StatusClass } from "../../../core/retry.ts";
import { STATES, type TaskState } from "../../../core/task.ts";
import { type ExactTaskItem, type ExactTaskView, printTask, printTaskPage } from "../../../core/task-json.ts";
import { ask, askTask, askTasks, checkedId } from "../ask.ts";
import { type Command, type Session, type Shown, shown, type Typed } from "../command.ts";
import { Mistake, nearest, Refused } from "../mistake.ts";
import { cut, localTime, oneLine, plain, span } from "../paint.ts";
import { timeOf } from "../times.ts";
import { everyPage } from "./pages.ts";

const LIMIT = 20;
const ID = "0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17";
/** A page is looked for this long, in ms, before "more" is offered instead. */
const PATIENCE = 10_000;

/** What finds tasks; all that are given must hold. */
export const FILTERS: Command["options"] = {
  state: { value: "<state>", help: `${STATES.join(", ")}; several: --state a,b`, multiple: true },
  source: { value: "<app>", help: "sourceAppName" },
  target: { value: "<app>", help: "targetAppName" },
  app: { value: "<app>", help: "the app whose key handed them over" },
  "target-url": { value: "<text>", help: "part of the URL that is called" },
  destination: { value: "<origin>", help: "https://host:port" },
  q: { value: "<text>", help: "part of the payload" },
  error: {
    value: "<code>",
    help: "of the last failure, such as refused; several: --error a,b",
    multiple: true,
  },
  status: {
    value: "<status>",
    help: "of the last answer: 503, or 5xx; several: --status a,b",
    multiple: true,
  },
  "order-key": { value: "<key>", help: "orderKey" },
  "business-key": { value: "<key>", help: "what its app calls it by" },
  incident: { value: "<n>", help: "tasks of this incident" },
  from: { value: "<time>", help: 'created since: 2h (ago), 2026-11-23, "2026-11-23 18:05"' },
  to: { value: "<time>", help: "created before" },
  "finished-from": { value: "<time>", help: "ended since" },
  "finished-to": { value: "<time>", help: "ended before" },
};

export const tasks: Command = {
  name: "tasks list",
  isDefault: true,
  args: "[options]",
  arity: [0, 0],
  summary: "lists tasks, newest first",
  about: ["All options that are given must hold."],
  options: {
    ...FILTERS,
    due: { value: null, help: "open tasks, the one that is due first on top" },
    payload: { value: null, help: "also what the tasks send, in JSON" },
    limit: { value: "<n>", help: `1 to 200 (${LIMIT})` },
  },
  examples: [
    "tasks list --state exhausted --from 2h",
    "tasks list --state pending,delivering --due --limit 5",
    'tasks list --target stock --target-url /orders/ --from "2026-11-23 08:00"',
    "tasks list --state exhausted --error refused,timeout --finished-from 12h",
  ],
  run: (session, typed) => listed(session, queryOf(typed)),
};

export const more: Command = {
  name: "more",
  only: "prompt",
  args: "",
  arity: [0, 0],
  summary: "shows the next page of the last list",
  options: {},
  examples: ["more"],
  async run(session) {
    if (session.more === null) throw new Refused('there is no next page; type "tasks" to list from the top');
    return session.more();
  },
};

/** The service looks for a moment only, and a filter that few tasks fit gives short pages: it is asked until one is full. */
async function pageOf(session: Session, query: TaskQuery & { limit: number }) {
  const until = performance.now() + PATIENCE;
  const items: ExactTaskItem[] = [];
  let cursor = query.cursor ?? null;
  do {
    const rest = { ...query, limit: query.limit - items.length, ...(cursor !== null && { cursor }) };
    const page = await askTasks(session, rest);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < query.limit && performance.now() < until);
  return { items, nextCursor: cursor };
}

async function listed(session: Session, query: TaskQuery & { limit: number }): Promise<Shown> {
  const { items, nextCursor } = await pageOf(session, query);
  session.more = nextCursor === null ? null : () => listed(session, { ...query, cursor: nextCursor });
  const json = printTaskPage({ items, nextCursor });
  const [looksFurther, showsMore] = session.atPrompt
    ? ['"more" looks further', '"more" shows the next page']
    : ['"tasks export" looks at all', 'there are more: --limit shows up to 200, "tasks export" all'];
  if (items.length === 0)
    return { json, text: nextCursor === null ? "no tasks" : `nothing found yet; ${looksFurther}` };
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
  if (nextCursor === null) return { json, text: table };
  return { json, text: `${table}\n${paint.faint(showsMore)}` };
}

function queryOf(typed: Typed): TaskQuery & { limit: number } {
  const limit = typed.text("limit") ?? String(LIMIT);
  if (!/^\d+$/.test(limit)) throw new Mistake(`--limit must be 1 to 200, not "${limit}"`);
  const filter: TaskQuery = filterOf(typed);
  if (typed.flags.has("payload")) filter.include = "payload";
  if (!typed.flags.has("due")) return { ...filter, limit: Number(limit) };
  if (filter.state?.some((state) => state !== "pending" && state !== "delivering"))
    throw new Mistake("--due lists open tasks only; type --state pending,delivering, or leave --state out");
  return { ...filter, sort: "due", limit: Number(limit) };
}

/** What {@link FILTERS} say. @throws Mistake */
export function filterOf(typed: Typed): TaskQuery {
  const moment = (option: string) => {
    const text = typed.text(option);
    return text === undefined ? undefined : timeOf(`--${option}`, text);
  };
  const several = <T>(option: string, read: (text: string) => T): T[] | undefined => {
    const values = typed.all(option).flatMap((text) => text.split(",").map(read));
    return values.length > 0 ? values : undefined;
  };
  const incident = typed.text("incident");
  const given = {
    state: several("state", stateOf),
    sourceAppName: typed.text("source"),
    targetAppName: typed.text("target"),
    app: typed.text("app"),
    url: typed.text("target-url"),
    destination: typed.text("destination"),
    q: typed.text("q"),
    errorCode: several("error", (text) => text),
    status: several("status", statusOf),
    orderKey: typed.text("order-key"),
    businessKey: typed.text("business-key"),
    incident: incident === undefined ? undefined : incidentOf(incident),
    createdFrom: moment("from"),
    createdTo: moment("to"),
    finishedFrom: moment("finished-from"),
    finishedTo: moment("finished-to"),
  };
  const there = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there);
}

function statusOf(text: string): number | StatusClass {
  if (/^[1-5]\d\d$/.test(text)) return Number(text);
  const known = STATUS_CLASSES.find((one) => one === text);
  if (known) return known;
  throw new Mistake(`--status must be a status such as 503, or a class such as 5xx, not "${text}"`);
}

function incidentOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Mistake(`--incident must be an incident's number, not "${text}"`);
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
  name: "tasks get",
  short: "task",
  args: "<id>",
  arity: [1, 1],
  summary: "shows a task with its attempts",
  options: { answers: { value: null, help: "also what was answered" } },
  examples: [`tasks get ${ID}`, `tasks get ${ID} --answers`],
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
    const json = `{"task":${printTask(found)},"attempts":${JSON.stringify(attempts)}}`;
    return { json, text: parts.join("\n\n") };
  },
};

export const attempts: Command = {
  name: "tasks attempts",
  args: "<id>",
  arity: [1, 1],
  summary: "shows the record of a task's calls, oldest first, and where their time went",
  about: [
    "dns, connect, tls: opening a connection, - on one that was open already. first byte: until the answer",
    "began. body: until it was read. What no call came to is -; a failed one ended in the last that is not.",
  ],
  options: { answers: { value: null, help: "also what was answered" } },
  examples: [`tasks attempts ${ID}`],
  async run(session, { args: [text = ""], flags }) {
    const taskId = checkedId(text);
    const items = await attemptsOf(session, taskId).catch(unknownTask(taskId));
    if (items.length === 0) return shown({ items }, "no attempts yet");
    const answers = flags.has("answers") ? items.map((attempt) => answerOf(attempt, session)) : [];
    return shown({ items }, [attemptTable(items, session, PHASES), ...answers].join("\n\n"));
  },
};

/** All of them, oldest first. */
const attemptsOf = (session: Session, taskId: string): Promise<AttemptView[]> =>
  everyPage((page) => ask(session, "scheduler.attempts", { taskId, ...page }));

/** For `catch`: says which task there is not. */
export const unknownTask =
  (taskId: string) =>
  (error: unknown): never => {
    if (!(error instanceof BidaError) || error.code !== "not_found") throw error;
    throw new Refused(`there is no task ${taskId}; "tasks" lists those that there are`);
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
    ["called", found.calledUrl && oneLine(found.calledUrl)],
    ["order key", found.orderKey && oneLine(found.orderKey)],
    ["business key", found.businessKey && oneLine(found.businessKey)],
    ["source", found.sourceAppName && oneLine(found.sourceAppName)],
    ["target", found.targetAppName && oneLine(found.targetAppName)],
    ["resend of", found.resendOf ?? null],
    ["replaced by", found.replacedBy ? `${found.replacedBy.taskId} (${found.replacedBy.state})` : null],
    ["last error", lastError && paint.bad(`${lastError.code}: ${oneLine(lastError.message)}`)],
    ["created", localTime(found.createdAt)],
    ["finished", found.finishedAt && localTime(found.finishedAt)],
  ];
}

/** @param phases those that get a column */
function attemptTable(items: AttemptView[], { paint }: Session, phases: readonly Phase[] = []): string {
  const rows = items.map((attempt) => [
    String(attempt.n),
    localTime(attempt.startedAt),
    span(attempt.durationMs),
    attempt.outcome === "succeeded" ? paint.good(attempt.outcome) : paint.bad(attempt.outcome),
    String(attempt.statusCode ?? "-"),
    ...phases.map((phase) => phaseOf(attempt, phase)),
    attempt.node,
    attempt.errorCode ? `${attempt.errorCode}: ${oneLine(attempt.errorMessage ?? "")}` : "-",
  ]);
  const titles = phases.map((phase) => `>${phase === "firstByte" ? "first byte" : phase}`);
  return paint.table([">n", "started", ">took", "outcome", ">status", ...titles, "node", "error"], rows);
}

/** Short ones to a tenth of a ms. */
function phaseOf({ phases }: AttemptView, phase: Phase): string {
  const ms = phases?.[phase] ?? null;
  if (ms === null) return "-";
  return ms < 10 ? `${ms.toFixed(1)} ms` : span(ms);
}

function answerOf(attempt: AttemptView, { paint }: Session): string {
  const { n, responseBody, responseEncoding, responseTruncated } = attempt;
  const bytes = responseEncoding === "base64" ? ", no text, as base64" : "";
  const title = paint.faint(`answer of attempt ${n}${responseTruncated ? ", its beginning" : ""}${bytes}:`);
  return `${title}\n${responseBody ? plain(responseBody) : "(empty)"}`;
}
