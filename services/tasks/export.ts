/** Many tasks as text, page after page, each asked for once the one before has been taken. */
import { stringify } from "csv-stringify";
import type { Page } from "../../core/contract.ts";
import { Slices } from "../../core/slices.ts";
import { type ExactTaskItem, printTask } from "../../core/task-json.ts";
import { maskTask } from "../../core/task-secrets.ts";

/** Tasks of the first page, which is asked for before anything is written. */
export const FIRST_PAGE = 20;
const MAX_PAGE = 200;
/** What a page should take at most, in characters; payloads have up to 1 MiB. Each page is read in one go. */
const PAGE_SIZE = 512 * 1024;

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
  // What came later stands behind what programs may go by.
  "calledUrl",
  "businessKey",
] as const;

export type AskPage = (limit: number, cursor: string | null) => Promise<Page<ExactTaskItem>>;

/**
 * From the first page on, all tasks, without their secrets: a file is passed on, and nobody's secrets belong in it, not even for those
 * who may see them.
 */
export async function* tasksFrom(first: Page<ExactTaskItem>, ask: AskPage): AsyncGenerator<ExactTaskItem> {
  const slices = new Slices();
  for (let page = first; ; ) {
    for (const task of page.items) {
      // A reader that is quick, and a database in this process, would never let the event loop have its turn.
      if (slices.over) await slices.rest();
      yield withoutSecrets(task);
    }
    if (page.nextCursor === null) return;
    page = await ask(fitting(page.items), page.nextCursor);
  }
}

const withoutSecrets = (task: ExactTaskItem): ExactTaskItem => {
  const { url, requestMethod, requestParam = null, headers = null } = task;
  const masked = maskTask({ url, requestMethod, requestParam, headers });
  return { ...task, url: masked.url, requestParam: masked.requestParam, headers: masked.headers };
};

/** How many tasks the next page takes, if they are as large as these. */
function fitting(items: ExactTaskItem[]): number {
  // Nothing was found as far as was looked.
  if (items.length === 0) return FIRST_PAGE;
  const size = items.reduce((sum, task) => sum + printTask(task).length, 0);
  return Math.min(MAX_PAGE, Math.max(1, Math.floor((PAGE_SIZE * items.length) / Math.max(size, 1))));
}

/** A task as a row of {@link toCsv}. */
export const flat = ({ lastError, ...task }: ExactTaskItem): Record<string, unknown> => ({
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

/** RFC 4180, with a header line. */
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
