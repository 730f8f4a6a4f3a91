/**
 * What the due set did not take because Redis did not answer: ends of leases, entries to add, and new times of entries. They are
 * kept and repeated as soon as it does. A lease in the set runs out by itself; but what nobody holds (a task that was accepted just
 * now, the next of a line, one whose call on the short way failed, one that a person retries) would wait until the reconciler comes
 * round to it, past everything that is overdue, and what was moved until its old time.
 *
 * The reconciler is the safety net: for what is dropped beyond {@link MOST}, and for what this process had when it died. Only a new
 * time that is dropped is not made up for: that task is called at its old time.
 *
 * Late repetitions do no harm. An end names its lease, so it leaves alone what was leased anew; an entry that is known stays as it is;
 * and where a task has ended or was called meanwhile, its row decides when the entry is claimed (`jobs.ts`).
 */
import type { Logger } from "moleculer";
import type { DueEntry } from "../../core/job.ts";
import { Loop } from "../../core/loop.ts";
import type { DueSet, LaneChange, Settlement } from "../../due/due-set.ts";

/** So many are kept at most: the newest, since the reconciler begins with what has been due longest. */
export const MOST = 20_000;
/** Repeated at once. */
const BATCH = 1_000;
/** Between tries while Redis is away, in ms: the first pause, and the longest. */
const PAUSE = { first: 250, max: 2_000 };
/**
 * A move that finds its entry leased is tried so often, once per longest pause: the end of that lease may be kept too, here or at
 * another node. Where the lease is a call's, the row says when the next one is due, whatever is moved.
 */
const MOVES = 12;
/** While nothing is kept. */
const IDLE = 60_000;

type Kept =
  | { how: "settle"; holder: string; settlement: Settlement }
  | { how: "add"; entry: DueEntry }
  | { how: "move"; entry: DueEntry; tries: number };

type Due = Pick<DueSet, "add" | "move" | "settle" | "intact">;

export class DueRepeats {
  readonly #due: Due;
  readonly #log: Logger;
  readonly #loop: Loop;
  /** The oldest first. */
  #kept: Kept[] = [];
  /** Some were dropped since nothing was kept. */
  #dropping = false;

  constructor(due: Due, log: Logger) {
    this.#due = due;
    this.#log = log;
    this.#loop = new Loop({
      round: () => this.#round(),
      everyMs: IDLE,
      failure: PAUSE,
      onFailed: (error) => log.debug({ err: error.message }, "the due set does not take what it lacks yet"),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** What is left is tried once more. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    try {
      while (this.#kept.length > 0 && (await this.#repeat())) {}
    } catch {
      // Redis is away: another scheduler's reconciler, or ours after the restart, adds them.
    }
  }

  /** Ends leases, later where it must be. @returns breakers that changed; none by what is told later, it is old by then */
  async settle(holder: string, settlements: Settlement[]): Promise<LaneChange[]> {
    try {
      return await this.#due.settle(holder, settlements);
    } catch {
      this.#keep(settlements.map((one) => ({ how: "settle", holder, settlement: { ...one, health: null } })));
      return [];
    }
  }

  /** Adds tasks that nobody holds, later where it must be. @throws BidaError unavailable, where it is later */
  async add(entries: DueEntry[]): Promise<number> {
    try {
      return await this.#due.add(entries);
    } catch (error) {
      this.addLater(entries);
      throw error;
    }
  }

  addLater(entries: DueEntry[]): void {
    this.#keep(entries.map((entry) => ({ how: "add", entry })));
  }

  /** Gives entries that are not leased a new time, later where it must be. */
  async move(entries: DueEntry[]): Promise<void> {
    for (const [i, entry] of entries.entries()) {
      try {
        await this.#due.move(entry);
      } catch {
        return this.#keep(entries.slice(i).map((one) => ({ how: "move", entry: one, tries: MOVES })));
      }
    }
  }

  #keep(some: Kept[]): void {
    if (this.#loop.stopped || some.length === 0) return;
    // Otherwise a try is planned already.
    if (this.#kept.length === 0) this.#loop.wake(PAUSE.first);
    this.#kept.push(...some);
    this.#bound();
  }

  #bound(): void {
    const excess = this.#kept.length - MOST;
    if (excess <= 0) return;
    this.#kept.splice(0, excess);
    if (this.#dropping) return;
    this.#dropping = true;
    const meanwhile = "the reconciler adds the oldest when Redis is back";
    this.#log.warn({ kept: MOST, meanwhile }, "more waits for the due set than is kept");
  }

  async #round(): Promise<number> {
    while (this.#kept.length > 0 && !this.#loop.stopped) if (!(await this.#repeat())) return PAUSE.max;
    this.#dropping = false;
    return IDLE;
  }

  /** Repeats the oldest. @returns false where it is not their time yet */
  async #repeat(): Promise<boolean> {
    // While a set that was emptied is built anew holders come first: what is kept may have been taken, called and forgotten.
    if (!(await this.#due.intact())) return false;
    const some = this.#kept.splice(0, BATCH);
    let refused: Kept[];
    try {
      refused = await this.#tell(some);
    } catch (error) {
      this.#kept.unshift(...some);
      this.#bound();
      throw error;
    }
    this.#kept.push(...refused);
    return refused.length < some.length;
  }

  /** Ends of leases first: what is moved may be leased until then. @returns what is to be tried again */
  async #tell(some: Kept[]): Promise<Kept[]> {
    const settled = some.filter((one) => one.how === "settle");
    for (const [holder, part] of Map.groupBy(settled, (one) => one.holder))
      await this.#due.settle(
        holder,
        part.map(({ settlement }) => settlement),
      );
    const added = some.filter((one) => one.how === "add");
    if (added.length > 0) await this.#due.add(added.map(({ entry }) => entry));
    const refused: Kept[] = [];
    for (const one of some.filter((each) => each.how === "move")) {
      const isMoved = await this.#due.move(one.entry);
      if (!isMoved && one.tries > 1) refused.push({ ...one, tries: one.tries - 1 });
    }
    return refused;
  }
}
