/** A campaign as a table, and as a part of the documents. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Campaign } from "./campaign.ts";
import type { Excuse } from "./fault.ts";

/** What a fault may lead to, in a table's words. */
const MAY: Record<Excuse, string> = {
  repeat: "a call twice",
  overlap: "two at once",
  unreached: "a failed attempt",
  early: "an early call",
};

/** Several campaigns as one, for a table over all of them. */
export function together(runs: Campaign[]): Campaign {
  const sum = (of: (run: Campaign) => number) => runs.reduce((total, run) => total + of(run), 0);
  return {
    ...(runs[0] as Campaign),
    ...{ accepted: sum((run) => run.accepted), delivered: sum((run) => run.delivered) },
    ...{ exhausted: sum((run) => run.exhausted), lost: sum((run) => run.lost) },
    ...{ attempts: sum((run) => run.attempts), calls: sum((run) => run.calls) },
    ...{ duplicated: sum((run) => run.duplicated), overlapping: sum((run) => run.overlapping) },
    ...{ seconds: sum((run) => run.seconds), submitted: sum((run) => run.submitted) },
    ...{ stalls: sum((run) => run.stalls), stuck: sum((run) => run.stuck) },
    seeds: runs.flatMap(({ seeds }) => seeds),
    excused: runs.flatMap(({ excused }) => excused),
    faults: runs.flatMap(({ faults }) => faults),
    violations: runs.flatMap(({ violations }) => violations),
  };
}

/** The lines of a campaign's table, in Markdown, which reads well on a terminal too. */
export function tables(run: Campaign): string {
  const { faults } = run;
  const figures: [string, string | number][] = [
    [
      "ran for",
      `${(run.seconds / 60).toFixed(1)} min, ${run.seeds.length > 1 ? "seeds" : "seed"} ${run.seeds.join(", ")}, lease ${run.leaseMs} ms`,
    ],
    ["submitted", run.submitted],
    ["accepted", run.accepted],
    ["delivered", run.delivered],
    ["exhausted", run.exhausted],
    ["lost", run.lost],
    ["calls that stayed behind a fault", run.stuck],
    ["attempts on record", run.attempts],
    ["calls the receiver saw", run.calls],
    ["duplicated calls (all inside a fault)", run.duplicated],
    ["overlapping calls (all inside a fault that cuts a node off)", run.overlapping],
    ["faults", faults.length],
    ["times that the machine was too busy, outside of faults", run.stalls],
    ["violations", run.violations.length],
  ];
  const byKind = Map.groupBy(faults, ({ kind }) => kind);
  const recoveries = [...byKind].sort(([a], [b]) => a.localeCompare(b));
  const all: [string, Campaign["faults"]][] = [...recoveries, ["all", faults]];
  return [
    ...grid(["", ""], figures),
    "",
    ...grid(
      ["fault", "may lead to", "times", "recovery p50", "max", "calls repeated", "beside each other"],
      all.map(([kind, some]) => {
        const sorted = some.map(({ recoveryMs }) => recoveryMs).sort((a, b) => a - b);
        const isAll = some === faults;
        const counted = (excuse: Excuse) =>
          run.excused.filter((one) => one.excuse === excuse && (isAll || one.fault === kind)).length;
        return [
          kind,
          isAll ? "" : (some[0]?.excuses ?? []).map((excuse) => MAY[excuse]).join(", "),
          some.length,
          ...[0.5, 1].map((q) => inSeconds(quantile(sorted, q))),
          ...[counted("repeat"), counted("overlap")],
        ];
      }),
    ),
  ].join("\n");
}

/** Every violation with what was seen of its task. */
export function accusations({ violations }: Campaign, most = 20): string {
  const lines = violations
    .slice(0, most)
    .flatMap(({ what, taskId, seen }) => [`✗ ${taskId ?? ""} ${what}`, ...seen.map((line) => `    ${line}`)]);
  if (violations.length > most) lines.push(`… and ${violations.length - most} more`);
  return lines.join("\n");
}

/** Puts a text between the marks `<!-- name -->` and `<!-- /name -->` of a document. */
export function writeInto(file: string, name: string, text: string): void {
  const before = readFileSync(file, "utf8");
  const marks = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marks.test(before)) throw new Error(`${file} has no marks for ${name}`);
  writeFileSync(
    file,
    before.replace(marks, (_, open: string, close: string) => `${open}\n${text}\n\n${close}`),
  );
}

/** A Markdown table. */
export function grid(head: string[], rows: (string | number)[][]): string[] {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(3, ...cells.map((row) => (row[i] as string).length)));
  const line = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] as number)).join(" | ")} |`;
  const [first, ...rest] = cells.map(line);
  return [first as string, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest];
}

const inSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** The nearest rank: a value that was measured, not one between two. */
function quantile(sorted: number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? 0;
}
