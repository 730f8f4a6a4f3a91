/** How every broker of Bida is made: those of nodes (`moleculer.config.ts`), and the REPL's. */
import type { BrokerOptions } from "moleculer";
import type { ClientConfig } from "../../core/config.ts";
import { loggers } from "../node/log.ts";
import { ExactSerializer } from "./exact-serializer.ts";
import { FEATURES } from "./features.ts";
import { natsOptions } from "./nats-options.ts";
import { NatsTransporter } from "./nats-transporter.ts";

/** Without `nodeID` and `middlewares`. */
export function sharedOptions({
  natsUrls,
  namespace,
  logLevel,
  logFormat,
}: Omit<ClientConfig, "dataDir">): BrokerOptions {
  return {
    // Other programs' services are in another one, and meet none of Bida's inner actions (`services/neighbours/`).
    namespace,
    metadata: { ...FEATURES },
    logger: {
      type: "Pino",
      options: { level: levels(logLevel), createLogger: loggers(logLevel, logFormat) },
    },
    transporter: natsUrls.length === 0 ? null : new NatsTransporter(natsOptions(natsUrls)),
    serializer: new ExactSerializer(),
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
