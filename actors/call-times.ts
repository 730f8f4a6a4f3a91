/** The moments of one call, from which its phases follow. Three readings of the clock for a call on a kept connection. */
import type { CallPhases } from "../core/phases.ts";
import type { AnswerWatch } from "./interim.ts";
import type { Opening, OpeningSteps } from "./opening.ts";

const now = (): number => performance.now();
/** Between two moments, to a tenth of a ms. */
const between = (from: number, to: number): number => Math.max(0, Math.round((to - from) * 10) / 10);

export class CallTimes {
  /** When a connection was wanted that had to be opened; null: there was one. */
  #openedAt: number | null = null;
  /** When the request was given to its connection. */
  #sentAt: number | null = null;

  /** A connection is being opened. What came before, a kept one that turned out to be closed, is no part of the phases. */
  opening(): void {
    this.#openedAt = now();
    this.#sentAt = null;
  }

  sent(): void {
    this.#sentAt = now();
  }

  /**
   * The phases up to now. The one that is under way ends here.
   * @param opening what was opened for the call, if anything was
   * @param connection what the request went out on, if it did
   */
  phases(
    opening: Pick<Opening, "steps"> | null,
    connection: { watch: Pick<AnswerWatch, "firstAt"> } | null,
    isTls: boolean,
  ): CallPhases {
    const end = now();
    const sentAt = connection === null ? null : this.#sentAt;
    const firstAt = sentAt === null ? null : (connection?.watch.firstAt ?? null);
    return {
      reused: this.#openedAt === null,
      ...this.#ofOpening(opening?.steps, sentAt ?? end, isTls),
      firstByte: sentAt === null ? null : between(sentAt, firstAt ?? end),
      body: firstAt === null ? null : between(firstAt, end),
    };
  }

  #ofOpening(steps: OpeningSteps | undefined, openAt: number, isTls: boolean) {
    const from = this.#openedAt;
    if (from === null || steps === undefined) return { dns: null, connect: null, tls: null };
    const { named, foundAt, connectedAt } = steps;
    if (named && foundAt === null) return { dns: between(from, openAt), connect: null, tls: null };
    const found = foundAt ?? from;
    // Without TLS the connection is there once it is open.
    const connected = (isTls ? connectedAt : null) ?? openAt;
    return {
      dns: named ? between(from, found) : null,
      connect: between(found, connected),
      tls: isTls && connectedAt !== null ? between(connectedAt, openAt) : null,
    };
  }
}
