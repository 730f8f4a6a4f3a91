/** From settings to a way to Bida: over HTTP, in a cluster, or into the process of this machine. */
import type { ClientConfig } from "../../core/config.ts";
import { nodesWith } from "../bus/peers.ts";
import { operator } from "./actor.ts";
import { attach } from "./attach.ts";
import { type HttpAccess, httpLink } from "./http-link.ts";
import { join } from "./join.ts";
import { brokerLink, followBy, type Link } from "./link.ts";

/**
 * @param http null: this machine's process, or the cluster of the settings
 * @param onGone the embedded process has ended
 * @throws Unreachable; Mistake for settings of HTTP that cannot work
 */
export async function reach(
  config: ClientConfig,
  http: HttpAccess | null,
  onGone: () => void,
): Promise<Link> {
  if (http !== null) return httpLink(http);
  if (config.natsUrls.length > 0) {
    const broker = await join(config);
    const count = nodesWith(broker, "node.info").length;
    return brokerLink(broker, operator(), `a cluster of ${count} nodes`, followBy(broker));
  }
  const { broker, follow } = await attach(config, onGone);
  return brokerLink(broker, operator(), `the process on ${config.dataDir}`, follow);
}
