/**
 * The egress guard, inside the connector: a name is resolved once, every address is vetted, and the connection goes to
 * a vetted one. There is no moment between check and use in which a name could change its address (DNS rebinding).
 */
import type { LookupAddress } from "node:dns";
import net from "node:net";
import { buildConnector } from "undici";
import type { EgressPolicy } from "../core/addresses.ts";
import { type NameLookup, NameResolver } from "./names/resolver.ts";
import type { Connector, Opening } from "./opening.ts";

/** Addresses that callbacks may not reach. */
export class BlockedAddressError extends Error {
  readonly code = "BIDA_BLOCKED";
}

/**
 * A connector that reaches only what `policy` permits. It has no deadline of its own: the call's governs.
 * @param names finds the addresses of names
 */
export function guardedConnector(policy: EgressPolicy, names: NameLookup = new NameResolver()): Connector {
  const permitted = async (hostname: string): Promise<LookupAddress[]> => {
    const addresses = await names.lookup(hostname);
    const some = addresses.filter(({ address }) => policy.permits(address));
    if (some.length > 0) return some;
    throw blocked(
      hostname,
      addresses.map(({ address }) => address),
    );
  };
  const lookup: net.LookupFunction = (hostname, { all }, done) => {
    permitted(hostname).then(
      (addresses) => {
        const [{ address, family }] = addresses as [LookupAddress];
        // The option `all` decides the callback's shape.
        if (all) (done as (e: null, a: LookupAddress[]) => void)(null, addresses);
        else done(null, address, family);
      },
      (error) => done(error, "", 0),
    );
  };
  const options = { timeout: 0, lookup, allowH2: false } as buildConnector.BuildOptions;
  // Undici's types do not say that it returns the socket at once.
  const connect = buildConnector(options) as unknown as (...args: Parameters<Connector>) => net.Socket;
  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, "");
    const isLiteral = net.isIP(host) !== 0;
    // A literal address is never looked up.
    if (isLiteral && !policy.permits(host)) {
      queueMicrotask(() => callback(blocked(host, [host]), null));
      return undefined;
    }
    const socket = connect(target, callback);
    return isLiteral ? socket : new NamedOpening(socket);
  };
}

/** A connection to a name: it is known whether that has been found. */
class NamedOpening implements Opening {
  lookingUp = true;
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.once("lookup", () => {
      this.lookingUp = false;
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function blocked(host: string, addresses: string[]): BlockedAddressError {
  const where = addresses.join(", ");
  return new BlockedAddressError(`${host} is ${where}, which callbacks may not reach (BIDA_EGRESS_ALLOW)`);
}
