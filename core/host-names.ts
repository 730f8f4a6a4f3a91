/** Names under which the API is reached: which `Host` of a request is ours (RFC 9110, section 7.2). */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** What a name may look like: labels of letters, digits, `-` and `_`, with a dot at the end or not. */
const NAME = /^(?=.{1,254}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i;

/** Whether `text` may stand in a list of host names: a name, an address, or `*.` and a name for all below it. */
export const isHostPattern = (text: string): boolean =>
  isIP(bare(text)) !== 0 || NAME.test(text.replace(/^\*\./, ""));

/**
 * The host of a `Host` header or of an origin: lower case, without port, brackets and the dot at the end; addresses in
 * their one short form, so two ways to write one are the same.
 * @returns null for what is no host
 */
export function hostOf(authority: string): string | null {
  const [, v6, name = ""] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::\d{0,5})?$/i.exec(authority) ?? [];
  if (v6 !== undefined) return isIP(v6) === 6 ? canonical(v6) : null;
  if (isIP(name) === 4) return name;
  return NAME.test(name) ? name.toLowerCase().replace(/\.$/, "") : null;
}

/** A set of host names; loopback's are always in it. */
export class HostNames {
  readonly #names: Set<string>;
  /** Of patterns `*.example.org`: `.example.org`. */
  readonly #suffixes: string[];

  /** @param patterns see {@link isHostPattern} */
  constructor(patterns: string[]) {
    const lower = patterns.map((pattern) => canonical(bare(pattern)).toLowerCase().replace(/\.$/, ""));
    this.#names = new Set(["localhost", ...lower.filter((one) => !one.startsWith("*."))]);
    this.#suffixes = lower.filter((one) => one.startsWith("*.")).map((one) => one.slice(1));
  }

  /** @param host as {@link hostOf} returns it */
  includes(host: string): boolean {
    if (this.#names.has(host)) return true;
    // RFC 6761, section 6.3: names below `localhost` are loopback's, for browsers too.
    if (host.endsWith(".localhost") || host === "::1") return true;
    if (isIP(host) === 4) return host.startsWith("127.");
    return this.#suffixes.some((suffix) => host.endsWith(suffix) && host.length > suffix.length);
  }
}

const bare = (text: string): string => text.replace(/^\[(.*)\]$/, "$1");

/** An address in its short form; `::ffff:` before an IPv4 address does not count. Other text as it is. */
const canonical = (text: string): string => (isIP(text) === 0 ? text : ipaddr.process(text).toString());
