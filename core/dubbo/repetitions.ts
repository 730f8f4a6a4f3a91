/**
 * Which requests repeat another one. A Dubbo consumer that gets no answer within its time-out (1 s unless it says otherwise)
 * sends the same invocation again, up to twice, under a new request id; nothing in it says that it is a repetition. What
 * can be known: it comes over the same connection, with the same arguments to the byte, and not before the time-out of the
 * first has passed without an answer. Two equal tasks that an application hands over for itself do not look like that: the
 * first is answered long before, or the second comes too soon.
 *
 * What comes too soon is measured by the time at which frames were read. Where this process stood still, frames that were
 * sent a second apart are read at once: the length of a standstill before the first counts for the second.
 */

/** A repetition comes within this time, in ms. */
const WINDOW = 10_000;
/** Timers of the consumer and the network make the distance a little shorter, in ms. */
const SLACK = 50;
/** Requests of one connection that are remembered at a time; in the usual case those under way. */
const MAX_KNOWN = 10_000;

interface Known<T> {
  readAt: number;
  /** The time that the first may have been waiting to be read, in ms. */
  delay: number;
  timeout: number;
  /** Null: not yet. */
  answeredAt: number | null;
  value: T;
}

/** The requests of one connection. */
export class Repetitions<T> {
  readonly #known = new Map<string, Known<T>>();

  get size(): number {
    return this.#known.size;
  }

  /** What was remembered for the request that this one repeats; null where it repeats none. @param now in ms, steady */
  find(key: string, now: number): T | null {
    const first = this.#known.get(key);
    if (!first) return null;
    const age = now - first.readAt;
    if (age > WINDOW) {
      this.#known.delete(key);
      return null;
    }
    const isDue = age + first.delay >= first.timeout - SLACK;
    return isDue && isLate(first) ? first.value : null;
  }

  /** @param delay how long this process may have stood still before it read the request; @param timeout the consumer's */
  add(key: string, value: T, now: number, { delay, timeout }: Pick<Known<T>, "delay" | "timeout">): void {
    // The oldest go first: a map keeps the order of insertion.
    this.#known.delete(key);
    for (const [old, { readAt }] of this.#known) {
      if (this.#known.size < MAX_KNOWN && now - readAt <= WINDOW) break;
      this.#known.delete(old);
    }
    this.#known.set(key, { readAt: now, delay, timeout, answeredAt: null, value });
  }

  /** An answer was written. What was answered in time is not repeated, and is forgotten. */
  answered(key: string, value: T, now: number): void {
    const known = this.#known.get(key);
    if (known?.value !== value) return;
    known.answeredAt ??= now;
    if (!isLate(known)) this.#known.delete(key);
  }
}

/** Whether the consumer may have given up before the answer. */
function isLate<T>({ readAt, delay, timeout, answeredAt }: Known<T>): boolean {
  return answeredAt === null || answeredAt - readAt + delay >= timeout - SLACK;
}
