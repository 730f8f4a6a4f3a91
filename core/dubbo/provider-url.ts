/** How a registry names a provider. */
import { PROTOCOL_VERSION } from "./answer.ts";
import { INTERFACE, METHODS, VERSION } from "./callback-service.ts";

export interface ProviderAddress {
  /** As consumers reach it: Dubbo replaces loopback addresses by the consumer's own. */
  host: string;
  port: number;
}

/**
 * The provider's URL, as kkbida's. Without `timestamp` and `pid`, which change at every start: a node that was killed and
 * comes back takes its own former place. Without a `timestamp` consumers give a provider its full share at once.
 */
export function providerUrl({ host, port }: ProviderAddress): string {
  const parameters = {
    anyhost: "true",
    application: "bida",
    dubbo: PROTOCOL_VERSION,
    generic: "false",
    interface: INTERFACE,
    methods: METHODS.join(","),
    revision: "1.0.1",
    serialization: "hessian2",
    side: "provider",
    version: VERSION,
  };
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return `dubbo://${host.includes(":") ? `[${host}]` : host}:${port}/${INTERFACE}?${query.join("&")}`;
}
