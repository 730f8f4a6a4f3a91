/**
 * What a receiver does with the calls of one task. It stands in the URL, so receiver, load and verdict agree
 * without talking to each other: `/<kind>/<times>?k=<number>`. The attempts up to `times` meet `kind`; later ones are
 * answered 200. It goes by the attempt's number, so a repeated call meets what the first one met; but `gated` calls hang
 * while the receiver's gate is closed, and are answered 200 when it is open.
 */
import type { LiveAnswer } from "../../e2e/kit/receiver.ts";
import type { Random } from "./random.ts";

/** A kind that never ends well. */
export const ALWAYS = 99;

export const KINDS = [
  "ok",
  "slow",
  "fail",
  "hang",
  "reset",
  "huge",
  "busy",
  "drip",
  "long",
  "gated",
] as const;
export type Kind = (typeof KINDS)[number];

/** One task of the load. Times in ms. */
export interface Plan {
  /** Its place in the load; unique. */
  k: number;
  kind: Kind;
  times: number;
  limit: number;
  /** Between calls. */
  retryMs: number;
  timeoutMs: number;
  /** Before the first call; 0: at once. */
  waitMs: number;
  /** Whether the caller sends an idempotency key and repeats until it has an id. */
  keyed: boolean;
  /** How long the receiver takes for a `long` answer. */
  ms?: number;
  /** What the body is filled up with, in bytes. */
  padding?: number;
}

/** A task that succeeds at its first call, unless `given` says otherwise; for those that faults bring along. */
export function simple(k: number, given: Partial<Plan> = {}): Plan {
  return {
    ...{ k, kind: "ok", times: 1, limit: 20, retryMs: 500, timeoutMs: 5_000, waitMs: 0, keyed: true },
    ...given,
  };
}

/** What a 429 asks for. */
export const RETRY_AFTER_S = 1;

const MIX: [Kind, number][] = [
  ["ok", 58],
  ["slow", 12],
  ["fail", 14],
  ["hang", 3],
  ["reset", 5],
  ["huge", 2],
  ["busy", 3],
  ["drip", 3],
];

/** A task of the usual mix: most succeed at once, some after failures, a few never. */
export function planned(k: number, random: Random): Plan {
  const kind = random.weighted(MIX);
  const hopeless = kind === "fail" && random.next() < 0.25;
  const endsByTimeout = kind === "hang" || kind === "drip";
  return {
    k,
    kind,
    times: hopeless ? ALWAYS : endsByTimeout ? 1 : random.whole(1, 3),
    // Faults use up calls too: enough that a target that will answer is reached all the same.
    limit: hopeless ? random.whole(2, 4) : 20,
    retryMs: random.whole(200, 900),
    timeoutMs: endsByTimeout ? 1_000 : 5_000,
    waitMs: random.next() < 0.2 ? random.whole(500, 5_000) : 0,
    keyed: random.next() < 0.7,
  };
}

export const pathOf = ({ kind, times, k, ms }: Pick<Plan, "kind" | "times" | "k" | "ms">): string =>
  `/${kind}/${times}?k=${k}${ms === undefined ? "" : `&ms=${ms}`}`;

/** `k` of a URL made with {@link pathOf}. */
export const numberIn = (url: string): number => Number(/[?&]k=(\d+)/.exec(url)?.[1] ?? Number.NaN);

/** Whether a call with this number proves success. */
export const succeeds = ({ kind, times }: Pick<Plan, "kind" | "times">, attempt: number): boolean =>
  attempt > times || ["ok", "slow", "huge", "long", "gated"].includes(kind);

/** How long a receiver takes for a slow answer, at most. */
const SLOWEST = 1_200;

/**
 * @param clock the receiver's
 * @param isGated whether `gated` calls hang just now
 */
export function answering(clock: () => number, isGated: () => boolean): LiveAnswer {
  return (res, call) => {
    const [, kind, times] = /^\/([a-z]+)\/(\d+)/.exec(call.path) ?? [];
    const shown = call.attempt <= Number(times) ? (kind as Kind) : "ok";
    const end = (status: number, headers: Record<string, string> = {}, body = "ok") => {
      if (res.destroyed) return;
      // Before the caller can have it: what comes next is never earlier than this says.
      call.endedAt = clock();
      res.writeHead(status, headers).end(body);
    };
    switch (shown) {
      case "slow":
        setTimeout(() => end(200), 200 + ((call.attempt * 397 + call.path.length * 131) % (SLOWEST - 200)));
        break;
      case "fail":
        end(500, {}, "broken");
        break;
      case "hang":
        break;
      case "long":
        setTimeout(() => end(200), Number(/[?&]ms=(\d+)/.exec(call.path)?.[1]));
        break;
      case "gated":
        if (!isGated()) end(200);
        break;
      case "reset":
        call.endedAt = clock();
        res.socket?.resetAndDestroy();
        break;
      case "huge":
        end(200, {}, "x".repeat(2_000_000));
        break;
      case "busy":
        end(429, { "retry-after": String(RETRY_AFTER_S) }, "later");
        break;
      case "drip": {
        res.writeHead(200, { "content-length": "1000" });
        const timer = setInterval(() => res.write("."), 100);
        res.on("close", () => clearInterval(timer));
        break;
      }
      default:
        end(200);
    }
  };
}
