/** Destinations as the due set in Redis knows them: what operators set, and what their calls have shown. */
import type { Clock } from "../core/clock.ts";
import type { DestinationSettings } from "../core/destination.ts";
import type { Lane } from "../core/ids.ts";
import { breakerOf, type LaneStatus } from "./lane-rules.ts";
import { byPartition, PARTITION_NUMBERS, partitionOf } from "./members.ts";
import { chunks, type RunScript, type Values } from "./redis-scripts.ts";

/** Values of a lane's status in a script's answer. */
const STATUS_VALUES = 7;

export class RedisLanes {
  readonly #run: RunScript;
  readonly #window: number;
  readonly #clock: Clock;

  constructor(run: RunScript, window: number, clock: Clock) {
    this.#run = run;
    this.#window = window;
    this.#clock = clock;
  }

  async configure(lane: Lane, settings: DestinationSettings): Promise<void> {
    const { paused, concurrency, ratePerSecond, breaker } = settings;
    const text = [Number(paused), concurrency ?? 0, ratePerSecond ?? 0, Number(breaker)].join(" ");
    await this.#run("configure", partitionOf({ lane }), [lane, text]);
  }

  async resetBreaker(lane: Lane): Promise<void> {
    await this.#run("configure", partitionOf({ lane }), [lane, ""]);
  }

  async find(lanes: Lane[]): Promise<Map<Lane, LaneStatus>> {
    const found = await Promise.all(
      Array.from(
        byPartition(lanes, (lane) => ({ lane })),
        async ([partition, part]) => {
          const answer = await this.#run("lanes", partition, [this.#window, ...part]);
          return Array.from(chunks(answer, STATUS_VALUES), (status) => statusOf(status, this.#clock.now()));
        },
      ),
    );
    return new Map(found.flat());
  }

  /** Those whose breaker is not closed. */
  async troubled(): Promise<Lane[]> {
    const all = await Promise.all(PARTITION_NUMBERS.map((i) => this.#run("lanes", i, [this.#window])));
    return all.flat() as Lane[];
  }
}

/** What `status` of lane.lua answers with. */
export function statusOf(values: Values, now: number): [Lane, LaneStatus] {
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
