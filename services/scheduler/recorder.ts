/** Recording: outcomes of all dispatchers share transactions; then the due set and anyone who listens are told. */
import type { Logger, ServiceBroker } from "moleculer";
import { Batcher } from "../../core/batcher.ts";
import { millis } from "../../core/clock.ts";
import type { TaskId } from "../../core/ids.ts";
import { dueEntryOf, leaseOf, type Outcome } from "../../core/job.ts";
import { attemptsDropped, measured } from "../../core/metrics.ts";
import { healthOf } from "../../core/outcome.ts";
import type { Settlement } from "../../due/due-set.ts";
import { reasonOf } from "../../store/failures.ts";
import type { Recorded } from "../../store/record.ts";
import { type Refusal, recordEach } from "../../store/record-each.ts";
import { isPlainSuccess } from "../../store/record-successes.ts";
import type { Resources } from "../node/resources.ts";
import type { DueRepeats } from "../tasks/due-repeats.ts";
import { letGo } from "../tasks/tasks.ts";
import { announceBreakers } from "./breakers.ts";
import type { QuietLanes } from "./quiet-lanes.ts";
import { setAsideEach } from "./set-aside.ts";

const MAX_ITEMS = 400;
const MAX_BYTES = 8 * 1024 * 1024;
/** Dispatchers hold outcomes until they are recorded and report a bounded number at a time. */
const MAX_WAITING = 100_000;

interface Reported {
  holder: string;
  outcome: Outcome;
}

export class Recorder {
  readonly #resources: Resources;
  readonly #lanes: Pick<QuietLanes, "ended" | "opened">;
  readonly #repeats: Pick<DueRepeats, "settle" | "add">;
  readonly #broker: ServiceBroker;
  readonly #log: Logger;
  readonly #batcher: Batcher<Reported, undefined>;

  constructor(
    resources: Resources,
    lanes: Pick<QuietLanes, "ended" | "opened">,
    repeats: Pick<DueRepeats, "settle" | "add">,
    broker: ServiceBroker,
    log: Logger,
  ) {
    this.#lanes = lanes;
    this.#repeats = repeats;
    this.#resources = resources;
    this.#broker = broker;
    this.#log = log;
    this.#batcher = new Batcher({
      maxItems: MAX_ITEMS,
      maxBytes: MAX_BYTES,
      sizeOf: ({ outcome }) => 500 + (outcome.attempt?.responseBody?.length ?? 0),
      concurrency: resources.db.driver.writers,
      maxWaiting: MAX_WAITING,
      flush: measured("record", (reported) => this.#record(reported)),
    });
  }

  /** Resolves once all are on record. @throws BidaError unavailable; then the caller keeps them and reports again */
  async report(holder: string, outcomes: Outcome[]): Promise<void> {
    await Promise.all(
      outcomes.map((outcome) => this.#batcher.add({ holder, outcome: this.#timed(outcome) })),
    );
  }

  /** With its end as this node's clock has it, which has just been compared with the cluster's. */
  #timed(outcome: Outcome): Outcome {
    const { endedMsAgo } = outcome;
    if (endedMsAgo === undefined) return outcome;
    return { ...outcome, endedBy: this.#resources.clock.after(millis(-endedMsAgo)) };
  }

  async #record(reported: Reported[]): Promise<undefined[]> {
    // What nobody hears of need not be read.
    const { teller, db } = this.#resources;
    const { wantsSuccesses } = teller;
    // Two records, of which each is told by itself: what goes wrong with one leaves the other as it is.
    const parts =
      wantsSuccesses || db.driver.commitGuarded === null
        ? [reported]
        : Object.values(
            Object.groupBy(reported, ({ outcome }) => (isPlainSuccess(outcome) ? "unread" : "read")),
          );
    await Promise.all(parts.map((part) => this.#recordPart(part, wantsSuccesses)));
    return reported.map(() => undefined);
  }

  async #recordPart(reported: Reported[], wantsTasks: boolean): Promise<void> {
    const { db, clock } = this.#resources;
    const outcomes = reported.map(({ outcome }) => outcome);
    const refused = new Map<TaskId, string>();
    const onRefused = ({ outcome: { taskId, n }, error, reduced }: Refusal) => {
      const err = reasonOf(error);
      if (!reduced) refused.set(taskId, `its call ${n} cannot be recorded: ${err}`);
      const meanwhile = reduced ? "it is on record without its answer" : "the task is set aside";
      this.#log.error({ taskId, n, err, meanwhile }, "the database refuses an outcome");
    };
    // By the objects: two holders may report the same lease.
    const waiting = new Map(reported.map((one) => [one.outcome, one]));
    // After each commit: it is told whatever becomes of the rest.
    const onRecorded = (recorded: Recorded[], given: Outcome[]) => {
      this.#conclude(
        given.map((outcome) => waiting.get(outcome) as Reported),
        recorded,
      );
      for (const outcome of given) waiting.delete(outcome);
    };
    await recordEach(db, outcomes, clock, Math.random, onRefused, wantsTasks, onRecorded);
    if (refused.size === 0) return;
    await setAsideEach(this.#resources, this.#log, [...refused.keys()], refused);
    const rest = [...waiting.values()];
    this.#conclude(
      rest,
      rest.map(({ outcome }) => ({ outcome, written: false, task: null, released: null })),
    );
  }

  /** What follows from a record: the due set is told, and all who listen. */
  #conclude(reported: Reported[], recorded: Recorded[]): void {
    void this.#settle(reported, recorded);
    for (const { outcome, written } of recorded) if (!written) this.#dropped(outcome);
    this.#resources.teller.tell({ recorded });
  }

  /**
   * The row decides what becomes of the entry, also where the outcome came too late to be written. Of a lease that was in
   * its row only, and whose task has ended by a call that went well, the due set hears as a number, later. Then those
   * whose turn it is by now are added.
   */
  async #settle(reported: Reported[], recorded: Recorded[]): Promise<void> {
    const settlements = Map.groupBy(reported.keys(), (i) => (reported[i] as Reported).holder);
    for (const [holder, indexes] of settlements) {
      const part = indexes.flatMap((i): Settlement[] => {
        const { outcome, task } = recorded[i] as Recorded;
        const health = outcome.attempt && healthOf(outcome.attempt);
        const next = task && dueEntryOf(task);
        const unheld = outcome.handed === true;
        const isTold = unheld && next === null && (health === "ok" || health === null);
        if (unheld) this.#lanes.ended(outcome.lane, isTold && health === "ok");
        return isTold ? [] : [{ entry: leaseOf(outcome), next, health, unheld }];
      });
      if (part.length === 0) continue;
      const changes = await this.#repeats.settle(holder, part);
      for (const { lane, breaker } of changes) if (breaker === "opened") this.#lanes.opened(lane);
      await announceBreakers(this.#resources, this.#broker, this.#log, changes);
    }
    await letGo(
      { repeats: this.#repeats },
      recorded.map(({ released }) => released),
    );
  }

  #dropped({ taskId, n }: Outcome): void {
    attemptsDropped.inc();
    this.#log.warn({ taskId, n }, "attempt was on record already; this outcome is dropped");
  }
}
