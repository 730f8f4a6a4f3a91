/** `jobs list`, `get`, `set`, `pause`, `resume`, `stop`: work on many tasks in the background. */
import {
  type BulkPreview,
  type BulkResult,
  JOB_STATES,
  type JobChange,
  type JobDetail,
  type JobOutcome,
  type JobQuery,
  type JobState,
  type JobView,
} from "../../../core/bulk.ts";
import { BidaError } from "../../../core/errors.ts";
import { ask } from "../ask.ts";
import { type Command, type Session, type Shown, shown, type Typed } from "../command.ts";
import { Mistake, nearest, Refused } from "../mistake.ts";
import { localTime, oneLine } from "../paint.ts";
import { numberOf } from "../times.ts";

const LIMIT = 50;
const ID = "0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17";

export const jobs: Command = {
  name: "jobs list",
  isDefault: true,
  args: "",
  arity: [0, 0],
  summary: "lists jobs over many tasks, newest first",
  options: {
    state: { value: "<state>", help: `${JOB_STATES.join(", ")}; several: --state a,b`, multiple: true },
    limit: { value: "<n>", help: `1 to 200 (${LIMIT})` },
    cursor: { value: "<text>", help: "nextCursor of the page before" },
  },
  examples: ["jobs list", "jobs list --state running,paused"],
  run: (session, typed) => listed(session, queryOf(typed)),
};

async function listed(session: Session, query: JobQuery): Promise<Shown> {
  const { items, nextCursor } = await ask(session, "admin.listJobs", query);
  session.more = nextCursor === null ? null : () => listed(session, { ...query, cursor: nextCursor });
  if (items.length === 0) return shown({ items, nextCursor }, "no jobs");
  const rows = items.map((job) => [
    job.id,
    job.kind,
    job.state,
    `${job.done}/${job.matched}`,
    String(job.changed),
    job.pace === null ? "-" : String(job.pace),
    localTime(job.createdAt),
    oneLine(job.by.name ?? "-"),
    oneLine(job.note ?? "-"),
  ]);
  const headings = ["id", "kind", "state", ">done", ">changed", ">per s", "created", "by", "note"];
  const table = session.paint.table(headings, rows);
  if (nextCursor === null) return shown({ items, nextCursor }, table);
  const rest = session.atPrompt ? '"more" shows the next page' : `--cursor ${nextCursor} shows the next page`;
  return shown({ items, nextCursor }, `${table}\n${session.paint.faint(rest)}`);
}

function queryOf(typed: Typed): JobQuery {
  const limit = typed.text("limit") ?? String(LIMIT);
  if (!/^\d+$/.test(limit)) throw new Mistake(`--limit must be 1 to 200, not "${limit}"`);
  const state = typed.all("state").flatMap((text) => text.split(",").map(stateOf));
  const cursor = typed.text("cursor");
  return {
    limit: Number(limit),
    ...(state.length > 0 && { state }),
    ...(cursor !== undefined && { cursor }),
  };
}

function stateOf(text: string): JobState {
  const known: readonly string[] = JOB_STATES;
  if (known.includes(text)) return text as JobState;
  const meant = nearest(text, [...known]);
  throw new Mistake(
    `there is no state "${text}"; ${meant ? `did you mean ${meant}?` : `type one of ${known.join(", ")}`}`,
  );
}

export const getJob: Command = {
  name: "jobs get",
  args: "<id>",
  arity: [1, 1],
  summary: "shows a job: its progress, what it left out, what became of its tasks",
  options: {},
  examples: [`jobs get ${ID}`],
  async run(session, { args: [id = ""] }) {
    const job = await ask(session, "admin.getJob", { id }).catch(unknownJob(id));
    return shown(job, fieldsOf(job, session));
  },
};

const NOTE: Command["options"] = { note: { value: "<text>", help: "why, for the audit log" } };

export const setJob: Command = {
  name: "jobs set",
  args: "<id>",
  arity: [1, 1],
  summary: "sets how quick a job goes, also while it runs",
  options: {
    pace: { value: "<n>", help: "tasks per second at most, 1 to 1000; none: no limit of its own" },
    ...NOTE,
  },
  examples: [`jobs set ${ID} --pace 5`, `jobs set ${ID} --pace none`],
  async run(session, typed) {
    const pace = typed.text("pace");
    if (pace === undefined) throw new Mistake("there is nothing to set; type --pace <n>, or --pace none");
    return changed(session, typed, { pace: paceOf(pace) });
  },
};

export const pauseJob: Command = {
  name: "jobs pause",
  args: "<id>",
  arity: [1, 1],
  summary: "has a job wait until it is resumed",
  options: NOTE,
  examples: [`jobs pause ${ID} --note "the partner asked for it"`],
  run: (session, typed) => changed(session, typed, { paused: true }),
};

