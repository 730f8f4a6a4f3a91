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
  const { throughput, rates, latency, lateness, backlog, hanging } = result;
  const cpu = (key: string): number | undefined => throughput[key]?.cpuUs;
  const speed = (key: string): number | undefined => throughput[key]?.perSecond;
  const ratio = (a?: number, b?: number) => (a === undefined || b === undefined ? undefined : a / b);
  const always = latency["bullmq-always@1000"];
  const filled = backlog.cluster;
  const late = lateness.cluster;
  const above = (system: string) => {
    const found = latency[`${system}@1000`];
    return found && found.firstCall.p99 - found.accept.p99;
  };
  const nodes = Object.entries(filled?.rss ?? {}).filter(([role]) => /^(api|worker)/.test(role));
  const rss = filled ? Math.max(...nodes.map(([, mib]) => mib)) : undefined;
  const cores = (system: string, rate: number, target: number): Row => {
    const found = rates[`${system}@${rate}`];
    const what = `${system}, ${rate === 0 ? "idle" : `${rate} per second`}: cores in use`;
    const its = atMost(what, target, found?.cores);
    return found?.kept === false ? { ...its, found: `${its.found}, did not keep up`, met: false } : its;
  };
  const waiting = filled?.count.toLocaleString("en") ?? "1,000,000";
  return [
    atMost(
      "CPU per callback, single POSTs: cluster ÷ BullMQ stack (a)",
      0.5,
      ratio(cpu("cluster.single"), cpu("bullmq-stack.single")),
    ),
    atMost(
      "CPU per callback, single POSTs: embedded ÷ (a)",
      0.25,
      ratio(cpu("embedded.single"), cpu("bullmq-stack.single")),
    ),
    atLeast(
      "delivered per second, single POSTs: cluster ÷ (a) with Redis at appendfsync always",
      2,
      ratio(speed("cluster.single"), speed("bullmq-always.single")),
    ),
    atLeast(
      "delivered per second, batches of 100: cluster ÷ BullMQ bare (b)",
      1,
      ratio(speed("cluster.batch"), speed("bullmq-bare.batch")),
    ),
    atMost("cluster, submit→first call above submit→202 at 1,000/s: p99", 8, above("cluster"), " ms"),
    atMost("embedded, the same", 2, above("embedded"), " ms"),
    atMost(
      "cluster, submit→first call at 1,000/s: p99 ÷ that of (a) with Redis at appendfsync always",
      0.8,
      ratio(latency["cluster@1000"]?.firstCall.p99, always?.firstCall.p99),
    ),
    atMost("retry lateness at 1,000 due/s: p99", 20, late?.late.p99, " ms"),
    atMost("retries that came early", 0, late?.early),
    atLeast(
      "two nodes ÷ one, on the same 2 cores",
      0.95,
      ratio(speed("cluster2.single"), speed("cluster1.single")),
    ),
    atLeast(
      `throughput with ${waiting} waiting ÷ with none`,
      0.95,
      ratio(filled?.with.perSecond, filled?.without.perSecond),
    ),
    atMost("RSS of a node with that backlog", 260, rss, " MiB"),
    atMost("ready after a start beside that backlog", 20, filled?.readyS, " s"),
    cores("cluster", 50, 0.15),
    cores("cluster", 200, 0.35),
    cores("cluster", 500, 0.6),
    cores("embedded", 200, 0.2),
    cores("cluster", 0, 0.01),
    cores("embedded", 0, 0.005),
    atLeast(
      "throughput with 10,000 destinations ÷ with one",
      0.85,
      ratio(speed("cluster.10000 destinations"), speed("cluster.1 destinations")),
    ),
    ...Object.entries(hanging).map(([name, { with: during, without }]) =>
      atMost(
        `${name}: others' first-call p99 while one of them hangs ÷ without`,
        1.5,
        ratio(during.firstCall.p99, without.firstCall.p99),
      ),
    ),
  ];
}

const shown = (value: number, unit: string): string =>
  `${Math.abs(value) >= 100 ? Math.round(value) : Number(value.toFixed(Math.abs(value) < 0.1 ? 4 : 2))}${unit}`;

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
