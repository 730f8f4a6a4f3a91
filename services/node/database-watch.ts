/** Looks after the database once a second, so an outage shows in the log and in metrics whether or not there is work. */
import type { Logger, ServiceBroker } from "moleculer";
import { Loop } from "../../core/loop.ts";
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
  readonly #loop: Loop;

  constructor(broker: ServiceBroker, log: Logger, db: Database) {
    const contact = new Contact({
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
    let looks = 0;
    this.#loop = new Loop({
      round: () => (++looks % WRITE_EVERY === 0 ? probeDatabase : pingDatabase)(db, PATIENCE),
      firstMs: 0,
      everyMs: INTERVAL,
      onDone: () => contact.works(),
      onFailed: (error) => contact.failed(error),
    });
    this.#loop.start();
  }

  /** Resolves once it asks nothing any more. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }
}
