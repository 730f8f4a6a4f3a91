/** `/metrics`: the whole cluster's metrics in Prometheus's text form, each series with its node. */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { AggregatorRegistry } from "prom-client";
import { AddressRanges, LOOPBACK_RANGES } from "../../core/addresses.ts";
import type { MetricJson } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import type { Callers } from "./caller.ts";
import type { Nodes } from "./nodes.ts";
import type { GatewayHandler } from "./route.ts";

const loopback = new AddressRanges(LOOPBACK_RANGES);

export function metricsRoutes(callers: Callers, nodes: Nodes): Record<string, GatewayHandler> {
  return {
    "GET /metrics": (req, res, next) => {
      allow(req)
        .then(() => scrape(nodes))
        .then((text) => {
          res.statusCode = 200;
          res.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
          res.setHeader("cache-control", "no-store");
          res.end(text);
        })
        .catch(next);
    },
  };

  /** From the machine itself it is open; through a proxy, or from elsewhere, it asks for a user's credentials. */
  async function allow(req: IncomingMessage): Promise<void> {
    const proxied = req.headers["x-forwarded-for"] !== undefined || req.headers.forwarded !== undefined;
    const address = callers.addressOf(req);
    if (!proxied && isIP(address) !== 0 && loopback.includes(address)) return;
    const { actor } = await callers.identify(req);
    if (actor.kind !== "user") throw new BidaError("forbidden", "This is for users");
  }
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
