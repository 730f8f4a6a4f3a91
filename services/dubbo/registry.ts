/** Where consumers look for providers. */
import type { Logger } from "moleculer";

/** One registry. */
export interface Registry {
  /** Without credentials. */
  readonly label: string;
  /** Registers the provider, or sees that it still is. @throws Error where the registry does not answer */
  renew(): Promise<void>;
  /** Takes the provider out and ends the connection. */
  remove(): Promise<void>;
  /** Ends the connection, whatever is under way on it. */
  close(): void;
  /** Called with each loss of the connection, from now on. */
  onLost(listener: () => void): void;
}

/** Redis forgets a provider after a minute. */
const RENEWAL = 30_000;
/** Between tries, in ms. */
const RETRY = 1_000;
/** How long a stop waits for a registry, in ms; it notices by itself later. */
const GOODBYE = 2_000;

/** Keeps a provider registered in one registry, until it is stopped. */
export class Registration {
  readonly #registry: Registry;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | null = null;
  #renewing: Promise<void> | null = null;
  #isStopped = false;
  /** Null: not known yet. */
  #isRegistered: boolean | null = null;

  constructor(registry: Registry, log: Logger) {
    this.#registry = registry;
    this.#log = log;
    registry.onLost(() => this.#later(RETRY));
    this.#later(0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, GOODBYE);
    const removed = (async () => {
      await this.#renewing;
      await this.#registry.remove();
      this.#log.info({ registry: this.#registry.label }, "taken out of the Dubbo registry");
    })().catch((error: Error) =>
      this.#log.warn(
        { registry: this.#registry.label, err: error.message },
        "not taken out of the Dubbo registry",
      ),
    );
    await Promise.race([removed, promise]);
    clearTimeout(limit);
    this.#registry.close();
  }

  #later(ms: number): void {
    if (this.#isStopped) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#renewing ??= this.#renew().finally(() => {
        this.#renewing = null;
      });
    }, ms).unref();
  }

  async #renew(): Promise<void> {
    const { label } = this.#registry;
    try {
      await this.#registry.renew();
      if (this.#isRegistered !== true) this.#log.info({ registry: label }, "in the Dubbo registry");
      this.#isRegistered = true;
      this.#later(RENEWAL);
    } catch (error) {
      const err = (error as Error).message;
      if (this.#isRegistered !== false)
        this.#log.error({ registry: label, err }, "the Dubbo registry does not answer; trying on");
      this.#isRegistered = false;
      this.#later(RETRY);
    }
  }
}
