/**
 * What callbacks of this node may reach just now: the ranges of the settings, none of Bida's own listeners, and, in a single
 * process on loopback, this machine and private networks as long as nobody but the first administrator
 * could ever hand over tasks.
 */
import type { Logger, Middleware, ServiceBroker } from "moleculer";
import type { Config } from "../../core/config.ts";
import type { EgressRules } from "../../core/egress.ts";
import { wasNobodyElse } from "../../store/users.ts";
import { SETTLED } from "./foreign-nodes.ts";
import { CHANGED, listenersOf } from "./listeners.ts";
import { resourcesOf } from "./resources.ts";

/** Between tries to find out who there is, in ms. */
const LOOK_AGAIN = 2_000;

type Settings = Pick<Config, "egressAllow" | "egressWhileAlone" | "adminUsername">;

export class EgressWatch {
  readonly #broker: ServiceBroker;
  readonly #log: Logger;
  readonly #settings: Settings;
  readonly #listeners: ((rules: EgressRules) => void)[] = [];
  #alone = false;
  #rules: EgressRules;
  #timer: NodeJS.Timeout | undefined;

  constructor(broker: ServiceBroker, log: Logger, settings: Settings) {
    this.#broker = broker;
    this.#log = log;
    this.#settings = settings;
    this.#rules = { allow: settings.egressAllow, own: [] };
    for (const event of ["$node.connected", "$node.updated", "$node.disconnected", CHANGED, SETTLED])
      broker.localBus.on(event, () => this.#tell());
  }

  get rules(): EgressRules {
    return this.#rules;
  }

  /** Has `listener` called with the rules when they change. */
  onChange(listener: (rules: EgressRules) => void): void {
    this.#listeners.push(listener);
  }

  /** Looks who there is. Where the database does not answer, what was so stays so, and it is looked again. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    const { egressWhileAlone, adminUsername } = this.#settings;
    if (egressWhileAlone.length === 0) return;
    try {
      const alone = await wasNobodyElse(resourcesOf(this.#broker).db, adminUsername);
      if (this.#alone && !alone)
        this.#log.warn(
          {
            ranges: egressWhileAlone,
            instead: "set BIDA_EGRESS_ALLOW to the ranges that callbacks may reach",
          },
          "callbacks no longer reach this machine and private networks: there are other users or apps",
        );
      this.#alone = alone;
      this.#tell();
    } catch (error) {
      this.#log.debug({ err: (error as Error).message }, "nobody knows who there is");
      this.#timer = setTimeout(() => void this.look(), LOOK_AGAIN).unref();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tell(): void {
    const { egressAllow, egressWhileAlone } = this.#settings;
    const rules: EgressRules = {
      allow: this.#alone ? [...egressAllow, ...egressWhileAlone] : egressAllow,
      own: listenersOf(this.#broker),
    };
    if (JSON.stringify(rules) === JSON.stringify(this.#rules)) return;
    this.#rules = rules;
    for (const listener of this.#listeners) listener(rules);
  }
}

const watches = new WeakMap<ServiceBroker, EgressWatch>();

/** @throws Error where the broker was made without {@link egressRules} */
export function egressOf(broker: ServiceBroker): EgressWatch {
  const watch = watches.get(broker);
  if (!watch) throw new Error("the broker was made without the egress middleware");
  return watch;
}

/** To be named behind what opens the database. */
export function egressRules(config: Config): Middleware {
  return {
    name: "EgressRules",
    created(broker: ServiceBroker) {
      watches.set(broker, new EgressWatch(broker, broker.getLogger("node"), config));
    },
    async starting(broker: ServiceBroker) {
      await egressOf(broker).look();
    },
    async stopping(broker: ServiceBroker) {
      egressOf(broker).stop();
    },
  } as Middleware;
}
