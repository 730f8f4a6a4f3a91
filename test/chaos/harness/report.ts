/** A campaign as a table, and as a part of the documents. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Campaign } from "./campaign.ts";

/** The lines of a campaign's table, in Markdown, which reads well on a terminal too. */
export function tables(run: Campaign): string {
  const { faults } = run;
  const figures: [string, string | number][] = [
    ["ran for", `${(run.seconds / 60).toFixed(1)} min, seed ${run.seed}, lease ${run.leaseMs} ms`],
    ["submitted", run.submitted],
    ["accepted", run.accepted],
    ["delivered", run.delivered],
    ["exhausted", run.exhausted],
    ["lost", run.lost],
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
      ["fault", "times", "recovery p50", "p99", "max"],
      all.map(([kind, some]) => {
        const sorted = some.map(({ recoveryMs }) => recoveryMs).sort((a, b) => a - b);
        return [kind, some.length, ...[0.5, 0.99, 1].map((q) => inSeconds(quantile(sorted, q)))];
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
