/** What the project aims at, as ratios within one run, beside what the run found. */
import type { Result } from "./result.ts";

export interface Row {
  what: string;
  target: string;
  found: string;
  /** Null: not measured in this run. */
  met: boolean | null;
}

export function targets(result: Result): Row[] {
  const { throughput, latency, lateness, backlog, hanging } = result;
  const rate = (key: string): number | undefined => throughput[key]?.perSecond;
  const ratio = (a?: number, b?: number) => (a === undefined || b === undefined ? undefined : a / b);
  const always = latency["bullmq-always@1000"];
  const ours = Object.entries(throughput).filter(([key]) => /^(cluster|embedded)\./.test(key));
  const best = ours.length > 0 ? Math.max(...ours.map(([, { perSecond }]) => perSecond)) : undefined;
  const filled = backlog.cluster;
  const late = lateness.cluster;
  const above = (system: string, q: "p50" | "p99") => {
    const found = latency[`${system}@1000`];
    return found && found.firstCall[q] - found.accept[q];
  };
  const nodes = Object.entries(filled?.rss ?? {}).filter(([role]) => /^(doors|worker)/.test(role));
  const rss = filled ? Math.max(...nodes.map(([, mib]) => mib)) : undefined;
  return [
    atLeast(
      "cluster, single POSTs ÷ BullMQ stack (a)",
      4,
      ratio(rate("cluster.single"), rate("bullmq-stack.single")),
    ),
    atLeast(
      "cluster, batches of 100 ÷ BullMQ bare (b)",
      1.5,
      ratio(rate("cluster.batch"), rate("bullmq-bare.batch")),
    ),
    atLeast("embedded, single POSTs ÷ (a)", 4, ratio(rate("embedded.single"), rate("bullmq-stack.single"))),
    atLeast("best throughput ÷ the limit (d)", 0.4, ratio(best, rate("limit.single"))),
    ...["cluster", "embedded"].flatMap((system) => [
      atMost(`${system}, submit→first call above submit→202 at 1,000/s: p50`, 4, above(system, "p50"), " ms"),
      atMost(
        `${system}, submit→first call above submit→202 at 1,000/s: p99`,
        20,
        above(system, "p99"),
        " ms",
      ),
      atMost(
        `${system}, submit→first call at 1,000/s, p99 ÷ that of (a) with Redis at appendfsync always`,
        0.8,
        ratio(latency[`${system}@1000`]?.firstCall.p99, always?.firstCall.p99),
      ),
    ]),
    atMost("retry lateness at 1,000 due/s: p99", 30, late?.late.p99, " ms"),
    atMost("retries that came early", 0, late?.early),
    atLeast(
      `throughput with ${filled?.count.toLocaleString("en") ?? "1,000,000"} waiting ÷ with none`,
      0.9,
      ratio(filled?.with.perSecond, filled?.without.perSecond),
    ),
    atMost("RSS of a node with that backlog", 300, rss, " MiB"),
    atMost("ready after a start beside that backlog", 20, filled?.readyS, " s"),
    ...Object.entries(hanging).map(([name, { with: during, without }]) =>
      atMost(
        `${name}: others' first-call p99 while one of them hangs ÷ without`,
        1.5,
        ratio(during.firstCall.p99, without.firstCall.p99),
      ),
    ),
    atLeast(
      "two nodes ÷ one, on the same 2 cores",
      0.9,
      ratio(rate("cluster2.single"), rate("cluster1.single")),
    ),
  ];
}

const shown = (value: number, unit: string): string =>
  `${Math.abs(value) >= 100 ? Math.round(value) : Number(value.toFixed(2))}${unit}`;

function atLeast(what: string, target: number, found: number | undefined, unit = ""): Row {
  return row(what, `≥ ${target}${unit}`, found, unit, (value) => value >= target);
}

function atMost(what: string, target: number, found: number | undefined, unit = ""): Row {
  return row(what, target === 0 ? "0" : `≤ ${target}${unit}`, found, unit, (value) => value <= target);
}

function row(
  what: string,
  target: string,
  found: number | undefined,
  unit: string,
  holds: (value: number) => boolean,
): Row {
  const known = found !== undefined && Number.isFinite(found);
  return {
    what,
    target,
    found: known ? shown(found, unit) : "not measured",
    met: known ? holds(found) : null,
  };
}
