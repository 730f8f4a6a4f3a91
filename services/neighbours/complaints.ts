/** What is to be said of neighbours in the log: once for each of them and each reason, not for every packet. */
import type { Logger } from "moleculer";
import { publicName } from "../../core/public-actions.ts";
import type { Rejected } from "./packets.ts";

/** So many lines at most; a sender's name can be made up. */
const MAX_SAID = 1_000;

export class Complaints {
  readonly #log: Logger;
  readonly #namespace: string;
  readonly #said = new Set<string>();

  constructor(log: Logger, namespace: string) {
    this.#log = log;
    this.#namespace = namespace;
  }

  /** A packet is dropped. */
  rejected({ problem, sender }: Rejected): void {
    if (this.#isNew(`${problem} ${sender}`))
      this.#log.warn(
        { node: sender, namespace: this.#namespace, problem },
        "a packet of another Moleculer node is not understood and dropped, as are those like it",
      );
  }

  /** An action was asked for by a name without `bida.`. */
  oldName(nodeID: string, action: string): void {
    if (this.#isNew(`old ${nodeID} ${action}`))
      this.#log.warn(
        { node: nodeID, action, instead: publicName(action) },
        "a neighbour calls an action by its old name, which the next version drops",
      );
  }

  #isNew(key: string): boolean {
    if (this.#said.has(key) || this.#said.size >= MAX_SAID) return false;
    this.#said.add(key);
    return true;
  }
}
