/** The test button: a sample goes out now, past queue and history, by the code that delivers alarms. */
import { AnswerRoom } from "../../actors/answer-room.ts";
import { Connections } from "../../actors/connections.ts";
import { type DeliveryContext, deliver } from "../../actors/delivery.ts";
import { guardedConnector } from "../../actors/egress.ts";
import { NameResolver } from "../../actors/names/resolver.ts";
import { OutboundProxy } from "../../actors/proxy.ts";
import { ALARM_APP_ID } from "../../core/alarm/alarm.ts";
import { addressed, type ChannelSpec, destinationOf, secretsOf } from "../../core/alarm/channel.ts";
import { withoutSecrets } from "../../core/alarm/mask.ts";
import { messageTask } from "../../core/alarm/message.ts";
import { sizesOf } from "../../core/alarm/sizes.ts";
import type { WebhookTest } from "../../core/contract.ts";
import type { EgressPolicy } from "../../core/egress.ts";
import { newTaskId, originOf } from "../../core/ids.ts";
import type { Job } from "../../core/job.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import type { Resources } from "../node/resources.ts";
import { sample } from "./samples.ts";

/** Of the answer's body, in characters. */
const SHOWN = 4_096;

/** Sends a sample and says what came back. Never throws: what goes wrong is the answer. */
export async function tryChannel(
  { config, clock }: Resources,
  node: string,
  egress: EgressPolicy,
  spec: ChannelSpec,
): Promise<WebhookTest> {
  const now = clock.now();
  const { start: _, ...task } = messageTask(spec, sample(now), config.publicUrl, config.timeZone);
  const call = addressed(spec, task.body ?? "", now);
  const names = new NameResolver({ servers: config.dnsServers });
  const connector = guardedConnector(egress, {
    names,
    proxy: config.egressProxy === null ? null : new OutboundProxy(config.egressProxy, names),
  });
  const job: Job = {
    ...task,
    taskId: newTaskId(),
    lane: destinationOf(spec).lane,
    app: ALARM_APP_ID,
    first: true,
    dueAt: now,
    n: 1,
    ...call,
    secrets: [],
  };
  const connections = new Connections(originOf(call.url), { connector });
  const context: DeliveryContext = { connections, connector, clock, node, answers: new AnswerRoom() };
  const end = await deliver(job, context).finally(() => connections.destroy());
  const attempt = "failure" in end ? null : end.attempt;
  const error = "failure" in end ? end.error : (attempt?.error ?? null);
  const clean = (text: string) => withoutSecrets(text, secretsOf(spec));
  return {
    succeeded: attempt?.outcome === "succeeded",
    statusCode: attempt?.statusCode ?? null,
    body: attempt?.responseBody == null ? null : clean(readable(attempt)).slice(0, SHOWN).toWellFormed(),
    errorCode: error?.code ?? null,
    errorMessage: error ? clean(error.message) : null,
    durationMs: attempt?.durationMs ?? 0,
    sent: {
      body: clean(call.body),
      bytes: Buffer.byteLength(call.body),
      sizes: sizesOf(spec.type, call.body),
    },
  };
}

/** What is no text is shown as far as it can be read: secrets in it must not hide in base64. */
const readable = ({ responseBody, responseEncoding }: AttemptRecord): string =>
  responseEncoding === "base64" ? Buffer.from(responseBody ?? "", "base64").toString() : (responseBody ?? "");
