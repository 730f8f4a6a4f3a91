/**
 * What this node offers to neighbours in one namespace: the public actions of the services that it runs, under names that begin with
 * `bida.`, and for one version more under those without (`scheduler.submit`), as far as nobody else has a service of that name.
 */
import type { Logger } from "moleculer";
import { PUBLIC_ACTIONS, type PublicAction, publicName } from "../../core/public-actions.ts";
import type { Neighbour, Neighbourhood } from "./neighbourhood.ts";
import type { ServiceInfo } from "./packets.ts";

export interface OfferOptions {
  /** Names of the services that this node runs. */
  services: readonly string[];
  /** Whether the names without `bida.` are offered as well. */
  aliases: boolean;
  installation: string;
  namespace: string;
  log: Logger;
}

interface Named {
  action: PublicAction;
  /** Whether it was asked for by a name that goes away. */
  isAlias: boolean;
}

export class Offer {
  readonly #options: OfferOptions;
  /** Services whose old names are not offered (any more): another program has them. */
  readonly #taken = new Set<string>();
  /** Nodes that something was said of already, and what. */
  readonly #said = new Set<string>();
  #rivals = new Set<string>();
  #actions = new Map<string, Named>();
  #isOpen = false;

  constructor(options: OfferOptions) {
    this.#options = options;
  }

  /** Whether the old names of events may be used. */
  get hasAliases(): boolean {
    return this.#options.aliases;
  }

  /** Whether there is another Bida here that goes first: nothing is offered then, and nothing told. */
  get isSilent(): boolean {
    return this.#rivals.size > 0;
  }

  /** From now on there is something to offer. */
  open(): void {
    this.#isOpen = true;
    this.#count();
  }

  /** Nothing is offered any more. */
  close(): void {
    this.#isOpen = false;
    this.#count();
  }

  /** What `name` stands for; undefined: nothing that is offered here. */
  find(name: string): Named | undefined {
    return this.#actions.get(name);
  }

  /** In the information about this node. */
  get services(): ServiceInfo[] {
    const services = new Map<string, ServiceInfo>();
    for (const name of this.#actions.keys()) {
      const [service] = cut(name);
      const known = services.get(service) ?? serviceInfo(service);
      // No more than brokers need: the smallest `max_payload` that a node starts with has to do.
      known.actions[name] = { name };
      services.set(service, known);
    }
    return [...services.values()];
  }

  /** Looks at who is there. @returns whether something else is offered now than before */
  consider(neighbourhood: Neighbourhood): boolean {
    const before = [...this.#actions.keys()].join();
    const neighbours = [...neighbourhood.all];
    for (const neighbour of neighbours) this.#considerNames(neighbour);
    this.#considerRivals(neighbours);
    this.#count();
    return before !== [...this.#actions.keys()].join();
  }

  /** An application's service that has one of our old names keeps it, for as long as this node runs: its callers mean it. */
  #considerNames({ nodeID, information }: Neighbour): void {
    if (!information || information.installation !== null) return;
    const { aliases, log, namespace } = this.#options;
    for (const service of new Set(PUBLIC_ACTIONS.map((action) => cut(action)[0]))) {
      if (information.services.includes(service) && aliases && !this.#taken.has(service)) {
        this.#taken.add(service);
        const meanwhile = `Bida's actions are called ${publicName(service)}.* only`;
        log.warn(
          { node: nodeID, service, namespace, meanwhile },
          "another program has a service of this name; the old names of Bida's actions are withdrawn",
        );
      }
      if (information.services.includes(publicName(service)))
        this.#sayOnce(
          `${nodeID} ${service}`,
          { node: nodeID, service: publicName(service), namespace },
          "a service that is not Bida's has Bida's name; callers may reach either",
        );
    }
  }

  /** Two installations in one namespace would get each other's tasks. The one with the smaller id goes first. */
  #considerRivals(neighbours: Neighbour[]): void {
    const { installation: own, log, namespace } = this.#options;
    const foreign = neighbours.filter(({ information }) => (information?.installation ?? own) !== own);
    const first = foreign.filter(
      ({ information }) =>
        (information?.services.length ?? 0) > 0 &&
        (!this.#isOpen || this.isSilent || String(information?.installation) < own),
    );
    for (const { nodeID, information } of foreign)
      this.#sayOnce(
        nodeID,
        { node: nodeID, installation: information?.installation, own, namespace },
        "another Bida installation serves this Moleculer namespace; give each its own (BIDA_RPC_NAMESPACES)",
      );
    const wasSilent = this.isSilent;
    this.#rivals = new Set(first.map(({ nodeID }) => nodeID));
    if (wasSilent && !this.isSilent)
      log.info({ namespace }, "the other Bida installation has left this Moleculer namespace");
  }

  #sayOnce(key: string, fields: object, line: string): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#options.log.error(fields, line);
  }

  #count(): void {
    const { services, aliases } = this.#options;
    const actions = new Map<string, Named>();
    if (this.#isOpen && !this.isSilent)
      for (const action of PUBLIC_ACTIONS) {
        const [service] = cut(action);
        if (!services.includes(service)) continue;
        actions.set(publicName(action), { action, isAlias: false });
        if (aliases && !this.#taken.has(service)) actions.set(action, { action, isAlias: true });
      }
    this.#actions = actions;
  }
}

/** Service and action of a name. */
function cut(name: string): [service: string, action: string] {
  const at = name.lastIndexOf(".");
  return [name.slice(0, at), name.slice(at + 1)];
}

const serviceInfo = (name: string): ServiceInfo => ({
  ...{ name, fullName: name, settings: {}, metadata: {} },
  ...{ actions: {}, events: {} },
});
