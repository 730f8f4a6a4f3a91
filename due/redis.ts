/**
 * The due set in Redis, shared by all schedulers. One Lua script per operation (`lua/`); each works on one partition,
 * and a lane belongs to one partition, so turns and windows of a lane are exact.
 */
import { epochMs, type SyncedClock } from "../core/clock.ts";
import type { DestinationSettings } from "../core/destination.ts";
import { BidaError } from "../core/errors.ts";
import type { Lane, TaskId } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import type { Belonging, Owner } from "./belonging.ts";
import type {
  AcceptedEntry,
  DueCounts,
  DueSet,
  DueSetOptions,
  Extended,
  LaneChange,
  QuietLanes,
  Settlement,
} from "./due-set.ts";
import type { Findings } from "./findings.ts";
import { type LaneStatus, RULES } from "./lane-rules.ts";
import { idOf, memberOf, PARTITION_NUMBERS, partitionOf } from "./members.ts";
import { admit } from "./redis-admission.ts";
import { RedisBelonging } from "./redis-belonging.ts";
import { inChunks } from "./redis-chunks.ts";
import { RedisClaims } from "./redis-claims.ts";
import { RedisLanes, statusOf } from "./redis-lanes.ts";
import { RedisRepair } from "./redis-repair.ts";
import { chunks, RedisScripts, type RunScript, type Values } from "./redis-scripts.ts";
import { RedisWake } from "./redis-wake.ts";

/** Of one partition, how many busy lanes are told apart; with more of them all of its lanes count as busy. */
const MOST_BUSY = 500;
/** A lane with so many leases is busy: its calls are slow, or there are many. */
const MANY_LEASED = RULES.START_WINDOW / 2;

/** Scripts after which there may be more to claim. */
const CHANGES = new Set(["move", "configure"]);
/** Scripts that tell, by the second value of their answer, whether there is. */
const TELLING = new Set(["admit", "settle", "orphans"]);

export class RedisDueSet implements DueSet {
  readonly clock: SyncedClock;
  readonly #options: DueSetOptions;
  readonly #scripts: RedisScripts;
  readonly #wake: RedisWake;
  readonly #claims: RedisClaims;
  readonly #lanes: RedisLanes;
  readonly #repair: RedisRepair;
  readonly #belonging: RedisBelonging;
  #refused: string | null = null;
  readonly full = false;

  /** Connects in the background; calls before that are refused as `unavailable`. */
  constructor(url: string, options: DueSetOptions, onConnection: (up: boolean, error?: Error) => void) {
    this.#options = options;
    const connection = (up: boolean, error?: Error) => {
      if (up) this.holdersFirst();
      onConnection(up, error);
    };
    this.#scripts = new RedisScripts(url, options.rules, connection, () => this.holdersFirst());
    this.#wake = new RedisWake(url, options.leaseMs, () => this.holdersFirst());
    this.clock = this.#scripts.clock;
    this.#claims = new RedisClaims(this.#run, this.#wake, this.clock, options);
    this.#lanes = new RedisLanes(this.#run, options.window, this.clock);
    this.#repair = new RedisRepair(this.#run, options.leaseMs);
    this.#belonging = new RedisBelonging(async (...call) => (await this.#scripts.run(...call)).slice(1));
  }

  get recovered(): number {
    return this.#claims.recovered;
  }

