/**
 * Where callbacks may go. Public addresses always; others where `BIDA_EGRESS_ALLOW` names them; link-local ones and clouds'
 * metadata only by an entry as narrow as they are; Bida's own listeners never.
 */
import ipaddr from "ipaddr.js";
import { type Address, AddressRanges, contains, parseAddress, parseRange, type Range } from "./addresses.ts";

/** Why an address may not be reached. It is all that callers are told: an address would tell them of a network. */
export const EGRESS_RULES = ["own", "metadata", "link_local", "private"] as const;
export type EgressRule = (typeof EGRESS_RULES)[number];

/** What a rule says of a host, for people. */
export const EGRESS_REASONS: Record<EgressRule, string> = {
  own: "leads to Bida itself, which callbacks never reach (rule own)",
  metadata: "is a cloud's metadata address, which callbacks may not reach (BIDA_EGRESS_ALLOW, rule metadata)",
  link_local: "is a link-local address, which callbacks may not reach (BIDA_EGRESS_ALLOW, rule link_local)",
  private: "is not a public address, which callbacks may not reach (BIDA_EGRESS_ALLOW, rule private)",
};

/** What may be reached, as text: it is handed to threads. */
export interface EgressRules {
  /** Ranges that are not public. */
  allow: string[];
  /** Bida's own listeners, see {@link listenerKey}. */
  own: string[];
}

/** IPv6 prefixes that carry an IPv4 address: NAT64 (RFC 6052) and 6to4 (RFC 3056); judged by what they carry. */
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
const SIX_TO_FOUR = ipaddr.IPv6.parseCIDR("2002::/16");

const GLOBAL_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Link-local: only an entry this narrow or narrower opens it (RFC 3927, RFC 4291). */
const LINK_LOCAL: Range[] = [ipaddr.IPv4.parseCIDR("169.254.0.0/16"), ipaddr.IPv6.parseCIDR("fe80::/10")];

/**
 * Where clouds tell a machine, or a container, its credentials: only an entry that is exactly the address opens one. Most
 * clouds use 169.254.169.254 (AWS, GCP, Azure, Oracle, OpenStack, DigitalOcean, Hetzner, IBM, Huawei, Tencent …).
 */
const METADATA: Range[] = [
  "169.254.169.254",
  // AWS: tasks of ECS, pods of EKS; everything that EC2 offers its machines over IPv6.
  "169.254.170.2",
  "169.254.170.23",
  "fd00:ec2::/32",
  // GCP over IPv6.
  "fd20:ce::254",
  // Azure's WireServer. It is public by its number, and reached only from within.
  "168.63.129.16",
  // Oracle: the former one, and IPv6.
  "192.0.0.192",
  "fd00:c1::a9fe:a9fe",
  // Scaleway, Alibaba, Tencent, Volcengine, UCloud.
  "169.254.42.42",
  "fd00:42::42",
  "100.100.100.200",
  "169.254.0.23",
  "100.96.0.96",
  "100.80.80.80",
  // OpenStack and Linode over IPv6.
  "fe80::a9fe:a9fe",
  "fd00:a9fe:a9fe::1",
].map(parseRange);

/** The name under which all loopback addresses of this machine stand in {@link EgressRules.own}. */
export const ANY_LOOPBACK = "loopback";

/** A listener of Bida's: an address in its usual form, or {@link ANY_LOOPBACK}, and a port. */
export const listenerKey = (address: string, port: number): string => `${address} ${port}`;

/** Decides; see above. */
export class EgressPolicy {
  readonly #allowed: AddressRanges;
  readonly #own: ReadonlySet<string>;

  /** @param allowed ranges, or single addresses. @param own see {@link EgressRules}. @throws Error that names a wrong entry */
  constructor(allowed: string[], own: string[] = []) {
    this.#allowed = new AddressRanges(allowed);
    this.#own = new Set(own);
  }

  permits(ip: string, port?: number): boolean {
    return this.refusal(ip, port) === null;
  }

  /** Why an address may not be reached; null where it may. @param port null where it is not known, or none is meant */
  refusal(ip: string, port: number | null = null): EgressRule | null {
    const parsed = parseAddress(ip);
    if (parsed === null) return "private";
    const address = unwrap(parsed);
    if (port !== null && this.#isOwn(address, port)) return "own";
    const narrowest = this.#allowed.prefixOf(address);
    if (within(METADATA, address)) return narrowest === bitsOf(address) ? null : "metadata";
    const linkLocal = within(LINK_LOCAL, address);
    if (linkLocal) return narrowest >= linkLocal[1] ? null : "link_local";
    return isPublic(address) || narrowest >= 0 ? null : "private";
  }

  #isOwn(address: Address, port: number): boolean {
    if (this.#own.size === 0) return false;
    const range = address.range();
    // The unspecified address connects to loopback.
    const isLoopback = range === "loopback" || range === "unspecified";
    const form =
      range === "unspecified" ? (address.kind() === "ipv4" ? "127.0.0.1" : "::1") : address.toString();
    return (
      this.#own.has(listenerKey(form, port)) || (isLoopback && this.#own.has(listenerKey(ANY_LOOPBACK, port)))
    );
  }
}

/** The form in which an address stands in {@link listenerKey}; null for what is none. */
export function addressKey(ip: string): string | null {
  const address = parseAddress(ip);
  return address && unwrap(address).toString();
}

const bitsOf = (address: Address): number => (address.kind() === "ipv4" ? 32 : 128);

const within = (ranges: Range[], address: Address): Range | undefined =>
  ranges.find((range) => contains(range, address));

/** Of IPv6, only what has been given out for the Internet (RFC 4291, section 2.4; IANA has allocated 2000::/3). */
function isPublic(address: Address): boolean {
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || (address as ipaddr.IPv6).match(GLOBAL_V6);
}

function unwrap(address: Address): Address {
  if (address.kind() !== "ipv6") return address;
  const v6 = address as ipaddr.IPv6;
  const bytes = v6.toByteArray();
  if (v6.match(NAT64)) return ipaddr.fromByteArray(bytes.slice(12));
  if (v6.match(SIX_TO_FOUR)) return ipaddr.fromByteArray(bytes.slice(2, 6));
  return address;
}
