/** Alarms' tasks name their channel only. The address, with its token and a fresh signature, is added for each call. */
import type { Logger } from "moleculer";
import { ALARM_APP_ID } from "../../core/alarm/alarm.ts";
import { type Addressed, addressed } from "../../core/alarm/channel.ts";
import type { TaskId } from "../../core/ids.ts";
import { channelsOfMessages } from "../../store/alarms.ts";
import type { StoredTask } from "../../store/rows.ts";
import { listWebhooks } from "../../store/webhooks.ts";
import type { Resources } from "../node/resources.ts";

/**
 * @returns what each alarm's call needs; those whose channel is gone, or does not open with our key, are missing
 * @throws BidaError unavailable
 */
export async function addressAlarms(
  { db, box, clock }: Resources,
  tasks: StoredTask[],
  log: Logger,
): Promise<Map<TaskId, Addressed>> {
  const alarms = tasks.filter(({ appId }) => appId === ALARM_APP_ID);
  const ready = new Map<TaskId, Addressed>();
  if (alarms.length === 0) return ready;
  const channelOf = await channelsOfMessages(
    db,
    alarms.map(({ taskId }) => taskId),
  );
  const channels = new Map((await listWebhooks(db, box)).map((channel) => [channel.id, channel]));
  for (const { taskId, body } of alarms) {
    const channel = channels.get(channelOf.get(taskId) ?? 0);
    if (!channel) continue;
    const { spec, opened } = channel;
    if (opened) {
      try {
        ready.set(taskId, addressed(spec, body ?? "", clock.now()));
      } catch (error) {
        const meanwhile = "it waits; other messages go on";
        const err = (error as Error).message;
        log.error({ taskId, channel: spec.name, err, meanwhile }, "a message cannot be made");
      }
    } else {
      const meanwhile = "its alarms wait";
      log.error({ channel: spec.name, meanwhile }, "channel does not open: wrong BIDA_SECRET_KEY?");
    }
  }
  return ready;
}