  async add(entries: DueEntry[]): Promise<number> {
    // What is not leased needs no time of acceptance.
    const accepted = entries.map((entry) => ({ ...entry, acceptedAt: epochMs(0) }));
    return (await admit(this.#run, this.#options, accepted, "", 0)).added;
  }

  async addOrphans(entries: DueEntry[]): Promise<number> {
    let added = 0;
    await inChunks(entries, itself, 2, async (partition, chunk) => {
      const [count] = await this.#run("orphans", partition, chunk.flatMap(timed));
      added += Number(count);
    });
    return added;
  }

  async admit(entries: AcceptedEntry[], holder: string, room: number): Promise<DueEntry[]> {
    return (await admit(this.#run, this.#options, entries, holder, room)).leased;
  }

  claim(holder: string, room: number, retries = room): Promise<DueEntry[]> {
    return this.#claims.claim(holder, room, retries);
  }

  async extend(holder: string, entries: DueEntry[]): Promise<Extended> {
    // Holders take the time from the answer; while Redis's is not known it would be this machine's.
    if (!this.clock.known) await this.#run("inspect", 0, [0]);
    const named = { lost: new Set<string>(), adopted: new Set<string>() };
    await inChunks(entries, itself, 2, async (partition, chunk) => {
      const args = [holder, this.#options.leaseMs, ...chunk.flatMap(timed)];
      const answer = await this.#run("extend", partition, args);
      for (const [what, member] of chunks(answer, 2)) named[what as keyof Extended].add(String(member));
    });
    const those = (members: Set<string>) => entries.filter((entry) => members.has(memberOf(entry)));
    return { lost: those(named.lost), adopted: those(named.adopted) };
  }

  async release(holder: string, entries: DueEntry[]): Promise<void> {
    await this.settle(
      holder,
      entries.map((entry) => ({ entry, next: entry, health: null })),
    );
  }

  async settle(holder: string, settlements: Settlement[]): Promise<LaneChange[]> {
    const changes: LaneChange[] = [];
    await inChunks(
      settlements,
      ({ entry }) => entry,
      6,
      async (partition, chunk) => {
        const args = chunk.flatMap(({ entry, next, health, unheld }) => [
          memberOf(entry),
          entry.dueAt,
          next ? memberOf(next) : "",
          next?.dueAt ?? 0,
          health ?? "",
          unheld ? "1" : "",
        ]);
        const answer = await this.#run("settle", partition, [holder, this.#options.window, ...args]);
        changes.push(...this.#changesIn(answer));
      },
    );
    return changes;
  }

  async wentWell(calls: ReadonlyMap<Lane, number>): Promise<LaneChange[]> {
    const changes: LaneChange[] = [];
    await inChunks(
      [...calls],
      ([lane]) => ({ lane }),
      2,
      async (partition, chunk) => {
        const answer = await this.#run("went_well", partition, [this.#options.window, ...chunk.flat()]);
        changes.push(...this.#changesIn(answer));
      },
    );
    return changes;
  }

  async quiet(): Promise<QuietLanes> {
    const answers = await Promise.all(
      PARTITION_NUMBERS.map((partition) => this.#run("busy", partition, [MOST_BUSY, MANY_LEASED])),
    );
    const busy = new Set(answers.flat());
    const crowded = new Set(PARTITION_NUMBERS.filter((partition) => answers[partition]?.[0] === "*"));
    return (lane) => !busy.has(lane) && (crowded.size === 0 || !crowded.has(partitionOf({ lane })));
  }

  #changesIn(answer: Values): LaneChange[] {
    return Array.from(chunks(answer, 8), ([breaker, ...status]) => {
      const [lane, known] = statusOf(status, this.clock.now());
      return { lane, breaker: breaker as LaneChange["breaker"], status: known };
    });
  }

  async move(entry: DueEntry): Promise<boolean> {
    const args = [memberOf(entry), entry.dueAt];
    const [moved] = await this.#run("move", partitionOf(entry), args);
    return moved === 1;
  }

  async remove(entries: DueEntry[]): Promise<void> {
    await this.#each("remove", entries);
  }

  holdersFirst(): void {
    this.#claims.holdersFirst();
  }

  get awaitsHolders(): boolean {
    return this.#claims.awaitsHolders;
  }

  async leasedAmong(entries: DueEntry[]): Promise<Set<TaskId>> {
    return new Set(Array.from(await this.#each("leased", entries), (member) => idOf(String(member))));
  }

  async missingAmong(entries: DueEntry[]): Promise<DueEntry[]> {
    const missing = await this.#each("missing", entries);
    return entries.filter((entry) => missing.has(memberOf(entry)));
  }

  async allLeased(): Promise<TaskId[]> {
    const all = await Promise.all(PARTITION_NUMBERS.map((partition) => this.#run("leased", partition, [])));
    return all.flat().map((member) => idOf(String(member)));
  }

  async counts(): Promise<DueCounts> {
    const all = await Promise.all(PARTITION_NUMBERS.map((partition) => this.#run("inspect", partition, [0])));
    const sum = (i: number) => all.reduce((total, one) => total + Number(one[i]), 0);
    return { waiting: sum(0), ready: sum(1), leased: sum(2) };
  }

  configure(lane: Lane, settings: DestinationSettings): Promise<void> {
    return this.#lanes.configure(lane, settings);
  }

  resetBreaker(lane: Lane): Promise<void> {
    return this.#lanes.resetBreaker(lane);
  }

  lanes(lanes: Lane[]): Promise<Map<Lane, LaneStatus>> {
    return this.#lanes.find(lanes);
  }

  troubledLanes(): Promise<Lane[]> {
    return this.#lanes.troubled();
  }

  check(repair: boolean): Promise<Findings> {
    return this.#repair.check(repair);
  }

  /** Redis's own words about its memory (INFO). */
  memory(): Promise<string> {
    return this.#scripts.memory();
  }

  belongsTo(owner: Owner): Promise<Belonging> {
    return this.#belonging.tell(owner);
  }

  refuse(reason: string | null): void {
    this.#refused = reason;
  }

  reset(): Promise<void> {
    return this.#belonging.reset();
  }

  async intact(): Promise<boolean> {
    const all = await Promise.all(PARTITION_NUMBERS.map((partition) => this.#run("inspect", partition, [0])));
    return all.every((one) => one[3] === 1);
  }

  async markRebuilt(): Promise<void> {
    await Promise.all(PARTITION_NUMBERS.map((partition) => this.#run("inspect", partition, [1])));
  }

  onWake(listener: () => void): void {
    this.#wake.onWake(listener);
  }

  async close(): Promise<void> {
    this.#wake.close();
    this.#scripts.close();
  }

  /** Runs a script over entries, in chunks per partition. @returns all members of the answers */
  async #each(script: string, entries: DueEntry[]): Promise<Set<string | number>> {
    const found = new Set<string | number>();
    await inChunks(entries, itself, 2, async (partition, chunk) => {
      const answer = await this.#run(script, partition, chunk.map(memberOf));
      for (const one of answer) found.add(one);
    });
    return found;
  }

  /** @returns the answer without what is for this class: Redis's clock, and whether there is more to claim */
  readonly #run: RunScript = async (script, partition, args) => {
    if (this.#refused !== null) throw new BidaError("unavailable", this.#refused);
    const answer = await this.#scripts.run(script, partition, args);
    // Our own change; the wake-up that Redis publishes takes a moment longer.
    const tells = TELLING.has(script);
    if (tells ? answer[1] === 1 : CHANGES.has(script)) this.#wake.heat(partition);
    return answer.slice(tells ? 2 : 1);
  };
}

const itself = (entry: DueEntry): DueEntry => entry;
const timed = (entry: DueEntry): Values => [memberOf(entry), entry.dueAt];
