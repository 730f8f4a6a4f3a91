/**
 * One attempt, start to end. The life of a call is this pipeline; each step takes the record and adds to it, and the
 * first error skips to the end.
 */
import type { Clock, EpochMs } from "../core/clock.ts";
import { millis } from "../core/clock.ts";
import { ACCEPT_ENCODING, ATTEMPT_HEADER } from "../core/headers.ts";
import { type Job, leaseOf, type Outcome } from "../core/job.ts";
import type { Mail } from "../core/mail.ts";
import type { CallError } from "../core/outcome.ts";
import { acceptHeaders, redirectsOf } from "../core/profile.ts";
import { parseRetryAfter } from "../core/retry.ts";
import { sign } from "../core/signature.ts";
import { type RenderedRequest, renderRequest } from "../core/template.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { AnswerRoom } from "./answer-room.ts";
import type { Connections } from "./connections.ts";
import { type Further, furtherOf } from "./further.ts";
import { type CallRequest, type CallResult, callTarget } from "./http-call.ts";
import type { Judge } from "./judge.ts";
import type { Case } from "./judge-protocol.ts";
import { judged } from "./judged.ts";
import type { LocalFailure } from "./local-failure.ts";
import { sendMail } from "./mail.ts";
import type { Connector } from "./opening.ts";
import { MAX_ANSWER_BYTES } from "./reading.ts";
import { callFollowing } from "./redirects.ts";
import type { Sockets } from "./sockets.ts";

export interface DeliveryContext {
  /** To the job's origin. */
  connections: Connections;
  /** The guarded one that they are made with; mail and redirects go through it. */
  connector: Connector;
  /** Those of the whole thread. */
  sockets?: Sockets;
  /** Memory for long answers; of the whole thread. */
  answers?: AnswerRoom;
  clock: Clock;
  /** Name of this node, for the record. */
  node: string;
  /** Default: on this thread, whatever it takes. */
  judge?: Pick<Judge, "judge">;
  /** From here on the thread works on this job, and on no other. */
  works?(job: Job): void;
  /** It waits for something outside. */
  waits?(job: Job): void;
}

/** The call could not be made, through this machine's own fault: there is no attempt. */
export interface NotMade {
  failure: LocalFailure;
  /** What is said of it. */
  error: CallError;
}

/** What is known of an attempt so far. */
interface Delivery {
  job: Job;
  startedAt: EpochMs;
  /** Monotonic ms. */
  startedMono: number;
  /** Until the answer was there. */
  tookMs?: number;
  request?: RenderedRequest;
  headers?: Record<string, string>;
  result?: CallResult;
  /** Reads on; holds memory until it is released. */
  further?: Further | null;
  answer?: Answer;
  error: CallError | null;
}

const USER_AGENT = "Bida/0.1";

/** Makes the attempt. Never rejects. An expired job gives an outcome without an attempt, and no call is made. */
export async function deliver(job: Job, context: DeliveryContext): Promise<Outcome | NotMade> {
  const delivery: Delivery = {
    job,
    startedAt: context.clock.now(),
    startedMono: performance.now(),
    error: null,
  };
  if (job.expiresAt !== null && delivery.startedAt >= job.expiresAt) return expired(job, context.clock);
  try {
    return await made(delivery, context);
  } finally {
    delivery.further?.release();
  }
}

async function made(delivery: Delivery, context: DeliveryContext): Promise<Outcome | NotMade> {
  const { job } = delivery;
  render(delivery);
  signed(delivery);
  if (job.mail) await mailed(delivery, job.mail, context);
  else await call(delivery, context);
  const { local = null, error } = delivery.result ?? {};
  if (local && error) return { failure: local, error };
  // What comes now is no part of the call.
  delivery.tookMs = performance.now() - delivery.startedMono;
  await judgedBy(delivery, context);
  return outcome(delivery, context);
}

function render(delivery: Delivery): void {
  try {
    delivery.request = renderRequest(delivery.job);
  } catch (error) {
    delivery.error = { code: "bad_request", message: (error as Error).message };
  }
}

/** The caller's headers, then ours: receivers may trust what stands there. */
function signed(delivery: Delivery): void {
  const { job, request, error } = delivery;
  if (error || !request) return;
  const seconds = Math.floor(delivery.startedAt / 1000);
  const headers: Record<string, string> = {
    "user-agent": USER_AGENT,
    ...acceptHeaders(job.profile ?? null, ACCEPT_ENCODING),
  };
  if (request.contentType !== null) headers["content-type"] = request.contentType;
  for (const [name, value] of Object.entries(job.headers ?? {})) headers[name.toLowerCase()] = value;
  headers["webhook-id"] = job.taskId;
  headers["webhook-timestamp"] = String(seconds);
  headers[ATTEMPT_HEADER] = String(job.n);
  if (job.secrets.length > 0) {
    headers["webhook-signature"] = sign(job.taskId, seconds, request.body ?? "", job.secrets);
  }
  delivery.headers = headers;
}

