/**
 * The egress guard, inside the connector: a name is resolved once, every address is vetted, and the connection goes to
 * a vetted one, by a proxy too. There is no moment between check and use in which a name could change its address (DNS
 * rebinding).
 */
import type { LookupAddress } from "node:dns";
import net from "node:net";
import { buildConnector } from "undici";
import {
  EGRESS_REASONS,
  EGRESS_RULES,
  EgressPolicy,
  type EgressRule,
  type EgressRules,
} from "../core/egress.ts";
import { type NameLookup, NameResolver } from "./names/resolver.ts";
import { type Connector, type Opening, type OpeningSteps, placeOf, stepsTo, type Vetted } from "./opening.ts";
import { proxiedConnector } from "./proxied-connector.ts";
import type { OutboundProxy } from "./proxy.ts";

/** Addresses that callbacks may not reach. Callers read the message: it names the rule, and no address. */
export class BlockedAddressError extends Error {
  readonly code = "BIDA_BLOCKED";
  readonly rule: EgressRule;

  constructor(host: string, rule: EgressRule) {
    super(`${host} ${EGRESS_REASONS[rule]}`);
    this.rule = rule;
  }
}

/** A host that was blocked; for those who run Bida. */
export interface Blocked {
  host: string;
  addresses: string[];
  rule: EgressRule;
}

/** What the connector needs of an {@link EgressPolicy}. */
export type Guard = Pick<EgressPolicy, "refusal">;

/** A policy whose rules can be replaced. */
export class EgressGuard implements Guard {
  /** Of the rules. A connection that was made under former ones is not used again. */
  version = 0;
  #policy: EgressPolicy;

  constructor({ allow, own }: EgressRules) {
    this.#policy = new EgressPolicy(allow, own);
  }

  refusal(ip: string, port: number): EgressRule | null {
    return this.#policy.refusal(ip, port);
  }

  update({ allow, own }: EgressRules): void {
    this.#policy = new EgressPolicy(allow, own);
    this.version += 1;
  }
}

export interface ConnectorOptions {
  /** Finds the addresses of names. */
  names?: NameLookup;
  /** Null: calls go to their targets directly. Mail always does. */
  proxy?: OutboundProxy | null;
  onBlocked?(blocked: Blocked): void;
}

/** A connector that reaches only what `guard` permits. It has no deadline of its own: the call's governs. */
export function guardedConnector(
  guard: Guard,
  { names = new NameResolver(), proxy = null, onBlocked = () => undefined }: ConnectorOptions = {},
): Connector {
  const permitted = (host: string, port: number, addresses: LookupAddress[]): LookupAddress[] => {
    const refusals = addresses.map(({ address }) => guard.refusal(address, port));
    const some = addresses.filter((_, i) => refusals[i] === null);
    if (some.length > 0) return some;
    const rule = EGRESS_RULES.find((one) => refusals.includes(one)) ?? "private";
    onBlocked({ host, rule, addresses: addresses.map(({ address }) => address) });
    throw new BlockedAddressError(host, rule);
  };
  const vetted: Vetted = async (host, port) => permitted(host, port, await names.lookup(host));
  const connect = proxy ? eitherWay(directConnector(vetted), proxy, vetted) : directConnector(vetted);
  return (target, callback) => {
    const { host, port } = placeOf(target);
    const family = net.isIP(host);
    if (family === 0) return connect(target, callback);
    // A literal address is never looked up.
    try {
      permitted(host, port, [{ address: host, family }]);
    } catch (error) {
      queueMicrotask(() => callback(error as Error, null));
      return undefined;
    }
    return connect(target, callback);
  };
}

/** Mail goes directly: proxies let HTTP pass. */
function eitherWay(direct: Connector, proxy: OutboundProxy, vetted: Vetted): Connector {
  const proxied = proxiedConnector(proxy, vetted);
  return (target, callback) => (target.protocol === "smtp:" ? direct : proxied)(target, callback);
}

function directConnector(vetted: Vetted): Connector {
  // Node looks up before `connect` returns, and does not tell for which port.
  let connecting = 0;
  const lookup: net.LookupFunction = (hostname, { all }, done) => {
    vetted(hostname, connecting).then(
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
    const { host, port } = placeOf(target);
    connecting = port;
    return new DirectOpening(connect(target, callback), stepsTo(host));
  };
}

/** A connection of our own: its socket tells how far it is. */
class DirectOpening implements Opening {
  readonly steps: OpeningSteps;
  readonly #socket: net.Socket;

  constructor(socket: net.Socket, steps: OpeningSteps) {
    this.#socket = socket;
    this.steps = steps;
    // Once per address; the first says that the name was found.
    socket.once("lookup", (error: Error | null) => {
      if (!error) steps.foundAt = performance.now();
    });
    // With TLS that comes before the handshake.
    socket.once("connect", () => {
      steps.connectedAt = performance.now();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
