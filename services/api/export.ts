/** Tasks as an answer that is a stream. */
import { pipeline } from "node:stream/promises";
import type { Page, TaskQuery } from "../../core/contract.ts";
import { exportQuerySchema } from "../../core/schema/bulk.ts";
import { type ExactTaskItem, printTask } from "../../core/task-json.ts";
import { parseWith } from "../../core/task-schema.ts";
import { read } from "../bus/peers.ts";
import { FIRST_PAGE, flat, tasksFrom, toCsv } from "../tasks/export.ts";
import { taskQueryOf } from "./query.ts";
import type { RestCall } from "./route.ts";

/** A filter that finds little makes the database look at much, in ms. */
const TIMEOUT = 60_000;

const FORMATS = {
  csv: "text/csv; charset=utf-8",
  jsonl: "application/x-ndjson; charset=utf-8",
};

/** Resolves when all is sent, or the client has left. */
export async function exportTasks({ broker, query, meta, res }: RestCall): Promise<void> {
  const { format, ...filter } = parseWith(exportQuerySchema, taskQueryOf(query), "invalid_query");
  const ask = (limit: number, cursor: string | null): Promise<Page<ExactTaskItem>> => {
    const params = {
      ...filter,
      include: "payload",
      limit,
      ...(cursor === null ? {} : { cursor }),
    } as TaskQuery;
    return read(broker, "admin.list", params, { meta, timeout: TIMEOUT }) as Promise<
      Page<unknown>
    > as Promise<Page<ExactTaskItem>>;
  };
  // Before the head of the answer: what is refused is refused in words.
  const first = await ask(FIRST_PAGE, null);
  const name = `bida-tasks-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, "")}.${format}`;
  res.setHeader("content-type", FORMATS[format]);
  res.setHeader("content-disposition", `attachment; filename="${name}"`);
  res.setHeader("cache-control", "no-store");
  const tasks = tasksFrom(first, ask);
  try {
    if (format === "csv") await pipeline(each(tasks, flat), toCsv(), res);
    else
      await pipeline(
        each(tasks, (task) => `${printTask(task)}\n`),
        res,
      );
  } catch (error) {
    // The client has left, or must see that the rest is missing: the connection breaks.
    res.destroy();
    if ((error as { code?: unknown }).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
}

async function* each<T>(
  tasks: AsyncIterable<ExactTaskItem>,
  form: (task: ExactTaskItem) => T,
): AsyncGenerator<T> {
  for await (const task of tasks) yield form(task);
}
