/**
 * The scripts of `lua/` in Redis: one per operation, each on one partition. Every answer begins with Redis's clock and
 * so is a sample of it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { SyncedClock } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { nodeTls, tlsOf, withoutTls } from "../core/server-tls.ts";
import { RULES, type Rules } from "./lane-rules.ts";
import { GIVING_UP, LEADS_ELSEWHERE } from "./redis-options.ts";

/** What a script is given and answers with. */
export type Values = (string | number)[];

/** Runs a script on a partition, and answers without what is for the due set itself. */
export type RunScript = (script: string, partition: number, args: Values) => Promise<Values>;

/** Not scripts: put before them. */
const PRELUDES = ["common.lua", "lane.lua"];

export class RedisScripts {
  /** Redis's. */
  readonly clock: SyncedClock;
  readonly #redis: Redis;
  readonly #onConnection: (up: boolean, error?: Error) => void;
  /** It answers, and takes no writes. */
  #refused = false;

  /**
   * Connects in the background; calls before that are refused as `unavailable`.
   * @param onConnection is told of each change; a server that takes no writes is as good as none
   * @param onJump Redis's clock was set
   */
  constructor(
    url: string,
    rules: Partial<Rules> | undefined,
    onConnection: (up: boolean, error?: Error) => void,
    onJump: () => void,
  ) {
    this.clock = new SyncedClock(onJump);
    this.#redis = connect(url);
    this.#onConnection = onConnection;
    for (const file of readdirSync(new URL("lua/", import.meta.url))) {
      if (!PRELUDES.includes(file))
        this.#redis.defineCommand(commandOf(file), { numberOfKeys: 1, lua: source(file, rules) });
    }
    this.#redis.on("ready", () => {
      if (this.#refused) void this.#tryWriting();
      else onConnection(true);
    });
    this.#redis.on("error", (error) => onConnection(false, error));
  }

  /** @returns the answer, Redis's clock (µs) first. @throws BidaError `unavailable` */
  async run(script: string, partition: number, args: Values): Promise<Values> {
    const call = (this.#redis as unknown as Record<string, Command>)[commandOf(script)] as Command;
    const sentAt = this.clock.local();
    let answer: Values;
    try {
      answer = await call.call(this.#redis, `bida:{${partition}}:`, ...args);
    } catch (error) {
      if (refusesWrites(error as Error)) {
        this.#refused = true;
        this.#onConnection(false, error as Error);
      }
      throw new BidaError("unavailable", "Redis does not answer", { cause: error });
    }
    if (this.#refused) void this.#tryWriting();
    const theirs = Number(answer[0]) / 1000;
    this.clock.sample({ sentAt, receivedAt: this.clock.local(), sentBy: theirs, reached: theirs });
    return answer;
  }

  /** What Redis says of its memory. */
  memory(): Promise<string> {
    return this.#redis.info("memory");
  }

  /** A script may succeed without having written: a replica answers those. */
  async #tryWriting(): Promise<void> {
    try {
      await this.#redis.set("bida:{0}:probe", "", "PX", 1);
    } catch {
      // It is as it was; a connection that leads elsewhere was made anew by this.
      return;
    }
    if (!this.#refused) return;
    this.#refused = false;
    this.#onConnection(true);
  }

  close(): void {
    this.#redis.disconnect();
  }
}

/** A new connection would find the same server in the same state: no disk, no memory, no quorum. */
const TAKES_NONE = /\b(MISCONF|OOM|NOWRITE)\b/;
const refusesWrites = ({ message }: Error): boolean =>
  LEADS_ELSEWHERE.test(message) || TAKES_NONE.test(message);

type Command = (...args: Values) => Promise<Values>;

/** No queue of commands while disconnected. */
export function connect(url: string): Redis {
  const tls = tlsOf(url);
  // The scheme of TLS would leave no room for what is to be said of it.
  return new Redis(withoutTls(url).replace(/^rediss:/, "redis:"), {
    ...GIVING_UP,
    ...(tls && { tls: nodeTls(tls) }),
    enableOfflineQueue: false,
    // What is asked in one turn of the event loop, one script per partition, is one packet each way.
    enableAutoPipelining: true,
    keepAlive: 5_000,
    retryStrategy: (tries) => Math.min(100 * 2 ** Math.min(tries, 5), 2_000),
    autoResubscribe: false,
  });
}

const commandOf = (file: string): string => `bida_${file.replace(".lua", "")}`;

function source(file: string, rules: Partial<Rules> = {}): string {
  const numbers = Object.entries({ ...RULES, ...rules }).map(([name, value]) => `${name} = ${value}`);
  const read = (name: string) => readFileSync(new URL(`lua/${name}`, import.meta.url), "utf8");
  return [`local RULES = { ${numbers.join(", ")} }`, ...PRELUDES.map(read), read(file)].join("\n");
}

/** The arguments of several calls, or the records of an answer. */
export function* chunks<T>(items: T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
