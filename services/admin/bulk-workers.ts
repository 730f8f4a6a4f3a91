/**
 * Jobs over many tasks, in two lanes beside each other: those that end tasks, and those that call them again. The latter are slow by
 * intent, and an emergency cancel must not wait for them.
 */
import type { Logger } from "moleculer";
import type { JobKind } from "../../core/bulk.ts";
import type { Resources } from "../node/resources.ts";
import { BulkWorker } from "./bulk-worker.ts";

const LANES: readonly (readonly JobKind[])[] = [
  ["cancel", "resolve"],
  ["retry", "replay"],
];

export class BulkWorkers {
  readonly #workers: BulkWorker[];

  constructor(resources: Resources, log: Logger) {
    this.#workers = LANES.map((kinds) => new BulkWorker(resources, log, kinds));
  }

  start(): void {
    for (const worker of this.#workers) worker.start();
  }

  /** There is a new job. */
  wake(): void {
    for (const worker of this.#workers) worker.wake();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }
}
