/**
 * Dubbo's registry in Redis, as kkbida used it: a hash whose fields are URLs, and whose values say until when they count, in ms;
 * a message on the channel of the hash's name when one comes or goes (`RedisRegistry` of com.alibaba:dubbo:2.6.5).
 */
import { Redis } from "ioredis";
import { INTERFACE } from "../../core/dubbo/callback-service.ts";
import { GIVING_UP } from "../../due/redis-options.ts";
import type { Registry } from "./registry.ts";

/** A provider that does not renew its entry is gone after this, in ms. */
const EXPIRY = 60_000;

export class RedisRegistry implements Registry {
  readonly label: string;
  readonly #redis: Redis;
  readonly #key: string;
  readonly #provider: string;
  readonly #now: () => number;
  #isAnnounced = false;
  /** When the entry was last renewed and announced, if it had to be; what {@link EXPIRY} is counted from. */
  #renewedAt = 0;

  /** @param url of Redis; its parameter `group` is the root, as in Dubbo @param provider the provider's URL */
  constructor(url: URL, provider: string, now: () => number) {
    this.label = `redis://${url.host}`;
    this.#key = `/${url.searchParams.get("group") ?? "dubbo"}/${INTERFACE}/providers`;
    this.#provider = provider;
    this.#now = now;
    const plain = new URL(url);
    plain.search = "";
    this.#redis = new Redis(plain.href, {
      ...GIVING_UP,
      lazyConnect: true,
      retryStrategy: (tries) => Math.min(tries * 200, 2_000),
    });
    // Told by the commands that fail.
    this.#redis.on("error", () => undefined);
  }

  onLost(listener: () => void): void {
    // A Redis that was restarted may know nothing any more.
    this.#redis.on("close", listener);
  }

  async renew(): Promise<void> {
    const now = this.#now();
    // Consumers drop an entry that has expired, and look at it again only when they are told.
    const isKnown = this.#isAnnounced && now - this.#renewedAt < EXPIRY;
    // Until all of it has succeeded.
    this.#isAnnounced = false;
    const isNew = (await this.#redis.hset(this.#key, this.#provider, String(now + EXPIRY))) === 1;
    if (isNew || !isKnown) await this.#redis.publish(this.#key, "register");
    this.#isAnnounced = true;
    this.#renewedAt = now;
  }

  async remove(): Promise<void> {
    try {
      await this.#redis.hdel(this.#key, this.#provider);
      await this.#redis.publish(this.#key, "unregister");
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#redis.disconnect();
  }
}
