/** `/metrics`: the whole cluster's metrics in Prometheus's text form, each series with its node. */
import type { IncomingMessage } from "node:http";
import { AggregatorRegistry } from "prom-client";
import type { MetricJson } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import type { Callers } from "./caller.ts";
import type { Nodes } from "./nodes.ts";
import type { Route } from "./route.ts";

export const metricsRoutes = (nodes: Nodes): Route[] => [
  {
    method: "GET",
    path: "/metrics",
    tag: "Cluster",
    summary: "The whole cluster's metrics, for Prometheus",
    description:
      "Open from the machine itself and from the addresses in `BIDA_METRICS_ALLOW`; otherwise it asks for a user's credentials.",
    access: null,
    credentials: "scrape",
    answer: { description: "Prometheus's text form, version 0.0.4", contentType: "text/plain" },
    handler: async ({ callers, req, res }) => {
      await allow(callers, req);
      const text = await scrape(nodes);
      res.statusCode = 200;
      res.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
      res.setHeader("cache-control", "no-store");
      res.end(text);
    },
  },
];

/** @throws BidaError unauthorized, forbidden */
async function allow(callers: Callers, req: IncomingMessage): Promise<void> {
  if (callers.mayScrape(req)) return;
  const { actor } = await callers.identify(req);
  if (actor.kind !== "user") throw new BidaError("forbidden", "This is for users");
}

/** @throws nothing: a node that does not answer is a figure, not a failure */
async function scrape(nodes: Nodes): Promise<string> {
  const answers = await nodes.ask("node.metrics");
  const up: MetricJson = {
    name: "bida_node_up",
    help: "1: the node answers; 0: it does not, or vanished within the last five minutes",
    type: "gauge",
    values: answers.map(({ nodeID, answer }) => ({ value: answer ? 1 : 0, labels: { node: nodeID } })),
  };
  const all = answers.map(({ nodeID, answer }) =>
    (answer?.metrics ?? []).map((one) => labelled(one, nodeID)),
  );
  return AggregatorRegistry.aggregate([[up], ...all].map((metrics) => metrics.map(kept))).metrics();
}

function labelled(metric: MetricJson, node: string): MetricJson {
  return {
    ...metric,
    values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, node } })),
  };
}

/** With its node every series is the only one of its labels: nothing is summed up, and nothing may be left out. */
const kept = (metric: MetricJson) => ({ ...metric, aggregator: "first" });
