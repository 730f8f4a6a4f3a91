/**
 * Every node, whatever it runs, answers for itself: `node.info` and `node.metrics`, asked by its id. (Moleculer's own
 * `$node` service tells of Moleculer, not of Bida.)
 */
import type { Middleware, ServiceBroker } from "moleculer";
import { LoopDelay } from "../../actors/loop-delay.ts";
import type { Config } from "../../core/config.ts";
import type { MetricJson, NodeInfo } from "../../core/contract.ts";
import { collectProcessMetrics, eventLoopDelay, nodeInfo, registry } from "../../core/metrics.ts";
import packageJson from "../../package.json" with { type: "json" };
import { fingerprintOf } from "../../store/secret-box.ts";
import { actionsOf } from "../bus/bus.ts";
import { unknownSettings } from "../repl/unknown-settings.ts";
import { CpuShare, machineUsage } from "./cpu-share.ts";
import { fatal } from "./fatal.ts";
import { installationOf } from "./foreign-nodes.ts";
import { contribute, contributedInfo, sampleAll } from "./node-status.ts";

const { version } = packageJson;

/** Adds the service `node` to the broker. */
export function nodeService(config: Config): Middleware {
  const startedAt = new Date(Date.now() - performance.now());
  const delay = new LoopDelay();
  const cpu = new CpuShare();

  const info = (broker: ServiceBroker): NodeInfo => ({
    nodeID: broker.nodeID,
    version,
    services: config.services,
    startedAt: startedAt.toISOString(),
    uptimeMs: Math.round(performance.now()),
    pid: process.pid,
    leaseMs: config.leaseMs,
    threads: 0,
    inFlight: 0,
    held: 0,
    capacity: 0,
    outcomesBuffered: 0,
    draining: false,
    installation: installationOf(broker),
    nodeVersion: process.versions.node,
    secretKey: config.secretKey && fingerprintOf(config.secretKey),
    clock: new Date().toISOString(),
    eventLoopDelay: { p50: rounded(delay.p50), p99: rounded(delay.p99) },
    rssBytes: process.memoryUsage.rss(),
    cpu: rounded(cpu.share),
    ...contributedInfo(broker),
  });

  return {
    name: "NodeService",
    created(broker: ServiceBroker) {
      sayWhyItEnds(broker);
      broker.getCpuUsage = machineUsage();
      for (const { name, meant } of unknownSettings(process.env))
        broker
          .getLogger("node")
          .warn({ setting: name, meant }, "a variable is no setting of Bida, and is ignored");
      collectProcessMetrics();
      nodeInfo.labels(version, config.services.join(",")).set(1);
      contribute(broker, {
        sample() {
          eventLoopDelay.labels("0.5").set(delay.p50 / 1000);
          eventLoopDelay.labels("0.99").set(delay.p99 / 1000);
        },
      });
      broker.createService({
        name: "node",
        actions: actionsOf<"node">({
          info: async () => info(broker),
          metrics: async () => {
            await sampleAll(broker);
            return { metrics: (await registry.getMetricsAsJSON()) as unknown as MetricJson[] };
          },
        }),
      });
    },
    async stopped() {
      delay.stop();
      cpu.stop();
    },
  } as Middleware;
}

/** A bug that nobody caught leaves the process in a state nobody knows: it ends, and others take over after the lease. */
function sayWhyItEnds(broker: ServiceBroker): void {
  // Who reads them may go, or their disk be full.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.on("uncaughtException", (error: Error) => {
    broker.getLogger("node").fatal({ err: error }, "unexpected error; this process ends");
    fatal(`an unexpected error ends this process (${error.name}; the log has more)`);
  });
}

const rounded = (n: number): number => Math.round(n * 1000) / 1000;
