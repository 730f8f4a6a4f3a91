/** `BIDA_DUBBO_REGISTRY`, in Dubbo's own form: URLs with `|` or `;` between them. */

import { RedisRegistry } from "./redis-registry.ts";
import type { Registry } from "./registry.ts";
import { ZooKeeperRegistry } from "./zookeeper-registry.ts";

/** @param url that `core/config.ts` has checked @param provider the provider's URL */
export function registryAt(url: string, provider: string): Registry {
  const parsed = new URL(url);
  return parsed.protocol === "zookeeper:"
    ? new ZooKeeperRegistry(parsed, provider)
    : new RedisRegistry(parsed, provider, Date.now);
}
