/**
 * Tells neighbours in one namespace what became of tasks. Each event goes out under up to three names: `bida.task.…` to one
 * instance of every group that listens, `bida.broadcast.task.…` to every instance, and for one version more `task.…`, to one
 * instance of every group that does not listen to the first.
 *
 * Moleculer sends what a node listens to up to a second after its services have started, although others see Bida at once and may
 * hand over tasks. So nodes that have just come are asked again and again (`peer.ts`), and what is told meanwhile is kept for a
 * moment: who turns out to listen gets it.
 */
import { randomUUID } from "node:crypto";
import type { EventMap } from "../../core/contract.ts";
import { broadcastName, type PublicEvent, publicName } from "../../core/public-actions.ts";
import type { Neighbour, Neighbourhood } from "./neighbourhood.ts";

/** What is told while somebody is unsettled is kept for so long, in ms, … */
const KEPT_FOR = 1_500;
/** … and so many events of it at most. */
const KEPT = 10_000;

/** An event under one of its names. */
interface Sending {
  name: string;
  /** Whether every instance gets it. */
  isBroadcast: boolean;
}

/** An event that was told, and who has got it by which name. */
interface Told {
  at: number;
  event: PublicEvent;
  payload: unknown;
  /** `name group`, and for broadcasts `name node`. */
  reached: Set<string>;
}

export interface AnnouncerOptions {
  neighbourhood: Neighbourhood;
  /** Monotonic ms. */
  now(): number;
  /** Whether the old names are used as well. */
  hasAliases(): boolean;
  /** Whether nothing is to be told. */
  isSilent(): boolean;
  send(neighbour: Neighbour, fields: object): void;
}

export class Announcer {
  readonly #options: AnnouncerOptions;
  /** By group, whose turn it is. */
  readonly #turns = new Map<string, number>();
  #told: Told[] = [];

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Whether anybody listens to an event, or may have begun to. */
  hears(event: PublicEvent): boolean {
    const { neighbourhood, isSilent } = this.#options;
    if (isSilent()) return false;
    if (!neighbourhood.isSettled) return true;
    return this.#names(event).some(({ name }) => neighbourhood.groups(name).size > 0);
  }

  tell<K extends PublicEvent>(event: K, payload: EventMap[K]): void {
    const { neighbourhood, now, isSilent } = this.#options;
    if (isSilent()) return;
    const told: Told = { at: now(), event, payload, reached: new Set() };
    this.#reach(told);
    if (neighbourhood.isSettled) {
      this.#told = [];
      return;
    }
    this.#told.push(told);
    if (this.#told.length > KEPT) this.#told.splice(0, this.#told.length - KEPT);
  }

  /** Somebody has said what it listens to: it gets what was told a moment ago, but nothing from before it came. */
  catchUp(): void {
    const since = this.#options.now() - KEPT_FOR;
    this.#told = this.#told.filter(({ at }) => at >= since);
    for (const told of this.#told) this.#reach(told);
  }

  #names(event: PublicEvent): Sending[] {
    const names = [
      { name: publicName(event), isBroadcast: false },
      { name: broadcastName(event), isBroadcast: true },
    ];
    return this.#options.hasAliases() ? [...names, { name: event, isBroadcast: false }] : names;
  }

  /** Sends to all who listen and have not got it. */
  #reach({ at, event, payload, reached }: Told): void {
    for (const { name, isBroadcast } of this.#names(event)) {
      const groups = this.#options.neighbourhood.groups(name);
      const wasThere = ({ metAt }: Neighbour) => metAt <= at;
      if (isBroadcast) {
        for (const neighbour of new Set([...groups.values()].flat().filter(wasThere)))
          if (isFirst(reached, `${name} ${neighbour.nodeID}`))
            this.#send(neighbour, name, payload, { broadcast: true });
        continue;
      }
      const ofNode = new Map<Neighbour, string[]>();
      for (const [group, known] of groups) {
        const nodes = known.filter(wasThere);
        if (nodes.length === 0) continue;
        if (name === event && reached.has(`${publicName(event)} ${group}`)) continue;
        if (!isFirst(reached, `${name} ${group}`)) continue;
        const neighbour = this.#next(`${name} ${group}`, nodes);
        ofNode.set(neighbour, [...(ofNode.get(neighbour) ?? []), group]);
      }
      for (const [neighbour, its] of ofNode)
        this.#send(neighbour, name, payload, { groups: its, broadcast: false });
    }
  }

  #next(turn: string, nodes: Neighbour[]): Neighbour {
    const n = this.#turns.get(turn) ?? 0;
    if (this.#turns.size > KEPT) this.#turns.clear();
    this.#turns.set(turn, n + 1);
    return nodes[n % nodes.length] as Neighbour;
  }

  #send(
    neighbour: Neighbour,
    event: string,
    data: unknown,
    to: { broadcast: boolean; groups?: string[] },
  ): void {
    const id = randomUUID();
    const usual = { meta: {}, level: 1, tracing: null, parentID: null, requestID: id, caller: null };
    this.#options.send(neighbour, { id, event, data, ...usual, ...to, needAck: null });
  }
}

/** Adds `key`. @returns whether it was not there */
function isFirst(keys: Set<string>, key: string): boolean {
  if (keys.has(key)) return false;
  keys.add(key);
  return true;
}
