import { parseTaskId, type TaskId } from "../../core/ids.ts";
import type { Database } from "../database.ts";
import type { ImportOptions } from "./options.ts";
import type { LogEntry, SourceLog, SourceTask } from "./rows.ts";
import type { Source } from "./source.ts";
import { newTally, note, type Tally } from "./tally.ts";
import { knownTasks, writeTasks } from "./target.ts";
import { isInFlight, type MappedTask, mapTask } from "./task.ts";
import { importWebhooks } from "./webhook.ts";

/** Of one transaction; a single task may have more. */
const GROUP_BYTES = 8 * 1024 * 1024;

/**
 * @param target null for a dry run into a database that does not exist yet
 * @param write false: a dry run
 * @returns the numbers, and whether all was read
 * @throws BidaError unavailable where the target is gone; what was stored until then stays
 */
export async function importKkbida(
  source: Source,
  target: Database | null,
  write: boolean,
  options: ImportOptions,
): Promise<{ tally: Tally; complete: boolean }> {
  const tally = newTally(await source.totals());
  for (let after: string | null = null; ; ) {
    const ids = await source.taskIds(after, options.batch);
    if (ids.length === 0) break;
    await importPage(source, target, write, options, ids, tally);
    after = ids.at(-1) as string;
    if (!options.onPage(tally)) return { tally, complete: false };
  }
  const { total, imported, known, leftOut } = tally.logs;
  // While kkbida runs there may be more of them than there were at the beginning.
  tally.logs.withoutTask = Math.max(0, total - imported - known - leftOut);
  await importWebhooks(source, target, write, options, tally);
  return { tally, complete: true };
}

async function importPage(
  source: Source,
  target: Database | null,
  write: boolean,
  options: ImportOptions,
  ids: string[],
  tally: Tally,
): Promise<void> {
  const fresh = await unknown(target, ids);
  const known = ids.filter((id) => !fresh.includes(id));
  tally.tasks.read += ids.length;
  tally.tasks.known += known.length;
  tally.logs.known += await source.countLogs(known);
  const rows = await source.tasks(fresh);
  const wanted = options.endedOnly ? rows.filter((row) => !isInFlight(row)) : rows;
  const postponed = rows.filter((row) => !wanted.includes(row)).map(({ taskId }) => taskId);
  tally.tasks.postponed += postponed.length;
  tally.logs.leftOut += await source.countLogs(postponed);

  const entries = groupBy(await source.logEntries(wanted.map(({ taskId }) => taskId)));
  for (const group of groups(wanted, entries)) {
    const logs = groupBy(await source.logs(group.flatMap((row) => idsOf(entries.get(keyOf(row))))));
    const mapped = group.flatMap((row) => mapOne(row, logs.get(keyOf(row)) ?? [], options, tally));
    if (write && target) await writeTasks(target, mapped);
  }
}

/** Those whose ids are not here yet. Ids that cannot be here count as such; they are refused with their reason later. */
async function unknown(target: Database | null, ids: string[]): Promise<string[]> {
  const parsed = ids.map((id) => parseTaskId(id));
  const known = target
    ? await knownTasks(
        target,
        parsed.filter((id): id is TaskId => id !== null),
      )
    : new Set<TaskId>();
  // Twice the same id in one page, in upper and in lower case: the first counts.
  const seen = new Set<TaskId>(known);
  return ids.filter((_, i) => {
    const id = parsed[i] as TaskId | null;
    if (id === null) return true;
    return !seen.has(id) && seen.add(id);
  });
}

function mapOne(row: SourceTask, logs: SourceLog[], options: ImportOptions, tally: Tally): MappedTask[] {
  const mapped = mapTask(row, logs, options.zone, options.legacy);
  const remark = { table: "callback_task", id: row.taskId } as const;
  if (typeof mapped === "string") {
    tally.tasks.leftOut++;
    tally.logs.leftOut += logs.length;
    note(tally.leftOut, mapped, row.taskId);
    options.onRemark({ ...remark, result: "left out", reason: mapped });
    return [];
  }
  const { task, attempts, changed, uncallable } = mapped;
  tally.tasks[task.state as "pending" | "succeeded" | "exhausted"]++;
  tally.logs.imported += attempts.length;
  tally.logs.cut += attempts.filter(({ responseTruncated }) => responseTruncated).length;
  if (options.oldBefore !== null && task.finishedAt !== null && task.finishedAt < options.oldBefore)
    tally.old++;
  if (uncallable !== null) {
    note(tally.uncallable, uncallable, row.taskId);
    options.onRemark({ ...remark, result: "exhausted", reason: uncallable });
  }
  if (changed !== null) {
    note(tally.changed, changed, row.taskId);
    options.onRemark({ ...remark, result: "changed", reason: changed });
  }
  return [mapped];
}

/** Tasks whose logs fit into one transaction. */
function* groups(rows: SourceTask[], entries: Map<string, LogEntry[]>): Generator<SourceTask[]> {
  let group: SourceTask[] = [];
  let bytes = 0;
  for (const row of rows) {
    const own = String(row.requestParamTxt ?? "").length;
    const size = (entries.get(keyOf(row)) ?? []).reduce((sum, log) => sum + log.bytes, own);
    if (group.length > 0 && bytes + size > GROUP_BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(row);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

/** MySQL's usual collations find a log by its task's id in either case. */
const keyOf = (row: { taskId: string }): string => row.taskId.toLowerCase();

const idsOf = (entries: LogEntry[] = []): number[] => entries.map(({ id }) => id);

function groupBy<T extends { taskId: string }>(rows: T[]): Map<string, T[]> {
  return Map.groupBy(rows, keyOf);
}
