/**
 * Which partitions may have something to claim, and when to look again. A partition is hot from the moment that something
 * may be due in it until it was found empty; others are not asked.
 */
import type { Redis } from "ioredis";
import type { Millis } from "../core/clock.ts";
import { PARTITION_NUMBERS, PARTITIONS } from "./members.ts";
import { connect } from "./redis-scripts.ts";

/**
 * A wake-up can be missed while the subscription reconnects; then this is how late a task may be, in ms. It also finds leases
 * that ran out where nothing else was due: at least four times per lease.
 */
const SAFETY_POLL_MS = 1_000;
const WAKE_CHANNEL = "bida:wake";
/** setTimeout's largest delay. */
const MAX_TIMER = 2 ** 31 - 1;

export class RedisWake {
  readonly #subscriber: Redis;
  readonly #listeners: (() => void)[] = [];
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #poll: NodeJS.Timeout;
  readonly #hot = new Set<number>();
  /** Wake-ups are heard, as far as is known. */
  #subscribed = false;
  /** Where the next claim begins, so partitions take turns too. */
  #turn = 0;

  /** @param onAbsent this process had no turn for half a lease */
  constructor(url: string, leaseMs: Millis, onAbsent: () => void) {
    this.#subscriber = connect(url);
    this.#subscriber.on("error", () => undefined);
    this.#subscriber.on("ready", () => this.#subscribe());
    this.#subscriber.on("close", () => {
      this.#subscribed = false;
    });
    this.#subscriber.on("message", (_, prefix: string) => this.#wake(Number(/\d+/.exec(prefix)?.[0])));
    const every = Math.min(SAFETY_POLL_MS, leaseMs / 4);
    let polledAt = performance.now();
    this.#poll = setInterval(() => {
      if (performance.now() - polledAt > every + leaseMs / 2) onAbsent();
      polledAt = performance.now();
      this.#wakeAll();
      if (this.#subscriber.status !== "ready") return;
      // It hears nothing for long stretches: only an answer shows that it still could.
      if (this.#subscribed) this.#subscriber.ping().catch(() => undefined);
      else this.#subscribe();
    }, every);
  }

  /** Calls `listener` whenever a partition became hot by itself. */
  onWake(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The partitions to ask, beginning with another one each time. */
  inTurn(): number[] {
    const first = this.#turn++;
    return PARTITION_NUMBERS.map((i) => (i + first) % PARTITIONS).filter((partition) =>
      this.#hot.has(partition),
    );
  }

  /** There may be something; anyone who knows needs no wake-up. */
  heat(partition: number): void {
    this.#hot.add(partition);
  }

  /** It is being asked: what comes from now on makes it hot again. */
  cool(partition: number): void {
    this.#hot.delete(partition);
  }

  /** The next entry is due in `wait` ms, 0: there is more now, negative: there is none. */
  wakeIn(partition: number, wait: number): void {
    clearTimeout(this.#timers.get(partition));
    if (wait === 0) this.heat(partition);
    else if (wait > 0)
      this.#timers.set(
        partition,
        setTimeout(() => this.#wake(partition), Math.min(wait, MAX_TIMER)),
      );
  }

  close(): void {
    clearInterval(this.#poll);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#listeners.length = 0;
    this.#subscriber.disconnect();
  }

  /** One that was refused, or not answered in time, is repeated by the poll: the connection may be fine. */
  #subscribe(): void {
    this.#subscriber.subscribe(WAKE_CHANNEL).then(
      () => {
        this.#subscribed = true;
        this.#wakeAll();
      },
      () => undefined,
    );
  }

  #wake(partition: number): void {
    this.#hot.add(partition);
    for (const listener of this.#listeners) listener();
  }

  #wakeAll(): void {
    for (const partition of PARTITION_NUMBERS) this.#hot.add(partition);
    for (const listener of this.#listeners) listener();
  }
}
