/** `/etc/resolv.conf` (resolv.conf(5)): which name servers to ask, and which names for a name. */

import { isIP } from "node:net";
import os from "node:os";

export interface ResolvConf {
  /** Null: those that the c-ares library finds by itself. */
  servers: string[] | null;
  /** Domains that are tried behind a name. */
  search: string[];
  /** A name with so many dots is first tried as it is. */
  ndots: number;
}

/** As many as glibc takes. */
const MAX_SERVERS = 3;
const MAX_NDOTS = 15;

/** @param text null: there is no such file */
export function parseResolvConf(text: string | null, hostname = os.hostname()): ResolvConf {
  const servers: string[] = [];
  let search: string[] | null = null;
  let ndots = 1;
  for (const line of (text ?? "").split("\n")) {
    if (/^[#;]/.test(line)) continue;
    const [keyword, ...values] = line.split(/\s+/).filter((word) => word !== "");
    if (keyword === "nameserver" && isIP(values[0] ?? "") !== 0) servers.push(values[0] as string);
    // The last of them counts.
    if (keyword === "search") search = values;
    if (keyword === "domain") search = values.slice(0, 1);
    if (keyword === "options") ndots = ndotsOf(values) ?? ndots;
  }
  // `setServers` drops the zone of a link-local address; c-ares reads the file itself and keeps it.
  const own = servers.length === 0 || servers.some((server) => server.includes("%"));
  return {
    servers: own ? null : servers.slice(0, MAX_SERVERS),
    search: (search ?? domainOf(hostname))
      .map((domain) => domain.toLowerCase().replace(/\.$/, ""))
      .filter(Boolean),
    ndots,
  };
}

/**
 * The full names that `name` may stand for, in the order in which they are tried, each with a dot at its end. As glibc
 * does it: a name that ends with a dot is full already.
 */
export function candidatesOf(name: string, { search, ndots }: ResolvConf): string[] {
  if (name.endsWith(".")) return [name];
  const asItIs = `${name}.`;
  const searched = search.map((domain) => `${name}.${domain}.`);
  return name.split(".").length - 1 >= ndots ? [asItIs, ...searched] : [...searched, asItIs];
}

/** Without a `search`, the domain that the machine's own name is in. */
function domainOf(hostname: string): string[] {
  const dot = hostname.indexOf(".");
  return dot < 0 ? [] : [hostname.slice(dot + 1)];
}

function ndotsOf(options: string[]): number | null {
  const given = options.findLast((option) => /^ndots:\d+$/.test(option));
  return given ? Math.min(Number(given.slice("ndots:".length)), MAX_NDOTS) : null;
}
