/** Prints what a run found. */
import type { Result } from "./result.ts";
import { targets } from "./targets.ts";
import type { Latency } from "./workloads/special.ts";

export function report(result: Result): string {
  const parts = [
    throughputTable(result),
    costTable(result),
    ratesTable(result),
    latencyTable(result),
    otherLines(result),
    result.skipped.map((why) => `skipped: ${why}`).join("\n"),
    targetTable(result),
    result.problems.length > 0
      ? `FAILED\n${result.problems.join("\n")}`
      : "everything was delivered and recorded",
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function throughputTable({ throughput, generatorPerSecond }: Result): string {
  const rows = Object.values(throughput).map(({ key, cpuUs, perSecond, rounds }) => {
    const all = rounds.map((round) => Math.round(round.perSecond)).join(" ");
    const accepted = Math.max(...rounds.map((round) => round.acceptedPerSecond));
    return [key, `${Math.round(cpuUs)}`, `${Math.round(perSecond)}`, `${Math.round(accepted)}`, all];
  });
  const note = `CPU: of all of the system's processes, servers included, without generator and receiver\nthe generator reaches ${Math.round(generatorPerSecond)}/s against a server that does nothing`;
  const heads = ["delivered and recorded", "CPU µs per callback", "per second", "accepted", "each round"];
  return rows.length === 0 ? "" : `${table(heads, rows)}\n${note}`;
}

/** Of the median round: CPU-seconds and MiB of RSS per 1,000 callbacks. */
function costTable({ throughput }: Result): string {
  const rows = Object.values(throughput).flatMap(({ key, rounds, perSecond }) => {
    const middle = rounds.find((round) => round.perSecond >= perSecond) ?? rounds[0];
    return Object.entries(middle?.costs ?? {}).map(([role, cost], i) => [
      i === 0 ? key : "",
      role,
      cost.cpuPer1000.toFixed(3),
      (cost.rss / 2 ** 20).toFixed(0),
      (cost.rssPer1000 / 2 ** 20).toFixed(1),
    ]);
  });
  if (rows.length === 0) return "";
  return table(["cost", "process", "CPU-s per 1,000", "RSS MiB", "RSS MiB per 1,000"], rows);
}

function ratesTable({ rates }: Result): string {
  const rows = Object.entries(rates).map(([key, { rate, kept, cores, byRole, firstCall }]) => [
    rate === 0 ? key.replace("@0", ", idle") : `${key}${kept ? "" : " (did not keep up)"}`,
    cores.toFixed(rate === 0 ? 4 : 3),
    rate === 0 ? "" : `${Math.round((cores / rate) * 1e6)}`,
    firstCall ? `${firstCall.p50.toFixed(1)}, ${firstCall.p99.toFixed(1)}` : "",
    Object.entries(byRole)
      .map(([role, its]) => `${role} ${its.toFixed(rate === 0 ? 4 : 3)}`)
      .join(", "),
  ]);
  const heads = [
    "open loop, per second",
    "cores in use",
    "µs per callback",
    "first call p50, p99 ms",
    "of them",
  ];
  return rows.length === 0 ? "" : table(heads, rows);
}

function latencyTable({ latency }: Result): string {
  const rows = Object.entries(latency).flatMap(([key, found]) =>
    (["accept", "firstCall", "acceptToCall"] as const).map((what, i) => {
      const { p50, p95, p99, max } = found[what];
      const name = { accept: "submit→202", firstCall: "submit→first call", acceptToCall: "202→first call" }[
        what
      ];
      return [
        i === 0 ? `${key}${found.kept ? "" : " (did not keep up)"}` : "",
        name,
        ...[p50, p95, p99, max].map((n) => n.toFixed(1)),
      ];
    }),
  );
  return rows.length === 0 ? "" : table(["open loop, per second", "ms", "p50", "p95", "p99", "max"], rows);
}

function otherLines({ lateness, backlog, storm, hanging }: Result): string {
  const ms = (n: number) => `${n.toFixed(1)} ms`;
  const ratio = (a: Latency, b: Latency) => (a.firstCall.p99 / b.firstCall.p99).toFixed(2);
  return [
    ...Object.entries(lateness).map(
      ([key, { rate, late, early }]) =>
        `${key}: retries at ${rate} due/s are late by p50 ${ms(late.p50)}, p99 ${ms(late.p99)}, max ${ms(late.max)}; ${early} early`,
    ),
    ...Object.entries(backlog).map(
      ([key, found]) =>
        `${key}: ${found.count} waiting (rows in ${found.rowsS.toFixed(0)} s, due set in ${found.dueSetS.toFixed(0)} s): ${Math.round(found.with.perSecond)}/s, without ${Math.round(found.without.perSecond)}/s; RSS ${Object.entries(
          found.rss,
        )
          .map(
            ([role, mib]) => `${role} ${mib.toFixed(0)} MiB (before: ${found.rssBefore[role]?.toFixed(0)})`,
          )
          .join(", ")}; ready ${found.readyS.toFixed(1)} s after a start`,
    ),
    ...Object.entries(storm).map(
      ([key, found]) =>
        `${key}: ${found.count} retries due at one moment: ${Math.round(found.perSecond)}/s, the last after ${found.seconds.toFixed(1)} s, ${found.early} early; new tasks meanwhile p50 ${ms(found.fresh.firstCall.p50)}, p99 ${ms(found.fresh.firstCall.p99)} to their first call, without p50 ${ms(found.without.firstCall.p50)}, p99 ${ms(found.without.firstCall.p99)}: p99 × ${ratio(found.fresh, found.without)}`,
    ),
    ...Object.entries(hanging).map(
      ([key, found]) =>
        `${key}: first calls while a target hangs p99 ${ms(found.with.firstCall.p99)}, p50 ${ms(found.with.firstCall.p50)}; without p99 ${ms(found.without.firstCall.p99)}, p50 ${ms(found.without.firstCall.p50)}: p99 × ${ratio(found.with, found.without)}`,
    ),
  ].join("\n");
}

function targetTable(result: Result): string {
  const all = targets(result).filter(({ met }) => met !== null);
  if (all.length === 0) return "";
  const rows = all.map(({ what, target, found, met }) => [what, target, found, met ? "yes" : "MISSED"]);
  const missed = all.filter(({ met }) => met === false).length;
  return `${table(["what", "target", "result", "met"], rows)}\n${missed} of ${all.length} targets missed`;
}

export function table(heads: string[], rows: string[][]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const print = (row: string[]) =>
    row.map((cell, i) => (i < 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return [print(heads), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(print)].join("\n");
}
