/** The app that the tasks of Dubbo's consumers belong to: the protocol has no credentials that could name one. */
import type { Logger, ServiceBroker } from "moleculer";
import { AddressRanges } from "../../core/addresses.ts";
import { BidaError } from "../../core/errors.ts";
import type { AppView } from "../../core/people.ts";
import { EVERYTHING, type Scope } from "../../store/scope.ts";
import { Rates } from "../api/rates.ts";
import { read } from "../bus/peers.ts";

/** Between looks for an app that is not there, and after a look that failed, in ms. */
const RETRY = 2_000;
/** Between looks for one that is: news of a change can get lost. */
const REFRESH = 60_000;

interface Known extends Pick<AppView, "id" | "disabled" | "ratePerSecond"> {
  ipAllow: AddressRanges | null;
}

export class Owner {
  readonly #broker: ServiceBroker;
  readonly #log: Logger;
  /** Null: tasks belong to no app, as those of kkbida's HTTP endpoint. */
  readonly #name: string | null;
  readonly #rates = new Rates();
  readonly #found = Promise.withResolvers<void>();
  #app: Known | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** How many looks have begun, and the latest that was answered: what earlier ones say is older news. */
  #looks = 0;
  #answered = 0;
  #isStopped = false;
  #hasSpoken = false;

  constructor(broker: ServiceBroker, log: Logger, name: string | null) {
    this.#broker = broker;
    this.#log = log;
    this.#name = name;
  }

  /** Resolves once tasks can be taken. */
  get found(): Promise<void> {
    return this.#name === null ? Promise.resolve() : this.#found.promise;
  }

  /**
   * For whom a task from this address is.
   * @throws BidaError unavailable where the app is not known; forbidden, too_many_requests as for its key
   */
  scopeFor(sourceIp: string): Scope {
    if (this.#name === null) return EVERYTHING;
    const app = this.#app;
    if (app === null) throw new BidaError("unavailable", `BIDA_DUBBO_APP: there is no app "${this.#name}"`);
    if (app.disabled) throw new BidaError("forbidden", `The app "${this.#name}" is disabled`);
    if (app.ipAllow !== null && !app.ipAllow.includes(sourceIp))
      throw new BidaError("forbidden", `${sourceIp} is not in the allow-list of the app "${this.#name}"`);
    if (app.ratePerSecond !== null) this.#rates.take(app.id, app.ratePerSecond);
    return { appId: app.id };
  }

  /** Looks the app up, again and again until it is found. To be called at the start, and when an app changed. */
  async look(): Promise<void> {
    if (this.#name === null || this.#isStopped) return;
    if (this.#timer) clearTimeout(this.#timer);
    const look = ++this.#looks;
    let wait = RETRY;
    try {
      const app = await this.#find();
      if (look < this.#answered) return;
      this.#answered = look;
      if (app !== null) wait = REFRESH;
      this.#app = app && { ...app, ipAllow: app.ipAllow.length > 0 ? new AddressRanges(app.ipAllow) : null };
    } catch (error) {
      // What is known of it still counts.
      this.#log.debug({ err: error }, "the app of Dubbo's tasks could not be looked up");
    }
    if (this.#app !== null) {
      this.#hasSpoken = false;
      this.#found.resolve();
    } else if (look === this.#looks) {
      if (!this.#hasSpoken) this.#log.warn({ app: this.#name }, "the app of BIDA_DUBBO_APP is not there yet");
      this.#hasSpoken = true;
    }
    // The latest look says when the next one comes.
    if (this.#isStopped || look < this.#looks) return;
    this.#timer = setTimeout(() => void this.look(), wait).unref();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #find(): Promise<AppView | null> {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query = cursor === "" ? { limit: 200 } : { limit: 200, cursor };
      const page: { items: AppView[]; nextCursor: string | null } = await read(
        this.#broker,
        "admin.listApps",
        query,
      );
      const app = page.items.find(({ name }) => name === this.#name);
      if (app) return app;
      cursor = page.nextCursor;
    }
    return null;
  }
}
