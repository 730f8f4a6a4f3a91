/** Looks after the database once a second, so that an outage shows in the log and in metrics whether or not there is work. */
import { setTimeout as pause } from "node:timers/promises";
import type { Logger, ServiceBroker } from "moleculer";
import { databasePool } from "../../core/metrics.ts";
import { type Database, pingDatabase, poolUsage, probeDatabase } from "../../store/database.ts";
import { Contact } from "./contact.ts";
import { contribute } from "./node-status.ts";

const INTERVAL = 1_000;
/** So many looks from one that writes to the next: a disk may be full while all reads work. */
const WRITE_EVERY = 10;
/** An answer that takes longer than this is none, in ms. */
const PATIENCE = 3_000;

export class DatabaseWatch {
  readonly #db: Database;
  readonly #contact: Contact;
  readonly #stop = new AbortController();

  constructor(broker: ServiceBroker, log: Logger, db: Database) {
    this.#db = db;
    this.#contact = new Contact({
      broker,
      log,
      part: "database",
      lost: "lost contact with the database",
      back: "the database is back",
      meanwhile: "new tasks are refused with 503; outcomes are kept; calls wait",
    });
    contribute(broker, {
      sample() {
        const { used, free, waiting } = poolUsage(db);
        databasePool.labels("used").set(used);
        databasePool.labels("free").set(free);
        databasePool.labels("waiting").set(waiting);
      },
    });
    void this.#watch();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    for (let look = 1; !signal.aborted; look++) {
      try {
        await (look % WRITE_EVERY === 0 ? probeDatabase : pingDatabase)(this.#db, PATIENCE);
        this.#contact.works();
      } catch (error) {
        if (!signal.aborted) this.#contact.failed(error as Error);
      }
      await pause(INTERVAL, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
