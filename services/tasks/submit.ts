/**
 * Handing tasks over to a scheduler, under ids of our own: to another one too, where the first is dead. What
 * several callers of the REST API hand over in one turn of the event loop travels in one message: a message costs
 * about as much as everything else that is done for a request.
 */
import type { ServiceBroker } from "moleculer";
import { Batcher } from "../../core/batcher.ts";
import type { BatchResult, Submission, SubmissionResult } from "../../core/contract.ts";
import { newTaskId, type TaskId } from "../../core/ids.ts";
import { EVERYTHING, ownerOf } from "../../store/scope.ts";
import { askOneUnlessDead } from "../bus/peers.ts";
import type { CallMeta } from "../bus/types.ts";
import { refusalFrom } from "../bus/wire-errors.ts";
import { batchOfText } from "./task-text.ts";

/** A scheduler that takes longer than this to commit is asked whether it is alive, in ms. */
const PATIENCE = 2_000;
/** For the answer to a batch of a caller's, in ms. */
const BATCH_TIMEOUT = 30_000;

/** One message takes at most this; NATS's limit is 1 MiB, beyond which packets are cut. */
const MAX_ITEMS = 250;
const MAX_BYTES = 512 * 1024;

/**
 * One task.
 * @param form whose rules check it: v1's or kkbida's
 * @param taskId given where the same submission may have been sent before
 * @throws BidaError the task's own refusal, `unavailable` where no scheduler answers
 */
export async function submit(
  broker: ServiceBroker,
  form: Submission["form"],
  task: string,
  meta: CallMeta & Required<Pick<CallMeta, "scope">>,
  taskId: TaskId = newTaskId(),
): Promise<{ taskId: string }> {
  const submission: Submission = {
    form,
    task,
    taskId,
    appId: ownerOf(meta.scope),
    sourceIp: meta.sourceIp ?? null,
    idempotencyKey: meta.idempotencyKey ?? null,
    requestId: meta.requestId ?? null,
  };
  const result = await batcherOf(broker).add(submission);
  if ("refusal" in result) throw refusalFrom(result.refusal);
  return result;
}

/**
 * The batch of one caller.
 * @param batch as the caller wrote it
 * @throws BidaError invalid_json, invalid_task; unavailable
 */
export async function submitBatch(
  broker: ServiceBroker,
  batch: string,
  meta: CallMeta,
): Promise<{ results: BatchResult[] }> {
  const tasks = await batchOfText(batch);
  const options = { meta: { ...meta, taskIds: tasks.map(() => newTaskId()) }, timeout: BATCH_TIMEOUT };
  return askOneUnlessDead(broker, "scheduler.submitBatch", { tasks }, PATIENCE, options);
}

/**
 * Messages begin at least so far apart, in ms: one message costs as much CPU time as what is done for several tasks, and at
 * a thousand tasks per second the time that is saved shortens queues by more than it takes (docs/performance.md).
 */
const GAP = 4;

type Submitter = Batcher<Submission, SubmissionResult>;
const batchers = new WeakMap<ServiceBroker, Submitter>();

function batcherOf(broker: ServiceBroker): Submitter {
  const batcher = batchers.get(broker) ?? submitterOf(broker);
  batchers.set(broker, batcher);
  return batcher;
}

/** For whom is said item by item; a call without a scope would count its refusals, which the API counts. */
const OPTIONS = { meta: { scope: EVERYTHING } };

function submitterOf(broker: ServiceBroker): Submitter {
  return new Batcher<Submission, SubmissionResult>({
    flush: async (items) =>
      (await askOneUnlessDead(broker, "scheduler.submitMany", { items }, PATIENCE, OPTIONS)).results,
    maxItems: MAX_ITEMS,
    maxBytes: MAX_BYTES,
    // Quotes are escaped once more in a message.
    sizeOf: ({ task }) => task.length * 1.2,
    gapMs: GAP,
    // Waiting for an answer would make larger messages and longer waits; schedulers have their own group commit, and
    // say when too much waits there.
    concurrency: Number.POSITIVE_INFINITY,
    maxWaiting: Number.POSITIVE_INFINITY,
  });
}
