/** The nodes of other programs in one Moleculer namespace: which protocol each speaks, what it listens to, whether it lives. */
import { Utils } from "moleculer";
import type { Listener, NodeInformation, ProtocolVersion } from "./packets.ts";

/** A node that says nothing for so long is gone, in ms; Moleculer's default. */
const SILENCE = 30_000;
/** Moleculer sends what has changed in a node up to a second later; so long after a change it may have more to tell, in ms. */
const UNSETTLED = 3_000;
/** The same after it came: its services start half a second after that at the earliest. */
const NEWCOMER = 5_000;
/** Nobody is unsettled for longer than this, in ms. */
const UNSETTLED_MAX = 60_000;
/** So many nodes are known at most; a sender's name can be made up. */
const MAX_NODES = 10_000;
/** Between two heartbeats of ours, in ms: as often as the quickest neighbour's, within these; and before one is known. */
const BEAT = { shortest: 1_000, longest: 10_000, unknown: 2_000 };

export interface Neighbour {
  readonly nodeID: string;
  /** That it is spoken to in. Bida's own nodes understand both. */
  version: ProtocolVersion;
  /** Null: it has not told yet. */
  information: NodeInformation | null;
  /** Monotonic ms: when it came; when it was heard last; until when it may have more to tell. */
  metAt: number;
  heardAt: number;
  unsettledUntil: number;
  /** Of its heartbeats: when the last one came; how far the last two were apart. Null: not known yet. */
  beatAt: number | null;
  beatMs: number | null;
}

export class Neighbourhood {
  readonly #now: () => number;
  readonly #nodes = new Map<string, Neighbour>();
  /** Event → group → nodes; made when it is asked for. */
  readonly #groups = new Map<string, Map<string, Neighbour[]>>();
  /** Monotonic ms; nobody is unsettled after this. It spares a look at each node, with each packet. */
  #allSettledAt = Number.NEGATIVE_INFINITY;

  /** @param now monotonic ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  get all(): IterableIterator<Neighbour> {
    return this.#nodes.values();
  }

  get(nodeID: string): Neighbour | undefined {
    return this.#nodes.get(nodeID);
  }

  /** A packet came. @returns null where too many are known already; `isNew`: it was not known */
  heard(nodeID: string, version: ProtocolVersion): { neighbour: Neighbour; isNew: boolean } | null {
    const now = this.#now();
    const known = this.#nodes.get(nodeID);
    if (known) {
      known.heardAt = now;
      return { neighbour: known, isNew: false };
    }
    if (this.#nodes.size >= MAX_NODES) return null;
    const neighbour: Neighbour = {
      ...{ nodeID, version, information: null, metAt: now, heardAt: now, unsettledUntil: now + NEWCOMER },
      ...{ beatAt: null, beatMs: null },
    };
    this.#nodes.set(nodeID, neighbour);
    this.#unsettledUntil(neighbour, neighbour.unsettledUntil);
    this.#groups.clear();
    return { neighbour, isNew: true };
  }

  /** It asked who is there: it has just come, or come back. */
  came(neighbour: Neighbour): void {
    if (neighbour.information?.installation) return;
    neighbour.metAt = this.#now();
    this.unsettle(neighbour);
  }

  /** It may have more to tell than is known. */
  unsettle(neighbour: Neighbour): void {
    this.#unsettledUntil(neighbour, Math.max(neighbour.unsettledUntil, this.#now() + NEWCOMER));
  }

  #unsettledUntil(neighbour: Neighbour, until: number): void {
    neighbour.unsettledUntil = until;
    this.#allSettledAt = Math.max(this.#allSettledAt, until);
  }

  beat(neighbour: Neighbour): void {
    const now = this.#now();
    if (neighbour.beatAt !== null) neighbour.beatMs = now - neighbour.beatAt;
    neighbour.beatAt = now;
  }

  /** @param version of the packet: another release may have come back under the name. @returns whether it says something new */
  informed(neighbour: Neighbour, information: NodeInformation, version: ProtocolVersion): boolean {
    const before = neighbour.information;
    if (before?.instanceID !== information.instanceID) neighbour.version = version;
    neighbour.information = information;
    if (before?.instanceID === information.instanceID && before.seq === information.seq) return false;
    const now = this.#now();
    const latest = neighbour.metAt + UNSETTLED_MAX;
    // Bida's own gateways do not listen to anything.
    const until =
      information.installation === null
        ? Math.max(neighbour.unsettledUntil, Math.min(now + UNSETTLED, latest))
        : 0;
    this.#unsettledUntil(neighbour, until);
    this.#groups.clear();
    return true;
  }

  left(nodeID: string): void {
    if (this.#nodes.delete(nodeID)) this.#groups.clear();
  }

  /** Forgets those that are gone without a word. @returns them */
  expire(): Neighbour[] {
    const before = this.#now() - SILENCE;
    const gone = [...this.#nodes.values()].filter(({ heardAt }) => heardAt < before);
    for (const { nodeID } of gone) this.left(nodeID);
    return gone;
  }

  /** Those that may have more to tell than is known. */
  get unsettled(): Neighbour[] {
    return [...this.#nodes.values()].filter((neighbour) => this.isUnsettled(neighbour));
  }

  get isSettled(): boolean {
    if (this.#now() >= this.#allSettledAt) return true;
    for (const neighbour of this.#nodes.values()) if (this.isUnsettled(neighbour)) return false;
    return true;
  }

  isUnsettled({ unsettledUntil }: Neighbour): boolean {
    return unsettledUntil > this.#now();
  }

  /**
   * Which versions are spoken here. Bida's own nodes understand both, and met each other in any: a broker of the other one would
   * complain of each heartbeat. So theirs counts only where nobody else is there.
   */
  get versions(): Set<ProtocolVersion> {
    const nodes = [...this.#nodes.values()];
    const others = nodes.filter(({ information }) => !information?.isGateway);
    return new Set((others.length > 0 ? others : nodes).map(({ version }) => version));
  }

  /** How long until the next heartbeat of ours, in ms: nobody takes a node for dead that beats as often as itself. */
  get beatMs(): number {
    let quickest = BEAT.longest;
    // Bida's own take their pace from their neighbours as well.
    for (const { beatMs, information } of this.#nodes.values())
      if (!information?.installation) quickest = Math.min(quickest, beatMs ?? BEAT.unknown);
    return Math.max(quickest * 0.9, BEAT.shortest);
  }

  /** Who listens to an event, by group. */
  groups(event: string): Map<string, Neighbour[]> {
    const known = this.#groups.get(event);
    if (known) return known;
    const groups = new Map<string, Neighbour[]>();
    for (const neighbour of this.#nodes.values())
      for (const group of groupsOf(neighbour.information?.listeners ?? [], event))
        groups.set(group, [...(groups.get(group) ?? []), neighbour]);
    this.#groups.set(event, groups);
    return groups;
  }
}

const groupsOf = (listeners: Listener[], event: string): Set<string> =>
  new Set(
    listeners.filter((listener) => Utils.match(event, listener.event)).map((listener) => listener.group),
  );
