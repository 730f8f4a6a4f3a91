/** The command line of `npm run bench`. */
import { readArguments } from "../core/arguments.ts";

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
const USAGE = "npm run bench -- --help lists the options";

const listing = (known: Record<string, string>): string =>
  Object.entries(known)
    .map(([name, about]) => `\n                    ${name.padEnd(13)}${about}`)
    .join("");

export const HELP = `Measures this machine with Bida and what people build instead, on the same work in one run. See docs/performance.md.

  npm run bench -- [options]

  --quick           fewer and shorter rounds, and the workloads that the targets need
  --only a,b        workloads:${listing(WORKLOADS)}
  --peers a,b       what Bida is compared with; --peers "" for nothing:${listing(PEERS)}
  --backlog N       waiting tasks (1000000)
  --json            print the result as one JSON object; progress goes to stderr
  --json FILE       write that into a file, too
  --help            show this

The result is in bench/results/ in any case.

Exit codes: 0 done · 1 something was lost, or the time was up · 2 wrong arguments · 130 stopped
`;

export interface Options {
  quick: boolean;
  /** Neither workloads nor peers were picked: the result may stand for all. */
  whole: boolean;
  only: Set<Workload>;
  peers: Set<Peer>;
  /** The result goes to stdout. */
  json: boolean;
  /** Where the result is written besides; null: only into bench/results. */
  file: string | null;
  backlog: number;
}

/**
 * @returns null where help is asked for
 * @throws Error whose message is one line
 */
export function readOptions(args: string[]): Options | null {
  const { values, positionals } = readArguments(args, OPTIONS, (reason) => new Error(`${reason}; ${USAGE}`));
  if (values.help) return null;
  // What may stand behind --json; parseArgs knows no options whose value may be left out.
  const [file = null, ...more] = positionals;
  if (more.length > 0 || (file !== null && args[args.indexOf(file) - 1] !== "--json"))
    throw new Error(`"${more[0] ?? file}" is too much; ${USAGE}`);
  const listed = <T extends string>(text: string | undefined, known: object, usual: T[]): Set<T> => {
    const names = text === undefined ? usual : (text.split(",").filter(Boolean) as T[]);
    const unknown = names.find((name) => !Object.hasOwn(known, name));
    if (unknown !== undefined)
      throw new Error(`"${unknown}" is none of ${Object.keys(known).join(", ")}; ${USAGE}`);
    return new Set(names);
  };
  const all = Object.keys(WORKLOADS) as Workload[];
  return {
    quick: values.quick,
    whole: values.only === undefined && values.peers === undefined,
    only: listed(values.only, WORKLOADS, values.quick ? QUICK : all),
    peers: listed(values.peers, PEERS, values.quick ? ["a", "b", "d"] : ["a", "b", "c", "d"]),
    json: values.json && file === null,
    file,
    backlog: Number(values.backlog),
  };
}

const OPTIONS = {
  quick: { type: "boolean", default: false },
  only: { type: "string" },
  peers: { type: "string" },
  json: { type: "boolean", default: false },
  backlog: { type: "string", default: "1000000" },
  help: { type: "boolean", default: false },
} as const;
