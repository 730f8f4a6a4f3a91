/** Looks whether Redis may evict keys: at the start, and later, because that can be set at run time. */
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "moleculer";
import { redisEvicts } from "../../core/metrics.ts";

const INTERVAL = 15_000;

export class RedisWatch {
  readonly #ask: () => Promise<string>;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #evicting: string | null = null;

  /** @param ask what Redis's INFO says of its memory; where CONFIG is forbidden that is still allowed */
  constructor(ask: () => Promise<string>, log: Logger) {
    this.#ask = ask;
    this.#log = log;
  }

  start(): void {
    void this.#watch();
  }

  stop(): void {
    this.#stop.abort();
  }

  async check(): Promise<void> {
    // A Redis that does not tell (some that only speak its protocol) is taken at its word.
    const policy = /^maxmemory_policy:(\S+)/m.exec(await this.#ask())?.[1] ?? "noeviction";
    const evicting = policy === "noeviction" ? null : policy;
    if (evicting === this.#evicting) return;
    this.#evicting = evicting;
    redisEvicts.set(Number(evicting !== null));
    if (evicting === null) this.#log.info("Redis evicts no keys any more");
    else {
      const meanwhile = "what it evicts is found and brought back within seconds; calls may be repeated";
      this.#log.error({ policy, meanwhile }, "Redis may evict keys; set its maxmemory-policy to noeviction");
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // Whether Redis can be reached is told elsewhere.
      await this.check().catch(() => undefined);
      await pause(INTERVAL, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
