/** The far side, a process of its own: answers at once, and keeps a ledger of when each task's calls arrived. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "../kit/child.ts";
import { now } from "../kit/clock.ts";
import { type Behaviour, fails } from "./work.ts";

/** Calls of a round, by the number of the task. Times are of `kit/clock.ts`; 0: none. */
export interface Ledger {
  first: Float64Array;
  /** When the first call was answered with a failure. */
  failed: Float64Array;
  second: Float64Array;
  last: Float64Array;
  calls: Uint16Array;
  succeeded: Uint16Array;
}

interface Round extends Ledger {
  /** Tasks of which a call succeeded. */
  done: number;
  wanted: number;
  reached: () => void;
}

const rounds = new Map<number, Round>();
const ANSWER = Buffer.from("ok");

const server = createServer({ keepAliveTimeout: 300_000 }, (request, response) => {
  const at = now();
  // Every address of 127.0.0.0/8 is listened on, and nobody else's.
  if (!/^(::ffff:)?127\./.test(request.socket.remoteAddress ?? "")) return void request.destroy();
  const [, number, behaviour, seq] = (request.url ?? "").split("/");
  request.resume();
  // A caller may have a long body under way: answered before its end, some callers close the connection.
  if (request.headers["content-length"] !== undefined && Number(request.headers["content-length"]) > 4096)
    request.once("end", () => answer(response, Number(number), behaviour as Behaviour, Number(seq), at));
  else answer(response, Number(number), behaviour as Behaviour, Number(seq), at);
});

function answer(
  response: ServerResponse,
  number: number,
  behaviour: Behaviour,
  seq: number,
  at: number,
): void {
  const round = rounds.get(number);
  if (!round) return void response.writeHead(200).end(ANSWER);
  const call = (round.calls[seq] as number) + 1;
  round.calls[seq] = call;
  if (call === 1) round.first[seq] = at;
  else if (call === 2) round.second[seq] = at;
  round.last[seq] = at;
  if (behaviour === "hang") return;
  if (fails(behaviour, seq, call)) {
    if (call === 1) round.failed[seq] = now();
    return void response.writeHead(500).end(ANSWER);
  }
  const succeeded = (round.succeeded[seq] as number) + 1;
  round.succeeded[seq] = succeeded;
  if (succeeded === 1) round.done++;
  if (succeeded === 1 && round.done === round.wanted) round.reached();
  response.writeHead(200, { "content-length": ANSWER.length }).end(ANSWER);
}

serve({
  start: () =>
    new Promise((resolve) =>
      server.listen(0, "0.0.0.0", 4096, () => resolve((server.address() as AddressInfo).port)),
    ),
  open({ round, capacity }: { round: number; capacity: number }) {
    const times = () => new Float64Array(capacity);
    rounds.set(round, {
      first: times(),
      failed: times(),
      second: times(),
      last: times(),
      calls: new Uint16Array(capacity),
      succeeded: new Uint16Array(capacity),
      done: 0,
      wanted: -1,
      reached: () => undefined,
    });
  },
  /** Resolves once so many tasks succeeded: true; false where that takes too long. */
  wait({ round, tasks, withinMs }: { round: number; tasks: number; withinMs: number }) {
    const open = rounds.get(round) as Round;
    if (open.done >= tasks) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      open.wanted = tasks;
      open.reached = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  },
  /** How many succeeded so far. */
  done: ({ round }: { round: number }) => rounds.get(round)?.done,
  /** Gives the ledger out and forgets it. */
  close({ round }: { round: number }): Ledger {
    const { first, failed, second, last, calls, succeeded } = rounds.get(round) as Round;
    rounds.delete(round);
    return { first, failed, second, last, calls, succeeded };
  },
});
