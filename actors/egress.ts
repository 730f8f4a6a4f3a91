/**
 * The egress guard, inside the connector: a name is resolved once, every address is vetted, and the connection goes to
 * a vetted one. There is no moment between check and use in which a name could change its address (DNS rebinding).
 */
import dns from "node:dns";
import net from "node:net";
import { buildConnector } from "undici";
import type { EgressPolicy } from "../core/addresses.ts";
import type { Connector } from "./connections.ts";

/** Addresses that callbacks may not reach. */
export class BlockedAddressError extends Error {
  readonly code = "BIDA_BLOCKED";
}

/** A connector that reaches only what `policy` permits. It has no deadline of its own: the call's governs. */
export function guardedConnector(policy: EgressPolicy): Connector {
  const lookup: net.LookupFunction = (hostname, options, done) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, "", 0);
      const permitted = addresses.filter(({ address }) => policy.permits(address));
      const first = permitted[0];
      if (!first)
        return done(
          blocked(
            hostname,
            addresses.map(({ address }) => address),
          ),
          "",
          0,
        );
      // The option `all` decides the callback's shape.
      if (options.all) (done as (e: null, a: dns.LookupAddress[]) => void)(null, permitted);
      else done(null, first.address, first.family);
    });
  };
  const options = { timeout: 0, lookup, allowH2: false } as buildConnector.BuildOptions;
  // Undici's types do not say that it returns the socket at once.
  const connect = buildConnector(options) as unknown as Connector;
  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, "");
    // A literal address is never looked up.
    if (net.isIP(host) !== 0 && !policy.permits(host)) {
      queueMicrotask(() => callback(blocked(host, [host]), null));
      return undefined;
    }
    return connect(target, callback);
  };
}

function blocked(host: string, addresses: string[]): BlockedAddressError {
  const where = addresses.join(", ");
  return new BlockedAddressError(`${host} is ${where}, which callbacks may not reach (BIDA_EGRESS_ALLOW)`);
}
