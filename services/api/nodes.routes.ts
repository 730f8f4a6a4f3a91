/** `/v1/nodes`: the cluster's nodes and what each is busy with. */
import { z } from "zod";
import type { NodeItem } from "../../core/contract.ts";
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
];

async function listed(nodes: Nodes): Promise<NodeItem[]> {
  const answers = await nodes.ask("node.info");
  return answers.map(({ nodeID, answer }) => (answer ? { up: true, ...answer } : { up: false, nodeID }));
}
