/** `/etc/hosts` (hosts(5)): an address, then the names that have it, lower-cased. A name may stand in several lines. */
import { isIP } from "node:net";

export type Hosts = ReadonlyMap<string, string[]>;

export function parseHosts(text: string | null): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of (text ?? "").split("\n")) {
    const [address = "", ...names] = words(line);
    // An address with a zone (`fe80::1%eth0`) is link-local: callbacks do not go there.
    if (isIP(address) === 0 || address.includes("%")) continue;
    for (const name of names) {
      const key = name.toLowerCase().replace(/\.$/, "");
      const known = hosts.get(key) ?? [];
      if (!known.includes(address)) hosts.set(key, [...known, address]);
    }
  }
  return hosts;
}

const words = (line: string): string[] =>
  (line.split("#", 1)[0] as string).split(/\s+/).filter((word) => word !== "");
