/** A name server of the cluster's own: every name in its domain is 127.0.0.1, and some are not answered. */
import { type DnsServer, startDns } from "../../servers/dns.ts";

/** Names that it knows end in this. */
const DOMAIN = "chaos.test";

export class NameServer {
  readonly #server: DnsServer;
  readonly #dead: Set<string>;

  private constructor(server: DnsServer, dead: Set<string>) {
    this.#server = server;
    this.#dead = dead;
  }

  static async start(): Promise<NameServer> {
    const dead = new Set<string>();
    const server = await startDns((name, type) => {
      if (dead.has(name)) return null;
      if (!name.endsWith(`.${DOMAIN}`)) return { rcode: "NXDOMAIN" };
      return { records: type === "A" ? [{ type, ttl: 1, value: "127.0.0.1" }] : [] };
    });
    return new NameServer(server, dead);
  }

  get address(): string {
    return this.#server.address;
  }

  /** A name that is 127.0.0.1. */
  name(host: string): string {
    return `${host}.${DOMAIN}`;
  }

  /** Nothing is said of this name until {@link NameServer.heal}. */
  silence(name: string): void {
    this.#dead.add(name);
  }

  heal(): void {
    this.#dead.clear();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