async function call(delivery: Delivery, context: DeliveryContext): Promise<void> {
  const { job, request, headers, error } = delivery;
  if (error || !request || !headers) return;
  const { connections, connector, sockets, answers = new AnswerRoom() } = context;
  const further = furtherOf(job, request.origin, answers);
  delivery.further = further;
  const asked: CallRequest = {
    method: job.requestMethod,
    path: request.path,
    headers,
    body: request.body,
    timeoutMs: job.timeoutMs,
    keepAlive: job.keepAlive !== false,
    ...(further && { further }),
  };
  const hops = redirectsOf(job.profile ?? null, job.requestMethod);
  const calling =
    hops === 0
      ? callTarget(connections, asked)
      : callFollowing(connections, request, asked, hops, { connector, ...(sockets && { sockets }) });
  const result = await waitedFor(calling, job, context);
  const timeLeft = delivery.startedMono + job.timeoutMs - performance.now();
  const answer = readAnswer(result, timeLeft, further);
  understood(delivery, result, answer instanceof Promise ? await waitedFor(answer, job, context) : answer);
}

/** Nothing is done for the job meanwhile. */
async function waitedFor<T>(result: Promise<T>, job: Job, context: DeliveryContext): Promise<T> {
  context.waits?.(job);
  const value = await result;
  context.works?.(job);
  return value;
}

function understood(delivery: Delivery, result: CallResult, answer: Answer): void {
  delivery.result = result;
  delivery.answer = answer;
  delivery.error = answer.error;
}

async function mailed(delivery: Delivery, mail: Mail, context: DeliveryContext): Promise<void> {
  const { job } = delivery;
  const { taskId, timeoutMs } = job;
  const result = await waitedFor(sendMail(mail, taskId, context.connector, timeoutMs), job, context);
  understood(delivery, result, await readAnswer(result, timeoutMs));
}

async function judgedBy(delivery: Delivery, context: DeliveryContext): Promise<void> {
  const { job, result, answer, error } = delivery;
  if (error || !answer || !result || result.statusCode === null) return;
  const { text: body, isPart, search, lookedAt = MAX_ANSWER_BYTES + 1 } = answer;
  const { expect, expectResult } = job;
  const one: Case = {
    answer: { statusCode: result.statusCode, body, truncated: isPart, lookedAt },
    expect,
    expectResult,
    ...(search && {
      found: [expectResult, expect?.contains].filter((text) => text && search.found(text)) as string[],
    }),
  };
  const verdict = context.judge ? context.judge.judge(job.app, one) : judged(one);
  delivery.error = verdict instanceof Promise ? await waitedFor(verdict, job, context) : verdict;
}

function outcome(
  {
    job,
    request,
    startedAt,
    startedMono,
    tookMs = performance.now() - startedMono,
    result,
    answer,
    error,
  }: Delivery,
  { clock, node }: DeliveryContext,
): Outcome {
  const retryAfter = result?.headers?.["retry-after"];
  const asked =
    result?.statusCode === 429 || result?.statusCode === 503 ? String(retryAfter ?? "") : undefined;
  const answered = result?.statusCode == null ? undefined : answer;
  return {
    ...leaseOf(job),
    n: job.n,
    attempt: {
      n: job.n,
      startedAt,
      durationMs: millis(Math.round(tookMs)),
      outcome: error ? "failed" : "succeeded",
      statusCode: result?.statusCode ?? null,
      error,
      responseHeaders: result?.headers ?? null,
      responseBody: answered?.body ?? null,
      responseEncoding: answered?.encoding ?? "text",
      responseTruncated: answered?.truncated ?? false,
      node,
      retryAfterMs: parseRetryAfter(asked, startedAt),
      phases: result?.phases ?? null,
    },
    endedBy: clock.after(millis(0)),
    ...(job.ordered && { ordered: true }),
    ...(!error && request && { target: request.origin }),
  };
}

/** The record of an attempt that failed inside Bida, not at the target. */
export function crashed(job: Job, error: unknown, context: DeliveryContext): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  const delivery: Delivery = {
    job,
    startedAt: context.clock.now(),
    startedMono: performance.now(),
    error: { code: "crashed", message },
  };
  return outcome(delivery, context);
}

const expired = (job: Job, clock: Clock): Outcome => ({
  ...leaseOf(job),
  n: job.n,
  attempt: null,
  endedBy: clock.after(millis(0)),
});
