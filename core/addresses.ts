/** IP addresses and ranges. Which of them callbacks may reach says `egress.ts`. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** Its base, and how many bits count. */
export type Range = [Address, number];

export const LOOPBACK_RANGES = ["127.0.0.0/8", "::1/128"];
export const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/** A set of CIDR ranges. */
export class AddressRanges {
  readonly #ranges: Range[];

  /** @param entries `10.0.0.0/8`, or a single address. @throws Error that names the wrong entry */
  constructor(entries: string[]) {
    this.#ranges = entries.map(parseRange);
  }

  includes(ip: string): boolean {
    const address = parseAddress(ip);
    return address !== null && this.#ranges.some((range) => contains(range, address));
  }

  /** The bits of the narrowest range that holds `address`; -1 where none does. */
  prefixOf(address: Address): number {
    return this.#ranges.reduce(
      (bits, range) => (contains(range, address) ? Math.max(bits, range[1]) : bits),
      -1,
    );
  }
}

/**
 * Whom an address stands for when logins are counted: itself, or the /64 of an IPv6 address, which is what one
 * customer gets (RFC 6177). What is no address stands for itself.
 */
export function networkOf(ip: string): string {
  const address = parseAddress(ip);
  if (address === null) return ip;
  if (address.kind() === "ipv4") return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`)}/64`;
}

/**
 * An address, an IPv4 one also where IPv6 carries it (`::ffff:…`); null for what is none. The zone of a link-local address
 * (`%eth0`, RFC 4007) is left out: it is this machine's own matter, and the library does not know all names of interfaces.
 */
export function parseAddress(ip: string): Address | null {
  return isIP(ip) === 0 ? null : ipaddr.process(withoutZone(ip));
}

/** No peer of a connection has one of these: unspecified, multicast, broadcast. */
const NO_PEERS: Range[] = ["0.0.0.0/8", "224.0.0.0/4", "255.255.255.255", "::/128", "ff00::/8"].map(
  (range) => (ipaddr.isValidCIDR(range) ? ipaddr.parseCIDR(range) : [ipaddr.parse(range), 32]),
);
const MAPPED = ipaddr.IPv6.parseCIDR("::ffff:0:0/96");

/**
 * Why no peer's address can ever be in a range; null where one can.
 * @throws Error as {@link parseRange}
 */
export function neverMatches(entry: string): string | null {
  const [base, bits] = parseRange(entry);
  if (bits >= MAPPED[1] && contains(MAPPED, base)) {
    const v4 = (base as ipaddr.IPv6).toIPv4Address();
    return `"${entry}" can never match: IPv4 addresses are compared as such; write ${v4}/${bits - MAPPED[1]}`;
  }
  return NO_PEERS.some((range) => bits >= range[1] && contains(range, base))
    ? `"${entry}" can never match: no peer has such an address`
    : null;
}

const withoutZone = (text: string): string => text.replace(/%[^/]*/, "");

/** @param entry `10.0.0.0/8`, or a single address. @throws Error that names it */
export function parseRange(entry: string): Range {
  const text = withoutZone(entry.trim());
  // ipaddr.js alone also takes the shortened forms of inet_aton, such as "10.1".
  if (isIP(text.split("/", 1)[0] ?? "") !== 0) {
    if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
    if (ipaddr.isValid(text)) {
      const address = ipaddr.process(text);
      return [address, address.kind() === "ipv4" ? 32 : 128];
    }
  }
  throw new Error(`"${entry.trim()}" is not an IP address or CIDR range`);
}

export function contains([base, bits]: Range, address: Address): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}
