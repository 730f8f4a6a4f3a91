/** The broker of a node, for moleculer-runner. Everything that can be configured comes from `core/config.ts`. */
import os from "node:os";
import path from "node:path";
import type { BrokerOptions } from "moleculer";
import { type Config, ConfigError, loadConfig } from "./core/config.ts";
import { fatal } from "./services/lib/fatal.ts";
import { largePackets } from "./services/lib/large-packets.ts";
import { loggers } from "./services/lib/log.ts";
import { NatsTransporter, natsOptions } from "./services/lib/nats-transporter.ts";
import { nodeService } from "./services/lib/node-service.ts";
import { resources } from "./services/lib/resources.ts";

function config(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) return fatal(error.message);
    throw error;
  }
}

function brokerOptions(settings: Config): BrokerOptions {
  const { natsUrls, logLevel } = settings;
  return {
    namespace: "",
    // Unique per run: a restarted node must not be taken for its predecessor.
    nodeID: `${os.hostname()}-${process.pid}-${Date.now().toString(36)}`,
    logger: { type: "Pino", options: { level: levels(logLevel), createLogger: loggers(logLevel) } },
    transporter: natsUrls.length === 0 ? null : new NatsTransporter(natsOptions(natsUrls)),
    // The default waits for ever: a call to a node that was killed would never return.
    requestTimeout: 10_000,
    heartbeatInterval: 2,
    heartbeatTimeout: 6,
    // How soon others learn that this node listens to something more; the default is a second. (Missing in the types.)
    transit: { serviceChangedDebounceTime: 100 } as NonNullable<BrokerOptions["transit"]>,
    // Without it stop() abandons calls that are under way.
    tracking: { enabled: true, shutdownTimeout: 10_000 },
    registry: { preferLocal: true, stopDelay: 0 },
    validator: false,
    metrics: false,
    tracing: false,
    middlewares: [resources(settings), nodeService(settings), largePackets()],
  };
}

/** Moleculer's own modules tell much at `info` that concerns nobody who runs Bida. */
function levels(logLevel: string): Record<string, string> {
  const quiet = logLevel === "info" ? "warn" : logLevel;
  const own = ["BROKER", "REGISTRY", "TRANSIT", "TRANSPORTER", "DISCOVERY", "$NODE"];
  // What the transporter says, `lost contact with NATS` says with more.
  const transporter = logLevel === "info" ? { TRANSPORTER: "fatal" } : {};
  return { ...Object.fromEntries(own.map((name) => [name, quiet])), ...transporter, "**": logLevel };
}

const options = brokerOptions(config());

// moleculer-runner lets bare environment variables such as NAMESPACE or LOGGER override these.
for (const name of Object.keys(options)) delete process.env[name.toUpperCase()];

// The runner looks for the services that SERVICES names in this folder.
if (process.env.SERVICES) process.env.SERVICEDIR = path.join(import.meta.dirname, "services");

export default options;
