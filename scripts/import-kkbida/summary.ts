/** What an import prints: progress while it runs, and a table at its end. */
import type { Reasons, Tally } from "../../store/kkbida/tally.ts";

const number = (n: number): string => n.toLocaleString("en-US");

/** Says how far an import is, at most once a second. */
export function progress(say: (line: string) => void): (tally: Tally) => void {
  const startedAt = performance.now();
  let saidAt = startedAt;
  return ({ tasks, logs }) => {
    const now = performance.now();
    if (now - saidAt < 1000) return;
    saidAt = now;
    const perSecond = Math.round(tasks.read / ((now - startedAt) / 1000));
    const done = tasks.total === 0 ? 100 : Math.min(100, Math.floor((tasks.read / tasks.total) * 100));
    say(
      `${String(done).padStart(3)} %  ${number(tasks.read)} of ${number(tasks.total)} tasks, ` +
        `${number(logs.imported)} attempts, ${number(perSecond)} tasks/s`,
    );
  };
}

/** @param dryRun whether nothing was written */
export function summary(tally: Tally, dryRun: boolean): string {
  const { tasks, logs, webhooks, old } = tally;
  const verb = dryRun ? "would be imported" : "imported";
  const imported = tasks.pending + tasks.succeeded + tasks.exhausted;
  const rows: [string, number, boolean?][] = [
    ["tasks in kkbida", tasks.total],
    [`  ${verb}`, imported],
    ["    in flight (pending)", tasks.pending],
    ["    succeeded", tasks.succeeded],
    ["    exhausted", tasks.exhausted],
    ["  here already, left alone", tasks.known],
    ["  in flight, for a later import", tasks.postponed, true],
    ["  left out", tasks.leftOut],
    ["call logs in kkbida", logs.total],
    [`  ${verb} as attempts`, logs.imported],
    ["    with an answer that was cut", logs.cut, true],
    ["  of tasks that are here already", logs.known],
    ["  of tasks that do not exist", logs.withoutTask],
    ["  of tasks left out or for later", logs.leftOut, true],
    ["webhooks in kkbida", webhooks.total],
    [`  ${verb}`, webhooks.imported],
    ["  here already, left alone", webhooks.known],
    ["  left out", webhooks.leftOut],
  ];
  const shown = rows.filter(([, count, optional]) => !optional || count > 0);
  const lines = shown.map(([label, count]) => `${label.padEnd(36)}${number(count).padStart(14)}`);
  lines.push(...listed("Left out:", tally.leftOut));
  lines.push(...listed("In flight, but cannot be called; exhausted:", tally.uncallable));
  lines.push(...listed("Imported, but changed:", tally.changed));
  if (old > 0)
    lines.push(
      "",
      `${number(old)} of them ended before BIDA_RETENTION_DAYS: raise it to keep their history.`,
    );
  return lines.join("\n");
}

/** The same for programs. @param result besides: whether it was stopped, say */
export function summaryJson({ leftOut, uncallable, changed, ...counts }: Tally, result: object): string {
  const list = (reasons: Reasons) => Array.from(reasons, ([reason, found]) => ({ reason, ...found }));
  const reasons = { leftOut: list(leftOut), uncallable: list(uncallable), changed: list(changed) };
  return JSON.stringify({ ...result, ...counts, ...reasons });
}

function listed(title: string, reasons: Reasons): string[] {
  if (reasons.size === 0) return [];
  const byCount = [...reasons].sort(([, a], [, b]) => b.count - a.count);
  const lines = byCount.map(([reason, { count, examples }]) => {
    const more = count > examples.length ? ", …" : "";
    return `  ${number(count).padStart(8)}  ${reason}: ${examples.map(printable).join(", ")}${more}`;
  });
  return ["", title, ...lines];
}

/** An id can be any text. */
const printable = (id: string): string => JSON.stringify(id.slice(0, 60)).slice(1, -1);
