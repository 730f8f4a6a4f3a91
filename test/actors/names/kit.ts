// A resolver whose name servers, files and clock are the test's own.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { NameError } from "../../../actors/names/name-error.ts";
import { NameResolver, type NameResolverOptions } from "../../../actors/names/resolver.ts";
import { type DnsAnswer, type DnsServer, type DnsZone, startDns } from "../../servers/dns.ts";
import { temporaryFolder } from "../../servers/server.ts";

export interface Kit {
  names: NameResolver;
  dns: DnsServer;
  /** Lets the resolver's clock go on. */
  pass(ms: number): void;
  hosts(text: string): void;
  resolvConf(text: string): void;
}

/** Everything but what `zone` says: files are empty, the machine has IPv4 only. */
export async function kit(
  zone: DnsZone,
  open: (() => Promise<unknown>)[],
  options: NameResolverOptions = {},
): Promise<Kit> {
  const dns = await startDns(zone);
  open.push(() => dns.stop());
  const folder = temporaryFolder("names");
  const [hostsPath, resolvConfPath] = [join(folder, "hosts"), join(folder, "resolv.conf")];
  let now = 0;
  const hosts = (text: string) => writeFileSync(hostsPath, text);
  const resolvConf = (text: string) => writeFileSync(resolvConfPath, text);
  hosts("");
  resolvConf("");
  const names = new NameResolver({
    servers: [dns.address],
    hostsPath,
    resolvConfPath,
    now: () => now,
    families: () => ({ v4: true, v6: false, v6First: false }),
    ...options,
  });
  const pass = (ms: number) => {
    now += ms;
  };
  return { names, dns, pass, hosts, resolvConf };
}

export const a = (value: string, ttl = 60): DnsAnswer => ({ records: [{ type: "A", ttl, value }] });

export const NXDOMAIN: DnsAnswer = { rcode: "NXDOMAIN" };

export async function addresses(names: NameResolver, host: string): Promise<string[]> {
  return (await names.lookup(host)).map(({ address }) => address);
}

/** The error of a look-up that must fail: what it says, and whether it is the machine's own. */
export async function failure(names: NameResolver, host: string): Promise<[message: string, local: boolean]> {
  try {
    return [`found ${JSON.stringify(await names.lookup(host))}`, false];
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    return [error.message, error.local !== null];
  }
}
