/** `/v1/nodes`: the cluster's nodes and what each is busy with. */
import { z } from "zod";
import type { Drained, NodeItem, QueueView } from "../../core/contract.ts";
import { note } from "../../core/schema/parts.ts";
import { parseWith } from "../../core/task-schema.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import type { Nodes } from "./nodes.ts";
import type { Route } from "./route.ts";

const figure = z.number().min(0);

const itemSchema = z
  .union([
    z.object({
      up: z.literal(true),
      nodeID: z.string(),
      version: z.string(),
      services: z.array(z.string()),
      startedAt: z.iso.datetime(),
      uptimeMs: figure,
      pid: figure,
      leaseMs: figure,
      threads: figure,
      inFlight: figure,
      held: figure,
      capacity: figure,
      outcomesBuffered: figure,
      installation: z
        .string()
        .nullable()
        .describe("The installation that it is of; null: it has met none, or several"),
      nodeVersion: z.string().optional().describe("Node.js's; nodes of an older release do not tell"),
      secretKey: z
        .string()
        .nullable()
        .optional()
        .describe("Tells one `BIDA_SECRET_KEY` from another; null: it has none"),
      clock: z.iso.datetime().optional().describe("This machine's clock"),
      draining: z.boolean().describe("It takes no more jobs, and finishes those it holds (REPL: drain)"),
      eventLoopDelay: z.object({ p50: figure, p99: figure }),
      rssBytes: figure,
      cpu: figure,
    }),
    z.object({ up: z.literal(false), nodeID: z.string() }),
  ])
  .meta({ id: "Node" });

const drainBodySchema = z
  .strictObject({ draining: z.boolean("must be true or false"), note })
  .meta({ id: "Drain", examples: [{ draining: true, note: "new kernel" }] });

const drainedSchema = z
  .object({ nodeID: z.string(), draining: z.boolean(), held: figure.describe("Tasks that it still holds") })
  .meta({ id: "Drained" }) satisfies z.ZodType<Drained>;

const queueSchema = z
  .object({
    open: figure,
    places: z
      .object({ due: figure, calling: figure, soon: figure })
      .nullable()
      .describe("Null: the due set does not answer"),
    held: z.object({ count: figure, more: z.boolean() }),
    oldest: z.object({ taskId: z.uuid(), dueAt: z.iso.datetime(), waitingMs: figure }).nullable(),
  })
  .meta({ id: "Queue" }) satisfies z.ZodType<QueueView>;

export const nodeRoutes = (nodes: Nodes): Route[] => [
  {
    method: "GET",
    path: "/v1/nodes",
    tag: "Cluster",
    summary: "The cluster's nodes",
    description:
      "Every node that is alive. One that does not answer, or vanished within the last five minutes, has `up` false and no figures.",
    access: { role: "viewer" },
    answer: {
      description: "All nodes",
      schema: z.object({ items: z.array(itemSchema), nextCursor: z.null() }),
    },
    handler: async () => ({ items: await listed(nodes), nextCursor: null }),
  },
  {
    method: "POST",
    path: "/v1/nodes/{nodeID}/drain",
    tag: "Cluster",
    summary: "Have a node take no more tasks, or take them again",
    description: "It finishes what it holds. Until `draining` is false, or the node starts anew.",
    access: { role: "operator" },
    body: { schema: drainBodySchema },
    answer: { description: "The node", schema: drainedSchema },
    handler: ({ broker, params, body, meta }) => {
      const change = parseWith(drainBodySchema, body, "invalid_body");
      const { note, ...rest } = { ...change, nodeID: params.nodeID ?? "" };
      return call(broker, "admin.drain", note === undefined ? rest : { ...rest, note }, { meta });
    },
  },
  {
    method: "GET",
    path: "/v1/queue",
    tag: "Cluster",
    summary: "What waits: due, being called, held, and the oldest",
    access: { role: "viewer" },
    answer: { description: "The queue", schema: queueSchema },
    handler: ({ broker, meta }) => read(broker, "admin.queue", {}, { meta }),
  },
];

async function listed(nodes: Nodes): Promise<NodeItem[]> {
  const answers = await nodes.ask("node.info");
  return answers.map(({ nodeID, answer }) => (answer ? { up: true, ...answer } : { up: false, nodeID }));
}
