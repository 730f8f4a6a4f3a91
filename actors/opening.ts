/** How connections are made. */
import type { LookupAddress } from "node:dns";
import type { buildConnector } from "undici";

/** A connection that is being made: its socket, or what stands for it. */
export interface Opening {
  /** Gives up; nothing is heard of it any more. */
  destroy(): unknown;
  /** The address of its host is not known yet. */
  readonly lookingUp?: boolean;
}

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
