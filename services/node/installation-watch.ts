/**
 * Sees to it that database and due set belong together: that the due set is this installation's and every node's, and that
 * the database is not an older copy of itself. Every node that has a database looks every two seconds.
 *
 * The database's epoch grows every few seconds, and the due set is told each time, after the database. So:
 * - the due set knows a higher one than the database: the database was restored from a backup, or another server with less in
 *   it took over. Whatever the due set holds may be wrong.
 * - the due set knows one that is lower by more than one: Redis came back with an older copy of its data.
 * In both cases it is emptied, and the reconciler builds it anew.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "moleculer";
import { type Clock, later, millis, seconds } from "../../core/clock.ts";
import { ConfigError } from "../../core/config.ts";
import { BidaError } from "../../core/errors.ts";
import type { Belonging } from "../../due/belonging.ts";
import type { DueSet } from "../../due/due-set.ts";
import type { Database } from "../../store/database.ts";
import {
  announceDueSet,
  forgetDueSet,
  growEpoch,
  type Installation,
  pullBackCalls,
  readInstallation,
} from "../../store/installation.ts";

const INTERVAL = 2_000;
/** The epoch grows at most once in this time, in the whole cluster. */
const GROWS_EVERY = seconds(5);
/** Without Redis the set is as old as this process: only a restored database is to be noticed. Each growth is a disk's sync. */
const GROWS_EVERY_EMBEDDED = seconds(60);
/** An installation that was not heard of for so long has left its Redis, in ms. */
const LEFT = 60_000;
/** The cluster's clock is the same for all nodes but for this; what it shows less than before was set back. */
const STEP = millis(2_000);
/** A little more than after what time a node counts as gone, in ms. */
const BOOT_PATIENCE = 18_000;

export interface InstallationWatchOptions {
  db: Database;
  due: DueSet;
  clock: Clock;
  log: Logger;
  nodeID: string;
  /** Whether the due set is in this process. */
  embedded: boolean;
}

export class InstallationWatch {
  readonly #options: InstallationWatchOptions;
  readonly #stop = new AbortController();
  /** As it was at the start. */
  readonly id: string;
  #refusal: string | null = null;
  /** What the cluster's clock showed when it was looked at last; also a short time ahead, of which the database heard nothing. */
  #shown = 0;

  /** @param id the installation's */
  constructor(id: string, options: InstallationWatchOptions) {
    this.id = id;
    this.#options = options;
  }

  start(): void {
    void this.#watch();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    const { db, nodeID, embedded } = this.#options;
    if (!embedded) await forgetDueSet(db, nodeID).catch(() => undefined);
  }

  /**
   * To be called at the start, once Redis answers. A node that is gone, and used another Redis, is waited for until it counts as
   * gone.
   * @throws ConfigError where this Redis is not ours
   */
  async checkAtBoot(): Promise<void> {
    const until = performance.now() + BOOT_PATIENCE;
    for (;;) {
      try {
        await this.check();
      } catch (error) {
        // Calls wait until both can be reached.
        if (error instanceof BidaError) return;
        throw error;
      }
      if (this.#refusal === null) return;
      if (!this.#refusal.startsWith("node ") || performance.now() > until)
        throw new ConfigError(`BIDA_REDIS_URL: ${this.#refusal}`);
      await pause(INTERVAL);
    }
  }

  /** Compares once, and does what follows from it. @throws BidaError unavailable */
  async check(): Promise<void> {
    const { db, due } = this.#options;
    // In this order: the database's epoch only grows, so what the due set was told before cannot be higher.
    const told = await due.belongsTo({ installation: this.id, epoch: 0 });
    const installation = await readInstallation(db);
    const refusal = await this.#refusalOf(installation, told);
    this.#refuse(refusal);
    if (refusal !== null) return;
    if (told.installation !== null && told.installation !== this.id) {
      await this.#reset("the Redis was another installation's, which has left it", {
        former: told.installation,
      });
    } else if ((told.highest ?? 0) > installation.epoch) {
      const epochs = { database: installation.epoch, dueSet: told.highest };
      await this.#reset("the database was restored from an older copy", epochs);
    } else if (isOlder(told, installation)) {
      // Asked again: what was true before the database was read may be old by now.
      const again = await due.belongsTo({ installation: this.id, epoch: 0 });
      if (isOlder(again, installation))
        await this.#reset("Redis came back with an older copy of its data", {
          ...{ database: installation.epoch, dueSet: again.lowest },
        });
    }
    await this.#grow(installation, told);
  }

  /** What speaks against using this Redis. */
  async #refusalOf(installation: Installation, told: Belonging): Promise<string | null> {
    const { db, nodeID, embedded } = this.#options;
    if (embedded) return null;
    if (installation.id !== this.id)
      return "the database is another installation's by now; start this node again";
    if (told.installation !== null && told.installation !== this.id && told.silentMs < LEFT) {
      return `this Redis is used by another installation (${told.installation}); give each one its own, or a database number of its own (redis://…/1)`;
    }
    const other = await announceDueSet(db, nodeID, told.name);
    return other && `node ${other.nodeID} of this installation uses another Redis`;
  }

  #refuse(refusal: string | null): void {
    const { due, log } = this.#options;
    if (refusal === this.#refusal) return;
    this.#refusal = refusal;
    due.refuse(refusal);
    if (refusal === null) log.info("this Redis is ours again");
    else
      log.error(
        { why: refusal, meanwhile: "this node claims and records nothing" },
        "this Redis is not ours",
      );
  }

  async #reset(why: string, more: Record<string, unknown>): Promise<void> {
    const { due, log } = this.#options;
    await due.reset();
    log.warn({ ...more, meanwhile: "the due set is built anew" }, why);
  }

  /** The database first: what the due set is told is never ahead of it. @param told what it said before the database was read */
  async #grow({ epoch, seenAt }: Installation, told: Belonging): Promise<void> {
    const { db, due, clock, embedded } = this.#options;
    const now = clock.now();
    const shown = Math.max(seenAt, this.#shown);
    const wasSetBack = later(now, STEP) < shown;
    const isTime = now - seenAt >= (embedded ? GROWS_EVERY_EMBEDDED : GROWS_EVERY);
    if (told.lowest !== epoch || wasSetBack || isTime) {
      const { lowest } = await due.belongsTo({ installation: this.id, epoch });
      // It is told first what is: so the two never differ by more than one.
      if (lowest !== epoch) return;
    }
    this.#shown = now;
    if (wasSetBack) await this.#clockWasSetBack(shown - now);
    else if (!isTime) return;
    if (await growEpoch(db, epoch, now)) await due.belongsTo({ installation: this.id, epoch: epoch + 1 });
  }

  async #clockWasSetBack(byMs: number): Promise<void> {
    const { db, due, clock, log } = this.#options;
    let calls = 0;
    for await (const entries of pullBackCalls(db, clock.now())) {
      for (const entry of entries) await due.move(entry);
      calls += entries.length;
    }
    log.warn({ byMs, calls, meanwhile: "calls get back the pauses they had" }, "the clock was set back");
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await pause(INTERVAL, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      // Unreachable parts say so elsewhere.
      await this.check().catch((error: Error) =>
        this.#options.log.debug({ err: error.message }, "not compared"),
      );
    }
  }
}

const isOlder = ({ lowest }: Belonging, { epoch }: Installation): boolean =>
  lowest !== null && lowest < epoch - 1;
