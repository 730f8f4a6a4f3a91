/** The broker of a node, for moleculer-runner. Everything that can be configured comes from `core/config.ts`. */
import os from "node:os";
import path from "node:path";
import type { BrokerOptions } from "moleculer";
import { type Config, ConfigError, loadConfig } from "./core/config.ts";
import { sharedOptions } from "./services/bus/broker-options.ts";
import { largePackets } from "./services/bus/large-packets.ts";
import { packetGuard } from "./services/bus/packet-guard.ts";
import { neighbours } from "./services/neighbours/neighbours.ts";
import { egressRules } from "./services/node/egress.ts";
import { misconfigured } from "./services/node/fatal.ts";
import { foreignNodes } from "./services/node/foreign-nodes.ts";
import { leavingSlowly } from "./services/node/leaving.ts";
import { nodeService } from "./services/node/node-service.ts";
import { resources } from "./services/node/resources.ts";
import { replListener } from "./services/repl/listener.ts";

function config(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) return misconfigured(error.message);
    throw error;
  }
}

function brokerOptions(settings: Config): BrokerOptions {
  return {
    ...sharedOptions(settings),
    // Unique per run: a restarted node must not be taken for its predecessor.
    nodeID: `${os.hostname()}-${process.pid}-${Date.now().toString(36)}`,
    middlewares: [
      leavingSlowly(settings),
      foreignNodes(),
      resources(settings),
      egressRules(settings),
      nodeService(settings),
      neighbours(settings),
      largePackets(),
      packetGuard(),
      replListener(settings),
    ],
  };
}

const options = brokerOptions(config());

// moleculer-runner lets bare environment variables such as NAMESPACE or LOGGER override these.
for (const name of Object.keys(options)) delete process.env[name.toUpperCase()];

// The runner looks for the services that SERVICES names in this folder.
if (process.env.SERVICES) process.env.SERVICEDIR = path.join(import.meta.dirname, "services");

export default options;
