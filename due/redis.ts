/**
 * The due set in Redis, shared by all schedulers. One Lua script per operation (`lua/`); each works on one partition,
 * and a lane belongs to one partition, so that turns and windows of a lane are exact.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { SyncedClock } from "../core/clock.ts";
import type { DestinationSettings } from "../core/destination.ts";
import { BidaError } from "../core/errors.ts";
import type { Lane, TaskId } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import {
  type DueCounts,
  type DueSet,
  type DueSetOptions,
  HANDOVER,
  type LaneChange,
  QUANTUM,
  RETRY_SHARE,
  type Settlement,
} from "./due-set.ts";
import { breakerOf, type LaneStatus, RULES, type Rules } from "./lane-rules.ts";
import { entryOf, idOf, memberOf, PARTITIONS, partitionOf } from "./members.ts";

/**
 * A wake-up can be missed while the subscription reconnects; then this is how late a task may be, in ms. It also finds leases
 * that ran out where nothing else was due: at least four times per lease.
 */
const SAFETY_POLL_MS = 1_000;
const WAKE_CHANNEL = "bida:wake";
/** Arguments of one script call; Lua's stack takes no more than about 8000. */
const CHUNK = 1_000;

/** Scripts after which there may be more to claim. */
const CHANGES = new Set(["move", "configure"]);
/** Scripts that tell, by the second value of their answer, whether there is. */
const TELLING = new Set(["admit", "settle"]);

type Script = (...args: (string | number)[]) => Promise<(string | number)[]>;

export class RedisDueSet implements DueSet {
  readonly clock = new SyncedClock();
  readonly #options: DueSetOptions;
  readonly #redis: Redis;
  readonly #subscriber: Redis;
  readonly #listeners: (() => void)[] = [];
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #poll: NodeJS.Timeout;
  /** Partitions that may have something to give. */
  readonly #hot = new Set<number>();
  /** Where the next claim begins, so that partitions take turns too. */
  #turn = 0;
  readonly full = false;
  #recovered = 0;

