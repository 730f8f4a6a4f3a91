/** The work that is the same for every system: which callback goes where, and how the far side answers it. */

/**
 * How the receiver answers: at once, failing 1 % or 30 % of calls, failing the first call of each task, or never.
 * Which calls fail follows from the task's number and the call's, so it is the same for everyone.
 */
export type Behaviour = "ok" | "f1" | "f30" | "once" | "hang";

/** One round of work. Its number is in every URL, so calls of different rounds are never mixed up. */
export interface Work {
  round: number;
  behaviour: Behaviour;
  /** Characters of payload. */
  payload: number;
  /** Origins that calls are spread over: addresses of 127.0.0.0/8, all of them the receiver. */
  destinations: number;
  /** The first of them. */
  firstDestination: number;
  receiverPort: number;
  retryDelayMs: number;
}

export const FAIL_SHARE: Record<Behaviour, number> = { ok: 0, f1: 0.01, f30: 0.3, once: 0, hang: 0 };

/** The most calls that a task gets: with 30 % failures one of 10^10 would need more. */
export const MAX_CALLS = 20;

/** Whether the receiver fails this call. `call` counts from 1. */
export function fails(behaviour: Behaviour, seq: number, call: number): boolean {
  if (behaviour === "once") return call === 1;
  const share = FAIL_SHARE[behaviour];
  if (share === 0) return false;
  // Knuth's multiplicative hash: spread evenly, and the same in every run.
  return (Math.imul(seq * 31 + call, 2654435761) >>> 0) / 2 ** 32 < share;
}

/** Calls until the first that succeeds. */
export function callsNeeded(behaviour: Behaviour, seq: number): number {
  let call = 1;
  while (fails(behaviour, seq, call)) call++;
  return call;
}

/** 127.0.0.2 and up: every address of 127.0.0.0/8 is this machine. */
export function originOf({ destinations, firstDestination, receiverPort }: Work, seq: number): string {
  const i = (seq % destinations) + firstDestination + 2;
  return `http://127.0.${i >> 8}.${i & 255}:${receiverPort}`;
}

export const pathOf = ({ round, behaviour }: Work, seq: number): string => `/${round}/${behaviour}/${seq}`;
export const urlOf = (work: Work, seq: number): string => originOf(work, seq) + pathOf(work, seq);

/** The task's number, of a URL or path of {@link urlOf}. */
export const seqOf = (url: string): number => Number(url.slice(url.lastIndexOf("/") + 1));

/** What each task carries, as the object that becomes the body of its call. */
export const paramOf = ({ payload }: Work): { data: string } => ({ data: "x".repeat(payload) });

/** Writes tasks as JSON in Bida's form, which the stacks of peers take too. */
export function taskWriter(work: Work): (seq: number) => string {
  const rest = JSON.stringify({
    requestMethod: "POST",
    requestParam: paramOf(work),
    limitCallCount: MAX_CALLS,
    retry: { strategy: "fixed", delayMs: work.retryDelayMs },
  }).slice(1);
  return (seq) => `{"url":"${urlOf(work, seq)}",${rest}`;
}
