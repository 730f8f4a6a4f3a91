/** How much of a core this process uses, all threads together, over the last seconds; and how busy the machine is. */
import os from "node:os";

const WINDOW = 5_000;

export class CpuShare {
  readonly #timer: NodeJS.Timeout;
  #used = process.cpuUsage();
  #at = performance.now();
  /** 1 is one whole core. */
  share = 0;

  constructor() {
    this.#timer = setInterval(() => this.#measure(), WINDOW).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #measure(): void {
    const { user, system } = process.cpuUsage(this.#used);
    const now = performance.now();
    this.share = (user + system) / 1000 / (now - this.#at);
    this.#used = process.cpuUsage();
    this.#at = now;
  }
}

/**
 * How busy the machine was since the last call, in %. Moleculer tells it with each heartbeat; its own way looks three times within
 * 200 ms, and wakes the process for each.
 */
export function machineUsage(cpus = os.cpus): () => Promise<{ avg: number }> {
  const sum = () => {
    const all = cpus().map(({ times: { user, nice, sys, irq, idle } }) => [user + nice + sys + irq, idle]);
    return all.reduce(([busy = 0, free = 0], [b = 0, f = 0]) => [busy + b, free + f], [0, 0]);
  };
  let [busyBefore = 0, freeBefore = 0] = sum();
  return async () => {
    const [busy = 0, free = 0] = sum();
    const passed = busy + free - busyBefore - freeBefore;
    // Machines that say nothing of their processors are as good as idle.
    const avg = passed > 0 ? (100 * (busy - busyBefore)) / passed : 0;
    [busyBefore, freeBefore] = [busy, free];
    return { avg };
  };
}
