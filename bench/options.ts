/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";

export const WORKLOADS = {
  single: "single POSTs by 64 connections",
  batch: "batches of 100",
  rpc: "RPC from another Moleculer node",
  failures: "1 % and 30 % of calls fail",
  payloads: "200 B, 10 KB, 200 KB",
  rates: "cores in use at 50, 200, 500 and 1,000 per second, and idle",
  latency: "open loop at 200, 1,000 and 3,000 per second",
  lateness: "retries, 1,000 due per second",
  nodes: "1, 2 and 3 nodes that schedule and dispatch",
  backlog: "a million waiting tasks",
  destinations: "10,000 destinations beside one",
  storm: "100,000 retries due at one moment",
  hanging: "one target hangs, with 10,000 tasks queued",
};
export type Workload = keyof typeof WORKLOADS;

export const PEERS = {
  a: "moleculer-web + BullMQ + undici + a row per call in MariaDB",
  b: "BullMQ and undici, nothing recorded",
  c: "moleculer-web + graphile-worker + undici + a row per call, in PostgreSQL",
  d: "the limit: undici in a loop",
};
export type Peer = keyof typeof PEERS;

const QUICK: Workload[] = [
  "single",
  "batch",
  "rates",
  "latency",
  "lateness",
  "nodes",
  "backlog",
  "destinations",
];
const USAGE = `usage: npm run bench [-- --quick] [--only ${Object.keys(WORKLOADS)}] [--peers ${Object.keys(PEERS)}] [--json file] [--backlog 1000000]`;

export interface Options {
  quick: boolean;
  /** Neither workloads nor peers were picked: the result may stand for all. */
  whole: boolean;
  only: Set<Workload>;
  peers: Set<Peer>;
  /** Where the result is written besides; null: only into bench/results. */
  json: string | null;
  backlog: number;
}

export function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      peers: { type: "string" },
      json: { type: "string" },
      backlog: { type: "string", default: "1000000" },
    },
  });
  const listed = <T extends string>(text: string | undefined, known: object, usual: T[]): Set<T> => {
    const names = text === undefined ? usual : (text.split(",").filter(Boolean) as T[]);
    if (names.some((name) => !Object.hasOwn(known, name))) throw new Error(USAGE);
    return new Set(names);
  };
  const all = Object.keys(WORKLOADS) as Workload[];
  return {
    quick: values.quick,
    whole: values.only === undefined && values.peers === undefined,
    only: listed(values.only, WORKLOADS, values.quick ? QUICK : all),
    peers: listed(values.peers, PEERS, values.quick ? ["a", "b", "d"] : ["a", "b", "c", "d"]),
    json: values.json ?? null,
    backlog: Number(values.backlog),
  };
}
