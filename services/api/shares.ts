/**
 * What one caller may use of this node: bytes per second, and event streams. Without it one key could have all of it. Each node
 * with the REST API counts for itself.
 */
import { BidaError } from "../../core/errors.ts";

/** A caller that was quiet may send so many seconds' worth at once; a batch of 16 MiB is one request. */
const BURST_SECONDS = 2;
const MAX_CALLERS = 10_000;
/** Event streams of one caller; there are 200 in all (`event-hub.ts`). */
export const MAX_STREAMS = 20;

interface Account {
  /** Bytes that may be sent; less than 0 while a request that was larger is being paid for. */
  bytes: number;
  filledAt: number;
}

export class Shares {
  readonly #perSecond: number;
  readonly #accounts = new Map<string, Account>();
  readonly #streams = new Map<string, number>();

  /** @param bytesPerSecond of request bodies, decompressed; 0: no limit */
  constructor(bytesPerSecond: number) {
    this.#perSecond = bytesPerSecond;
  }

  /**
   * To be called before a body is read.
   * @throws BidaError share_used_up
   */
  checkBytes(caller: string, now = performance.now()): void {
    if (this.#perSecond === 0) return;
    const { bytes } = this.#account(caller, now);
    if (bytes > 0) return;
    throw new BidaError("share_used_up", `A caller may send ${this.#perSecond} bytes per second`, {
      retryAfter: Math.max(1, Math.ceil(-bytes / this.#perSecond)),
    });
  }

  /** A body of so many bytes was read. */
  spend(caller: string, bytes: number, now = performance.now()): void {
    if (this.#perSecond > 0) this.#account(caller, now).bytes -= bytes;
  }

  /**
   * A stream begins.
   * @returns to be called when it has ended
   * @throws BidaError share_used_up
   */
  openStream(caller: string): () => void {
    const open = this.#streams.get(caller) ?? 0;
    if (open >= MAX_STREAMS)
      throw new BidaError("share_used_up", `A caller may follow ${MAX_STREAMS} event streams at once`, {
        retryAfter: 10,
      });
    this.#streams.set(caller, open + 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const left = (this.#streams.get(caller) ?? 1) - 1;
      if (left === 0) this.#streams.delete(caller);
      else this.#streams.set(caller, left);
    };
  }

  #account(caller: string, now: number): Account {
    const most = BURST_SECONDS * this.#perSecond;
    const known = this.#accounts.get(caller);
    if (!known) {
      if (this.#accounts.size >= MAX_CALLERS) this.#accounts.clear();
      const account = { bytes: most, filledAt: now };
      this.#accounts.set(caller, account);
      return account;
    }
    known.bytes = Math.min(most, known.bytes + ((now - known.filledAt) / 1_000) * this.#perSecond);
    known.filledAt = now;
    return known;
  }
}
