/** How connections are made. */
import type { LookupAddress } from "node:dns";
import net from "node:net";
import type { buildConnector } from "undici";

/** How far a connection has come. Moments are monotonic, in ms. */
export interface OpeningSteps {
  /** Its host is a name, which has to be found first. */
  readonly named: boolean;
  /** When that was; null: not yet. */
  foundAt: number | null;
  /** When TCP was through, to the target or by a tunnel; null: not yet. */
  connectedAt: number | null;
}

/** A connection that is being made: its socket, or what stands for it. */
export interface Opening {
  /** Gives up; nothing is heard of it any more. */
  destroy(): unknown;
  /** Missing: it was given up before it began. */
  readonly steps?: OpeningSteps | undefined;
}

/** To be filled in. */
export const stepsTo = (host: string): OpeningSteps => ({
  named: net.isIP(host) === 0,
  foundAt: null,
  connectedAt: null,
});

/**
 * Makes a connection. Returns at once what stands for it, where there is something to give up.
 */
export type Connector = (
  options: buildConnector.Options,
  callback: buildConnector.Callback,
) => Opening | undefined;

/** The addresses of a host that may be connected to; at least one. @throws BlockedAddressError, NameError */
export type Vetted = (host: string, port: number) => Promise<LookupAddress[]>;

/** The host and port of a target, as they are vetted. */
export function placeOf({ hostname, protocol, port }: buildConnector.Options): {
  host: string;
  port: number;
} {
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || (protocol === "https:" ? 443 : 80)),
  };
}
