/** Answers requests: a task is committed before its id goes out, as at every other entrance. */
import { hash } from "node:crypto";
import type { Logger, ServiceBroker } from "moleculer";
import {
  exceptionAnswer,
  genericExceptionAnswer,
  PROTOCOL_VERSION,
  problemAnswer,
  rawAnswer,
  textAnswer,
} from "../../core/dubbo/answer.ts";
import { taskText, type Wanted, wantedBy } from "../../core/dubbo/callback-service.ts";
import { STATUS, type Status } from "../../core/dubbo/frame.ts";
import { Repetitions } from "../../core/dubbo/repetitions.ts";
import { type Invocation, readInvocation } from "../../core/dubbo/request.ts";
import { BidaError } from "../../core/errors.ts";
import { HessianError } from "../../core/hessian/values.ts";
import { newTaskId, type TaskId } from "../../core/ids.ts";
import { legacyRefusal } from "../../core/legacy.ts";
import { refusals } from "../../core/metrics.ts";
import type { Scope } from "../../store/scope.ts";
import { submit } from "../tasks/submit.ts";
import type { Answer, Responder } from "./connection.ts";

export interface DeskOptions {
  broker: ServiceBroker;
  log: Logger;
  /** Who the tasks belong to. @throws BidaError where the app may not hand over tasks just now */
  owner(sourceIp: string): Scope;
  now(): number;
  /** See {@link Standstill}. */
  delay(): number;
}

/** Dubbo's default of a consumer, in ms; each request tells the consumer's own. */
const DEFAULT_TIMEOUT = 1_000;

/** A task that a consumer hands over, and what became of it. */
interface Handed {
  taskId: TaskId;
  /** Null: it failed, and a repetition tries again, under the same id. */
  outcome: Promise<string> | null;
}

/** What answers the requests of one connection. */
export function responder(options: DeskOptions, sourceIp: string): Responder {
  const { broker, log, owner, now, delay } = options;
  const repetitions = new Repetitions<Handed>();

  return async (body) => {
    let invocation: Invocation;
    try {
      invocation = readInvocation(body);
    } catch (error) {
      if (!(error instanceof HessianError)) return refusal(error, PROTOCOL_VERSION, false);
      return problem("invalid_body", STATUS.BAD_REQUEST, `Fail to decode request due to: ${error.message}`);
    }
    const wanted = wantedBy(invocation);
    switch (wanted.kind) {
      case "unknown":
        return problem("not_found", STATUS.SERVICE_ERROR, wanted.reason);
      case "echo":
        return { status: STATUS.OK, body: rawAnswer(invocation.dubbo, invocation.rawArgs) };
      case "call":
        return called(invocation, wanted);
    }
  };

  async function called(invocation: Invocation, wanted: Wanted & { kind: "call" }): Promise<Answer> {
    const { dubbo } = invocation;
    try {
      const taskId = await handOver(invocation, taskText(wanted.task));
      return { status: STATUS.OK, body: textAnswer(dubbo, taskId) };
    } catch (error) {
      return refusal(error, dubbo, wanted.isGeneric);
    }
  }

  async function handOver({ method, rawArgs, attachments }: Invocation, text: string): Promise<string> {
    const key = hash("sha256", Buffer.concat([Buffer.from(`${method}\n`), rawArgs]), "base64");
    const readAt = now();
    let handed = repetitions.find(key, readAt);
    if (handed === null) {
      handed = { taskId: newTaskId(), outcome: null };
      const timeout = Number(attachments.get("timeout")) || DEFAULT_TIMEOUT;
      repetitions.add(key, handed, readAt, { delay: delay(), timeout });
    }
    handed.outcome ??= handedOver(handed, text);
    try {
      return await handed.outcome;
    } finally {
      repetitions.answered(key, handed, now());
    }
  }

  async function handedOver(handed: Handed, text: string): Promise<string> {
    try {
      const meta = { scope: owner(sourceIp), sourceIp };
      return (await submit(broker, "legacy", text, meta, handed.taskId)).taskId;
    } catch (error) {
      handed.outcome = null;
      throw error;
    }
  }

  /** What is wrong with the task is an exception; what is wrong with us is a status, at which consumers try other providers. */
  function refusal(error: unknown, dubbo: string, isGeneric: boolean): Answer {
    if (error instanceof HessianError) return problem("invalid_task", STATUS.BAD_REQUEST, error.message);
    const told = error instanceof BidaError ? error : new BidaError("internal");
    const { code, status, message } = told;
    if (code === "internal") log.error({ err: error }, "unexpected");
    if (status === 429) return problem(code, STATUS.EXHAUSTED, message);
    if (status >= 500) return problem(code, STATUS.SERVER_ERROR, message);
    refusals.labels("dubbo", code).inc();
    const answer = isGeneric ? genericExceptionAnswer : exceptionAnswer;
    return { status: STATUS.OK, body: answer(dubbo, legacyRefusal(told)) };
  }
}

function problem(code: string, status: Status, text: string): Answer {
  refusals.labels("dubbo", code).inc();
  return { status, body: problemAnswer(text) };
}