export const resumeJob: Command = {
  name: "jobs resume",
  args: "<id>",
  arity: [1, 1],
  summary: "has a paused job go on",
  options: NOTE,
  examples: [`jobs resume ${ID}`],
  run: (session, typed) => changed(session, typed, { paused: false }),
};

async function changed(session: Session, typed: Typed, change: JobChange): Promise<Shown> {
  const [id = ""] = typed.args;
  const note = typed.text("note");
  const params = { id, change: { ...change, ...(note !== undefined && { note }) } };
  const job = await ask(session, "admin.changeJob", params).catch(unknownJob(id));
  return shown(job, fieldsOf(job, session));
}

/** Tasks per second; null: none. @throws Mistake */
const paceOf = (text: string): number | null =>
  text === "none" ? null : numberOf("--pace", text, "a whole number, or none");

/** What retries of many take. */
export const RETRY_OPTIONS: Command["options"] = {
  whole: { value: null, help: "the whole schedule from the beginning, instead of one more call" },
  pace: { value: "<n>", help: "with a filter: at most so many tasks per second; a job works on them" },
};

/** What {@link RETRY_OPTIONS} say. @throws Mistake */
export function retryOptions(typed: Typed): { schedule?: "whole"; pace?: number } {
  const pace = typed.text("pace");
  return {
    ...(typed.flags.has("whole") && { schedule: "whole" as const }),
    ...(pace !== undefined && { pace: numberOf("--pace", pace, "a whole number") }),
  };
}

export const stopJob: Command = {
  name: "jobs stop",
  args: "<id>",
  arity: [1, 1],
  summary: "stops a job; what is done stays",
  options: NOTE,
  examples: [`jobs stop ${ID} --note "wrong filter"`],
  async run(session, { args: [id = ""], text }) {
    const note = text("note");
    const params = { id, ...(note === undefined ? {} : { note }) };
    const job = await ask(session, "admin.stopJob", params).catch(unknownJob(id));
    return shown(job, fieldsOf(job, session));
  },
};

const unknownJob =
  (id: string) =>
  (error: unknown): never => {
    if (!(error instanceof BidaError) || error.code !== "not_found") throw error;
    throw new Refused(`there is no job ${id}; "jobs list" lists those that there are`);
  };

const fieldsOf = (job: JobView & Partial<JobDetail>, { paint }: Session): string =>
  paint.fields([
    ["id", job.id],
    ["kind", job.kind],
    ["state", job.state],
    ["paused", job.paused && `since ${localTime(job.paused.at)}, by ${oneLine(job.paused.by)}`],
    ["done", `${job.done} of ${job.matched}`],
    ["changed", String(job.changed)],
    ["since then", job.outcome ? outcomeText(job.outcome, job.changed) : null],
    ["skipped", reasons(job.skipped)],
    ["such as", samplesText(job.samples ?? {})],
    ["schedule", job.schedule],
    ["pace", job.pace === null ? null : `${job.pace} per second at most`],
    ["filter", JSON.stringify(job.filter)],
    ["by", oneLine(job.by.name ?? "-")],
    ["note", job.note && oneLine(job.note)],
    ["created", localTime(job.createdAt)],
    ["finished", job.finishedAt && localTime(job.finishedAt)],
  ]);

const OUTCOMES = ["succeeded", "exhausted", "open", "canceled", "resolved", "gone"] as const;

/** Where the tasks of a job are now: "12 succeeded, 3 exhausted". */
function outcomeText(outcome: JobOutcome, changed: number): string | null {
  const counts = OUTCOMES.filter((name) => outcome[name] > 0).map((name) => `${outcome[name]} ${name}`);
  const { counted } = outcome;
  return counts.join(", ") + (counted < changed ? ` (${counted} of ${changed} were looked at)` : "") || null;
}

/** One task of each reason. */
const samplesText = (samples: Record<string, string[]>): string | null =>
  Object.entries(samples)
    .map(([reason, [task]]) => `${task}: ${reason}`)
    .join("; ") || null;

const reasons = (skipped: Record<string, number>): string | null =>
  Object.entries(skipped)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(", ") || null;

/** Nothing is changed yet. */
function previewText({ looked, atLeast, changed, skipped }: BulkPreview): string {
  const least = atLeast ? "at least " : "";
  const left = reasons(skipped);
  return `${least}${changed} of ${looked} tasks would be changed${left ? `; left alone: ${left}` : ""}`;
}

/** What came of a change of many tasks. */
export function resultOf(result: BulkResult): Shown {
  const { matched, changed, skipped, job, dryRun, preview } = result;
  const left = reasons(skipped);
  if (dryRun) return shown(result, preview ? previewText(preview) : `${matched} tasks would be looked at`);
  if (job)
    return shown(
      result,
      `${matched} tasks: job ${job.id} works on them; "jobs get ${job.id}" shows how far it is`,
    );
  return shown(result, `${changed} of ${matched} tasks changed${left ? `; left alone: ${left}` : ""}`);
}
