/** Dubbo's registry in ZooKeeper: an ephemeral node whose name is the provider's URL; it goes with our session. */
import { INTERFACE } from "../../core/dubbo/callback-service.ts";
import type { Registry } from "./registry.ts";
import { ZooKeeper, ZooKeeperError } from "./zookeeper.ts";

const PORT = 2181;

export class ZooKeeperRegistry implements Registry {
  readonly label: string;
  readonly #zookeeper: ZooKeeper;
  readonly #parents: string[];
  readonly #node: string;

  /** @param url of ZooKeeper; parameters `backup` (more servers, with commas) and `group`, the root, as in Dubbo */
  constructor(url: URL, provider: string) {
    const servers = [url.host, ...(url.searchParams.get("backup") ?? "").split(",")].filter(
      (one) => one !== "",
    );
    this.label = `zookeeper://${servers.join(",")}`;
    this.#zookeeper = new ZooKeeper(servers.map(addressOf));
    const root = `/${url.searchParams.get("group") ?? "dubbo"}`;
    this.#parents = [root, `${root}/${INTERFACE}`, `${root}/${INTERFACE}/providers`];
    this.#node = `${this.#parents[2]}/${encodeURIComponent(provider)}`;
  }

  onLost(listener: () => void): void {
    this.#zookeeper.onLost(listener);
  }

  async renew(): Promise<void> {
    await this.#zookeeper.connected();
    const owner = await this.#zookeeper.ownerOf(this.#node);
    if (owner === this.#zookeeper.sessionId) return;
    // Of a former process of ours, whose session has not run out yet.
    if (owner !== null) await this.#zookeeper.delete(this.#node);
    for (const path of this.#parents) await this.#create(path, false);
    await this.#create(this.#node, true);
  }

  async remove(): Promise<void> {
    try {
      await this.#zookeeper.delete(this.#node);
    } finally {
      await this.#zookeeper.close();
    }
  }

  close(): void {
    this.#zookeeper.close().catch(() => undefined);
  }

  async #create(path: string, isEphemeral: boolean): Promise<void> {
    await this.#zookeeper.create(path, isEphemeral).catch((error: unknown) => {
      // Somebody else made the parent.
      if (isEphemeral || !(error instanceof ZooKeeperError) || error.code !== "node exists") throw error;
    });
  }
}

function addressOf(server: string): { host: string; port: number } {
  const { hostname, port } = new URL(`zookeeper://${server}`);
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) || PORT };
}
