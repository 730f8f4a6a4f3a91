/** IP ranges: which addresses callbacks may reach, and which callers may use the legacy door. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/** IPv6 prefixes that carry an IPv4 address: NAT64 (RFC 6052) and 6to4 (RFC 3056); judged by what they carry. */
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
const SIX_TO_FOUR = ipaddr.IPv6.parseCIDR("2002::/16");

const GLOBAL_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Link-local and cloud metadata: only an entry this narrow or narrower opens them. */
const METADATA: { range: Range; narrowest: number }[] = [
  { range: ipaddr.IPv4.parseCIDR("169.254.0.0/16"), narrowest: 16 },
  { range: ipaddr.IPv6.parseCIDR("fe80::/10"), narrowest: 10 },
  { range: ipaddr.IPv6.parseCIDR("fd00:ec2::254/128"), narrowest: 128 },
];

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
    return isIP(ip) !== 0 && this.#ranges.some((range) => contains(range, ipaddr.process(ip)));
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
  if (isIP(ip) === 0) return ip;
  const address = ipaddr.process(ip);
  if (address.kind() === "ipv4") return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`)}/64`;
}

/**
 * Decides whether callbacks may go to an address: public ones always, others where `allowed` names them,
 * link-local and metadata only where an entry names exactly that range or a part of it.
 */
export class EgressPolicy {
  readonly #allowed: AddressRanges;

  constructor(allowed: string[]) {
    this.#allowed = new AddressRanges(allowed);
  }

  permits(ip: string): boolean {
    if (isIP(ip) === 0) return false;
    const address = unwrap(ipaddr.process(ip));
    const prefix = this.#allowed.prefixOf(address);
    const metadata = METADATA.find(({ range }) => contains(range, address));
    if (metadata) return prefix >= metadata.narrowest;
    return isPublic(address) || prefix >= 0;
  }
}

/** Of IPv6, only what has been given out for the Internet (RFC 4291, section 2.4; IANA has allocated 2000::/3). */
function isPublic(address: Address): boolean {
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || (address as ipaddr.IPv6).match(GLOBAL_V6);
}

function parseRange(entry: string): Range {
  const text = entry.trim();
  // ipaddr.js alone also takes the shortened forms of inet_aton, such as "10.1".
  if (isIP(text.split("/", 1)[0] ?? "") !== 0) {
    if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
    if (ipaddr.isValid(text)) {
      const address = ipaddr.process(text);
      return [address, address.kind() === "ipv4" ? 32 : 128];
    }
  }
  throw new Error(`"${text}" is not an IP address or CIDR range`);
}

function contains([base, bits]: Range, address: Address): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}

function unwrap(address: Address): Address {
  if (address.kind() !== "ipv6") return address;
  const v6 = address as ipaddr.IPv6;
  const bytes = v6.toByteArray();
  if (v6.match(NAT64)) return ipaddr.fromByteArray(bytes.slice(12));
  if (v6.match(SIX_TO_FOUR)) return ipaddr.fromByteArray(bytes.slice(2, 6));
  return address;
}
