/** `jobs list`, `get`, `stop`: work on many tasks in the background. */
import type { BulkResult, JobView } from "../../../core/bulk.ts";
import { BidaError } from "../../../core/errors.ts";
import { ask } from "../ask.ts";
import { type Command, type Session, type Shown, shown } from "../command.ts";
import { Refused } from "../mistake.ts";
import { localTime, oneLine } from "../paint.ts";

const MOST = 50;
const ID = "0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17";

export const jobs: Command = {
  name: "jobs list",
  isDefault: true,
  args: "",
  arity: [0, 0],
  summary: "lists jobs over many tasks, newest first",
  options: {},
  examples: ["jobs list"],
  async run(session) {
    const { items, nextCursor } = await ask(session, "admin.listJobs", { limit: MOST });
    if (items.length === 0) return shown({ items, nextCursor }, "no jobs");
    const rows = items.map((job) => [
      job.id,
      job.kind,
      job.state,
      `${job.done}/${job.matched}`,
      String(job.changed),
      localTime(job.createdAt),
      oneLine(job.by.name ?? "-"),
      oneLine(job.note ?? "-"),
    ]);
    const headings = ["id", "kind", "state", ">done", ">changed", "created", "by", "note"];
    return shown({ items, nextCursor }, session.paint.table(headings, rows));
  },
};

export const getJob: Command = {
  name: "jobs get",
  args: "<id>",
  arity: [1, 1],
  summary: "shows a job and its progress",
  options: {},
  examples: [`jobs get ${ID}`],
  async run(session, { args: [id = ""] }) {
    const job = await ask(session, "admin.getJob", { id }).catch(unknownJob(id));
    return shown(job, fieldsOf(job, session));
  },
};

export const stopJob: Command = {
  name: "jobs stop",
  args: "<id>",
  arity: [1, 1],
  summary: "stops a job; what is done stays",
  options: { note: { value: "<text>", help: "why, for the audit log" } },
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

const fieldsOf = (job: JobView, { paint }: Session): string =>
  paint.fields([
    ["id", job.id],
    ["kind", job.kind],
    ["state", job.state],
    ["done", `${job.done} of ${job.matched}`],
    ["changed", String(job.changed)],
    ["skipped", reasons(job.skipped)],
    ["filter", JSON.stringify(job.filter)],
    ["by", oneLine(job.by.name ?? "-")],
    ["note", job.note && oneLine(job.note)],
    ["created", localTime(job.createdAt)],
    ["finished", job.finishedAt && localTime(job.finishedAt)],
  ]);

const reasons = (skipped: Record<string, number>): string | null =>
  Object.entries(skipped)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(", ") || null;

/** What came of a change of many tasks. */
export function resultOf(result: BulkResult): Shown {
  const { matched, changed, skipped, job, dryRun } = result;
  const left = reasons(skipped);
  if (dryRun) return shown(result, `${matched} tasks would be looked at; nothing is changed`);
  if (job)
    return shown(
      result,
      `${matched} tasks: job ${job.id} works on them; "jobs get ${job.id}" shows how far it is`,
    );
  return shown(result, `${changed} of ${matched} tasks changed${left ? `; left alone: ${left}` : ""}`);
}
