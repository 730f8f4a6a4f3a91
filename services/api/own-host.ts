/**
 * Whether a request means this installation. A page of a stranger whose name suddenly resolves to our address (DNS
 * rebinding) is of one origin with us in its browser's eyes: only `Host` tells that it is not ours. What is no name cannot
 * be rebound, so the address which the connection came to is ours as well.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Config } from "../../core/config.ts";
import { BidaError } from "../../core/errors.ts";
import { HostNames, hostOf } from "../../core/host-names.ts";

export class OwnHost {
  readonly #names: HostNames;
  /** `Host` headers that were found to be ours: nearly all requests have the same one. */
  readonly #known = new Set<string>();

  constructor({ host, publicUrl, allowedHosts }: Pick<Config, "host" | "publicUrl" | "allowedHosts">) {
    this.#names = new HostNames(
      [host, URL.parse(publicUrl)?.hostname ?? "", ...allowedHosts].filter(Boolean),
    );
  }

  /**
   * @throws BidaError invalid_http for more than one `Host`, or one that is none (RFC 9112, section 3.2);
   *   misdirected for a name that is not ours
   */
  check(req: IncomingMessage): void {
    const { host } = req.headers;
    if (countOf(req.rawHeaders, "host") > 1) throw new BidaError("invalid_http", "More than one Host header");
    // Of HTTP/1.0, which browsers do not speak; Node asks for it in HTTP/1.1.
    if (host !== undefined) this.#checkOne(host, req);
    // The host of a target in absolute form counts instead of the header's (RFC 9112, section 3.2.2).
    const target = req.url ?? "/";
    if (!target.startsWith("/") && target !== "*")
      this.#checkOne(/^https?:\/\/([^/?#]*)/i.exec(target)?.[1] ?? "", req);
  }

  #checkOne(authority: string, req: IncomingMessage): void {
    if (this.#known.has(authority)) return;
    const host = hostOf(authority);
    if (host === null) throw new BidaError("invalid_http", "The Host header is not valid");
    if (this.#names.includes(host)) {
      // Ports differ without end.
      if (this.#known.size < MAX_KNOWN) this.#known.add(authority);
      return;
    }
    if (isIP(host) !== 0 && host === hostOf(asAuthority(req.socket.localAddress ?? ""))) return;
    throw new BidaError(
      "misdirected",
      `${host} is not a name of this installation; BIDA_ALLOWED_HOSTS can add it`,
    );
  }
}

const MAX_KNOWN = 64;

const asAuthority = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** @param rawHeaders names and values in turn */
function countOf(rawHeaders: string[], name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] as string;
    if (header.length === name.length && header.toLowerCase() === name) count += 1;
  }
  return count;
}
