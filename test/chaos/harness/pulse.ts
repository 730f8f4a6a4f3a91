/**
 * How busy the machine is, by something that has nothing to do with Bida: two processes, this one (which passes on all
 * traffic between nodes and servers) and the receiver, send each other a message and wait for it. What takes more than
 * a tenth of a lease is a fault of the machine: a round trip within the cluster takes ten such turns, and a heartbeat
 * has no more than a third of a lease.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { FaultRecord } from "./fault.ts";
import type { FarSide } from "./receiver.ts";

const EVERY_MS = 100;

export class Pulse {
  readonly stalls: FaultRecord[] = [];
  readonly #far: FarSide;
  readonly #limitMs: number;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(far: FarSide, leaseMs: number) {
    this.#far = far;
    this.#limitMs = leaseMs / 10;
  }

  start(): void {
    this.#running = this.#beat();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #beat(): Promise<void> {
    while (!this.#stopped) {
      const startedAt = Date.now();
      await Promise.all([this.#far.ping(), pause(EVERY_MS)]);
      const endedAt = Date.now();
      if (endedAt - startedAt - EVERY_MS > this.#limitMs) this.#note(startedAt, endedAt);
    }
  }

  /** One that follows at once is the same one. */
  #note(startedAt: number, endedAt: number): void {
    const last = this.stalls.at(-1);
    if (last && last.endedAt + EVERY_MS >= startedAt) last.endedAt = endedAt;
    else
      this.stalls.push({
        ...{ kind: "busy machine", target: "all", startedAt, endedAt, outage: false },
        excuses: ["repeat", "overlap"],
      });
  }
}
