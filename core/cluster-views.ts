/** What the cluster says of itself: its nodes, and what waits. Times are ISO 8601. */

/** Which parts of a node work. */
export interface Health {
  ok: boolean;
  /** Part → null where usable, otherwise what is wrong. */
  parts: Record<string, string | null>;
}

/** What a node says of itself. Where a node is no dispatcher, the figures of one are 0. */
export interface NodeInfo {
  nodeID: string;
  /** Bida's version. */
  version: string;
  /** What it runs, as `SERVICES` names it. */
  services: string[];
  /** ISO 8601. */
  startedAt: string;
  uptimeMs: number;
  pid: number;
  leaseMs: number;
  /** Dispatcher threads. */
  threads: number;
  /** Calls under way. */
  inFlight: number;
  /** Jobs it holds a lease on, and how many it may hold. */
  held: number;
  capacity: number;
  /** Outcomes that are not on record yet. */
  outcomesBuffered: number;
  /** It takes no more jobs, and finishes those it holds; see `admin.drain`. */
  draining: boolean;
  /** The installation that it is of; null: it has met none, or several. */
  installation: string | null;
  /** Node.js's version. Nodes of an older release do not tell, neither this nor the next two. */
  nodeVersion?: string;
  /** Tells one `BIDA_SECRET_KEY` from another, and gives nothing of it away; null: it has none. */
  secretKey?: string | null;
  /** This machine's clock, ISO 8601. */
  clock?: string;
  /** Of the main thread, in ms, over the last seconds. */
  eventLoopDelay: { p50: number; p99: number };
  rssBytes: number;
  /** Cores' worth of CPU time over the last seconds; 1 is one whole core. */
  cpu: number;
}

/** One node in `GET /v1/nodes`. One that vanished, or is too busy to answer, is shown without figures. */
export type NodeItem = ({ up: true } & NodeInfo) | { up: false; nodeID: string };

/** A dispatcher that was told to stop taking jobs, or to take them again. */
export interface Drained {
  nodeID: string;
  draining: boolean;
  /** Jobs that it still holds. */
  held: number;
}

/** What waits, of the whole cluster. */
export interface QueueView {
  /** Open tasks in the database; those being called are among them. */
  open: number;
  /** Of the due set; null while it does not answer. */
  places: {
    /** Due, and waiting for a turn. */
    due: number;
    /** Claimed: being called, or about to be. */
    calling: number;
    /** Due within the next minutes. */
    soon: number;
  } | null;
  /** Tasks that wait for an earlier one of their `orderKey`; `more` where they were not counted to the end. */
  held: { count: number; more: boolean };
  /** The task that is due for longest and has not been called; null where none is. */
  oldest: { taskId: string; dueAt: string; waitingMs: number } | null;
}

/** One metric of one node, as prom-client writes it in JSON. */
export interface MetricJson {
  name: string;
  help: string;
  type: string;
  values: { value: number; labels: Record<string, string | number>; metricName?: string }[];
}