  /** Connects in the background; calls before that are refused as `unavailable`. */
  constructor(url: string, options: DueSetOptions, onConnection: (up: boolean, error?: Error) => void) {
    this.#options = options;
    this.#redis = connect(url);
    this.#subscriber = connect(url);
    for (const file of readdirSync(new URL("lua/", import.meta.url))) {
      if (!PRELUDES.includes(file))
        this.#redis.defineCommand(scriptName(file), { numberOfKeys: 1, lua: source(file, options.rules) });
    }
    this.#redis.on("ready", () => onConnection(true));
    this.#redis.on("error", (error) => onConnection(false, error));
    this.#subscriber.on("error", () => undefined);
    this.#subscriber.on("ready", () => {
      this.#subscriber.subscribe(WAKE_CHANNEL).then(
        () => this.#wakeAll(),
        () => undefined,
      );
    });
    this.#subscriber.on("message", (_, prefix: string) => this.#heat(Number(/\d+/.exec(prefix)?.[0])));
    this.#poll = setInterval(
      () => {
        this.#wakeAll();
        // It hears nothing for long stretches: only an answer shows that it still could.
        if (this.#subscriber.status === "ready") this.#subscriber.ping().catch(() => undefined);
      },
      Math.min(SAFETY_POLL_MS, options.leaseMs / 4),
    );
  }

  get recovered(): number {
    return this.#recovered;
  }

  async add(entries: DueEntry[]): Promise<number> {
    return (await this.#admit(entries, "", 0)).added;
  }

  async admit(entries: DueEntry[], holder: string, room: number): Promise<DueEntry[]> {
    return (await this.#admit(entries, holder, room)).leased;
  }

  /** All partitions in one round trip; the room is dealt out before, so what one leaves is not another's. */
  async #admit(entries: DueEntry[], holder: string, room: number) {
    const { leaseMs, window } = this.#options;
    const leased: DueEntry[] = [];
    let added = 0;
    let undealt = room;
    const parts = Array.from(
      byPartition(entries, (entry) => entry),
      ([partition, part]) => {
        const dealt = Math.min(part.length, undealt);
        undealt -= dealt;
        return { partition, part, dealt };
      },
    );
    await Promise.all(
      parts.map(async ({ partition, part, dealt }) => {
        let left = dealt;
        for (const chunk of chunks(part, CHUNK / 2)) {
          const members = chunk.map(memberOf);
          const args = chunk.flatMap(({ dueAt }, i) => [members[i] as string, dueAt]);
          const answer = await this.#run("admit", partition, [
            holder,
            left,
            leaseMs,
            window,
            HANDOVER,
            ...args,
          ]);
          const [unknown, ...taken] = answer;
          added += Number(unknown);
          left -= taken.length;
          const known = new Set(taken);
          leased.push(...chunk.filter((_, i) => known.has(members[i] as string)));
        }
      }),
    );
    return { leased, added };
  }

  /**
   * Rounds over the partitions that may have something, an even share of the room each, so that first calls of one
   * partition go before retries of another; until the room is full or nothing is left.
   */
  async claim(holder: string, room: number, firstOnly = false): Promise<DueEntry[]> {
    const taken: DueEntry[] = [];
    /** Partitions that had nothing for this claim. */
    const dry = new Set<number>();
    for (let round = 0; round < PARTITIONS && taken.length < room; round++) {
      const asked = this.#inTurn().filter((partition) => !dry.has(partition));
      if (asked.length === 0) break;
      try {
        taken.push(...(await this.#claimFromAll(asked, dry, holder, room - taken.length, firstOnly)));
      } catch (error) {
        // What was leased already must not be lost to the caller.
        if (taken.length === 0) throw error;
        break;
      }
    }
    return taken;
  }

  async extend(holder: string, entries: DueEntry[]): Promise<DueEntry[]> {
    const timed = (entry: DueEntry) => [memberOf(entry), entry.dueAt];
    const lost = await this.#each("extend", entries, [holder, this.#options.leaseMs], timed);
    return entries.filter((entry) => lost.has(memberOf(entry)));
  }

  async release(holder: string, entries: DueEntry[]): Promise<void> {
    await this.settle(
      holder,
      entries.map((entry) => ({ entry, next: entry, health: null })),
    );
  }

  async settle(holder: string, settlements: Settlement[]): Promise<LaneChange[]> {
    const changes: LaneChange[] = [];
    await Promise.all(
      Array.from(
        byPartition(settlements, ({ entry }) => entry),
        async ([partition, part]) => {
          for (const chunk of chunks(part, CHUNK / 5)) {
            const args = chunk.flatMap(({ entry, next, health }) => [
              memberOf(entry),
              entry.dueAt,
              next ? memberOf(next) : "",
              next?.dueAt ?? 0,
              health ?? "",
            ]);
            const answer = await this.#run("settle", partition, [holder, this.#options.window, ...args]);
            for (const [breaker, ...status] of chunks(answer, 8)) {
              const [lane, known] = statusOf(status, this.clock.now());
              changes.push({ lane, breaker: breaker as LaneChange["breaker"], status: known });
            }
          }
        },
      ),
    );
    return changes;
  }

  async move(entry: DueEntry): Promise<boolean> {
    const args = [memberOf(entry), entry.dueAt];
    const [moved] = await this.#run("move", partitionOf(entry), args);
    return moved === 1;
  }

  async remove(entries: DueEntry[]): Promise<void> {
    await this.#each("remove", entries, []);
  }

  async leasedAmong(entries: DueEntry[]): Promise<Set<TaskId>> {
    return new Set(Array.from(await this.#each("leased", entries, []), (member) => idOf(String(member))));
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

  async configure(lane: Lane, settings: DestinationSettings): Promise<void> {
    const { paused, concurrency, ratePerSecond, breaker } = settings;
    const text = [Number(paused), concurrency ?? 0, ratePerSecond ?? 0, Number(breaker)].join(" ");
    await this.#run("configure", partitionOf({ lane }), [lane, text]);
  }

  async resetBreaker(lane: Lane): Promise<void> {
    await this.#run("configure", partitionOf({ lane }), [lane, ""]);
  }

  async lanes(lanes: Lane[]): Promise<Map<Lane, LaneStatus>> {
    const found = await Promise.all(
      Array.from(
        byPartition(lanes, (lane) => ({ lane })),
        async ([partition, part]) => {
          const answer = await this.#run("lanes", partition, [this.#options.window, ...part]);
          return Array.from(chunks(answer, 7), (status) => statusOf(status, this.clock.now()));
        },
      ),
    );
    return new Map(found.flat());
  }

  async troubledLanes(): Promise<Lane[]> {
    const { window } = this.#options;
    const all = await Promise.all(PARTITION_NUMBERS.map((i) => this.#run("lanes", i, [window])));
    return all.flat() as Lane[];
  }

  async intact(): Promise<boolean> {
    const all = await Promise.all(PARTITION_NUMBERS.map((partition) => this.#run("inspect", partition, [0])));
    return all.every((one) => one[3] === 1);
  }

  async markRebuilt(): Promise<void> {
    await Promise.all(PARTITION_NUMBERS.map((partition) => this.#run("inspect", partition, [1])));
  }

  onWake(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    clearInterval(this.#poll);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#listeners.length = 0;
    this.#subscriber.disconnect();
    this.#redis.disconnect();
  }

  /** Shares `room` evenly; with less room than partitions the first ones are asked. They are asked in one pipeline. */
  async #claimFromAll(
    partitions: number[],
    dry: Set<number>,
    holder: string,
    room: number,
    firstOnly: boolean,
  ): Promise<DueEntry[]> {
    const share = Math.ceil(room / partitions.length);
    const asked = partitions.slice(0, Math.ceil(room / share));
    const answers = await Promise.allSettled(
      asked.map(async (partition, i) => {
        const part = await this.#claimFrom(partition, holder, Math.min(share, room - i * share), firstOnly);
        if (part.length === 0) dry.add(partition);
        return part;
      }),
    );
    const taken = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    const failure = answers.find((answer) => answer.status === "rejected");
    if (failure && taken.length === 0) throw failure.reason;
    return taken;
  }

  async #claimFrom(partition: number, holder: string, room: number, firstOnly: boolean): Promise<DueEntry[]> {
    const { leaseMs, window } = this.#options;
    const args = [holder, room, Number(firstOnly), leaseMs, window, QUANTUM, RETRY_SHARE];
    this.#hot.delete(partition);
    try {
      const [idleFor, recovered, ...flat] = await this.#run("claim", partition, args);
      this.#recovered += Number(recovered);
      clearTimeout(this.#timers.get(partition));
      if (idleFor === 0) this.#hot.add(partition);
      else if (Number(idleFor) > 0) this.#alarm(partition, Number(idleFor));
      const entries: DueEntry[] = [];
      for (let i = 0; i < flat.length; i += 2) entries.push(entryOf(String(flat[i]), Number(flat[i + 1])));
      return entries;
    } catch (error) {
      this.#hot.add(partition);
      throw error;
    }
  }

  /** Runs a script over entries, in chunks per partition. @returns all members of the answers */
  async #each(
    script: string,
    entries: DueEntry[],
    head: (string | number)[],
    argsOf: (entry: DueEntry) => (string | number)[] = (entry) => [memberOf(entry)],
  ): Promise<Set<string | number>> {
    const found = new Set<string | number>();
    await Promise.all(
      Array.from(
        byPartition(entries, (entry) => entry),
        async ([partition, part]) => {
          for (const chunk of chunks(part, CHUNK / 2)) {
            for (const one of await this.#run(script, partition, [...head, ...chunk.flatMap(argsOf)]))
              found.add(one);
          }
        },
      ),
    );
    return found;
  }

  /** @returns the answer without what this class keeps for itself: Redis's clock, and whether there is more to claim */
  async #run(script: string, partition: number, args: (string | number)[]): Promise<(string | number)[]> {
    const call = (this.#redis as unknown as Record<string, Script>)[scriptName(script)] as Script;
    const sentAt = this.clock.local();
    let answer: (string | number)[];
    try {
      answer = await call.call(this.#redis, `bida:{${partition}}:`, ...args);
    } catch (error) {
      throw new BidaError("unavailable", "Redis does not answer", { cause: error });
    }
    this.clock.sample(sentAt, this.clock.local(), Number(answer[0]) / 1000);
    // Our own change; the wake-up that Redis publishes takes a moment longer.
    const tells = TELLING.has(script);
    if (tells ? answer[1] === 1 : CHANGES.has(script)) this.#hot.add(partition);
    return answer.slice(tells ? 2 : 1);
  }

  #alarm(partition: number, wait: number): void {
    const timer = setTimeout(() => this.#heat(partition), Math.min(wait, 2 ** 31 - 1));
    this.#timers.set(partition, timer);
  }

  #heat(partition: number): void {
    this.#hot.add(partition);
    for (const listener of this.#listeners) listener();
  }

  #wakeAll(): void {
    for (const partition of PARTITION_NUMBERS) this.#hot.add(partition);
    for (const listener of this.#listeners) listener();
  }

  /** The partitions to ask, beginning with another one each time. */
  #inTurn(): number[] {
    const first = this.#turn++;
    return PARTITION_NUMBERS.map((i) => (i + first) % PARTITIONS).filter((partition) =>
      this.#hot.has(partition),
    );
  }
}

const PARTITION_NUMBERS = Array.from({ length: PARTITIONS }, (_, i) => i);

/** No queue of commands while disconnected, and no silent repetition: a script that timed out may have run. */
function connect(url: string): Redis {
  return new Redis(url, {
    enableOfflineQueue: false,
    // What is asked in one turn of the event loop, one script per partition, is one packet each way.
    enableAutoPipelining: true,
    maxRetriesPerRequest: 0,
    commandTimeout: 3_000,
    // A connection that went silent is given up, not only the command.
    socketTimeout: 3_000,
    connectTimeout: 3_000,
    keepAlive: 5_000,
    retryStrategy: (tries) => Math.min(100 * 2 ** Math.min(tries, 5), 2_000),
    autoResubscribe: false,
  });
}

const scriptName = (file: string): string => `bida_${file.replace(".lua", "")}`;

/** Not scripts: put before them. */
const PRELUDES = ["common.lua", "lane.lua"];

function source(file: string, rules: Partial<Rules> = {}): string {
  const numbers = Object.entries({ ...RULES, ...rules }).map(([name, value]) => `${name} = ${value}`);
  const read = (name: string) => readFileSync(new URL(`lua/${name}`, import.meta.url), "utf8");
  return [`local RULES = { ${numbers.join(", ")} }`, ...PRELUDES.map(read), read(file)].join("\n");
}

/** What `status` of lane.lua answers with. */
function statusOf(values: (string | number)[], now: number): [Lane, LaneStatus] {
  const [lane, openUntil, openedAt, failures, window, ready, leased] = values;
  const until = Number(openUntil);
  const status: LaneStatus = {
    breaker: breakerOf({ openUntil: until }, now),
    openedAt: until > 0 ? Number(openedAt) : null,
    openUntil: until > 0 ? until : null,
    failures: Number(failures),
    window: Number(window),
    ready: Number(ready),
    leased: Number(leased),
  };
  return [lane as Lane, status];
}

function byPartition<T>(items: T[], entryOf: (item: T) => { lane: Lane }): Map<number, T[]> {
  return Map.groupBy(items, (item) => partitionOf(entryOf(item)));
}

function* chunks<T>(items: T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
