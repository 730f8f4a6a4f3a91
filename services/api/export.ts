/** Tasks as a stream: page after page, each asked for once the one before has been taken. */
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import type { Page, TaskQuery } from "../../core/contract.ts";
import { exportQuerySchema } from "../../core/schema/bulk.ts";
import { type ExactTaskView, printTask } from "../../core/task-json.ts";
import { parseWith } from "../../core/task-schema.ts";
import { read } from "../bus/peers.ts";
import { withList, withNumbers } from "./query.ts";
import type { RestCall } from "./route.ts";

const FIRST_PAGE = 20;
const MAX_PAGE = 200;
/** What a page should take at most, in characters; payloads have up to 1 MiB. */
const PAGE_SIZE = 2 * 1024 * 1024;
/** A filter that finds little makes the database look at much, in ms. */
const TIMEOUT = 60_000;

/** In the order of the columns. */
const COLUMNS = [
  "taskId",
  "state",
  "url",
  "requestMethod",
  "requestParam",
  "body",
  "bodyBase64",
  "contentType",
  "headers",
  "expectResult",
  "expect",
  "callCount",
  "limitCallCount",
  "retry",
  "timeoutMs",
  "nextCallAt",
  "expiresAt",
  "sourceAppName",
  "targetAppName",
  "orderKey",
  "profile",
  "sourceIp",
  "lastErrorCode",
  "lastErrorMessage",
  "createdAt",
  "updatedAt",
  "finishedAt",
] as const;

const FORMATS = {
  csv: "text/csv; charset=utf-8",
  jsonl: "application/x-ndjson; charset=utf-8",
};

/** Resolves when all is sent, or the client has left. */
export async function exportTasks({ broker, query, meta, res }: RestCall): Promise<void> {
  const { format, ...filter } = parseWith(
    exportQuerySchema,
    withList(withNumbers(query, "incident"), "state"),
    "invalid_query",
  );
  const ask = (limit: number, cursor: string | null): Promise<Page<ExactTaskView>> => {
    const params = {
      ...filter,
      include: "payload",
      limit,
      ...(cursor === null ? {} : { cursor }),
    } as TaskQuery;
    // A file is passed on: nobody's secrets are in it, not even for those who may see them.
    return read(broker, "admin.list", params, {
      meta: { ...meta, masked: true },
      timeout: TIMEOUT,
    }) as Promise<Page<unknown>> as Promise<Page<ExactTaskView>>;
  };
  // Before the head of the answer: what is refused is refused in words.
  const first = await ask(FIRST_PAGE, null);
  const name = `bida-tasks-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, "")}.${format}`;
  res.setHeader("content-type", FORMATS[format]);
  res.setHeader("content-disposition", `attachment; filename="${name}"`);
  res.setHeader("cache-control", "no-store");
  const tasks = tasksOf(first, ask);
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

async function* tasksOf(
  first: Page<ExactTaskView>,
  ask: (limit: number, cursor: string) => Promise<Page<ExactTaskView>>,
): AsyncGenerator<ExactTaskView> {
  for (let page = first; ; ) {
    yield* page.items;
    if (page.nextCursor === null) return;
    page = await ask(fitting(page.items), page.nextCursor);
  }
}

async function* each<T>(
  tasks: AsyncIterable<ExactTaskView>,
  form: (task: ExactTaskView) => T,
): AsyncGenerator<T> {
  for await (const task of tasks) yield form(task);
}

/** How many tasks the next page takes, if they are as large as these. */
function fitting(items: ExactTaskView[]): number {
  // Nothing was found as far as was looked.
  if (items.length === 0) return FIRST_PAGE;
  const size = items.reduce((sum, task) => sum + printTask(task).length, 0);
  return Math.min(MAX_PAGE, Math.max(1, Math.floor((PAGE_SIZE * items.length) / Math.max(size, 1))));
}

const flat = ({ lastError, ...task }: ExactTaskView): Record<string, unknown> => ({
  ...task,
  lastErrorCode: lastError?.code,
  lastErrorMessage: lastError?.message,
});

/**
 * What spreadsheets begin a formula with (OWASP, "CSV Injection"), also in its full-width forms, and behind what they leave out
 * when they read a cell: blanks and characters that nobody sees.
 */
const FORMULA = /^[\s\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u;

/** With an apostrophe in front, which says that a cell is text, where it could be read as a formula. */
export const harmless = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

export const toCsv = () =>
  stringify({
    header: true,
    columns: [...COLUMNS],
    // Spreadsheets take a file without it for a local character set.
    bom: true,
    record_delimiter: "windows",
    // Readers take a lone CR or LF for the end of a record as well.
    quoted_match: /[\r\n]/,
    cast: { object: (value) => harmless(JSON.stringify(value)), string: harmless },
  });
