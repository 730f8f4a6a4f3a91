/** Alarms' tasks name their channel only. The address, with its token and a fresh signature, is added for each call. */
import type { Logger } from "moleculer";
import { ALARM_APP_ID } from "../../core/alarm/alarm.ts";
import { type Addressed, addressed } from "../../core/alarm/channel.ts";
import type { TaskId } from "../../core/ids.ts";
import { cancel } from "../../core/task.ts";
import { channelsOfMessages } from "../../store/alarms.ts";
import { changeTask } from "../../store/change.ts";
import { reasonOf } from "../../store/failures.ts";
import type { StoredTask } from "../../store/rows.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { listWebhooks } from "../../store/webhooks.ts";
import type { Resources } from "../node/resources.ts";

/** What each alarm's call needs. Those whose channel does not open with our key are in neither. */
export interface AddressedAlarms {
  ready: Map<TaskId, Addressed>;
  /** Those whose channel is deleted. */
  astray: Set<TaskId>;
}

/** @throws BidaError unavailable */
export async function addressAlarms(
  { db, box, clock }: Resources,
  tasks: StoredTask[],
  log: Logger,
): Promise<AddressedAlarms> {
  const alarms = tasks.filter(({ appId }) => appId === ALARM_APP_ID);
  const ready = new Map<TaskId, Addressed>();
  const astray = new Set<TaskId>();
  if (alarms.length === 0) return { ready, astray };
  const channelOf = await channelsOfMessages(
    db,
    alarms.map(({ taskId }) => taskId),
  );
  const channels = new Map((await listWebhooks(db, box)).map((channel) => [channel.id, channel]));
  for (const { taskId, body } of alarms) {
    const channel = channels.get(channelOf.get(taskId) ?? 0);
    if (!channel) {
      astray.add(taskId);
      continue;
    }
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
  return { ready, astray };
}

/** Ends messages whose channel is deleted: nobody can send them any more. @returns those that have ended */
export async function cancelAstray(
  { db, clock, teller }: Resources,
  astray: ReadonlySet<TaskId>,
  log: Logger,
): Promise<Set<TaskId>> {
  const ended = new Set<TaskId>();
  for (const taskId of astray) {
    const now = clock.now();
    try {
      const { after } = await changeTask(db, EVERYTHING, taskId, now, (task) => cancel(task, now));
      log.warn({ taskId }, "a message is canceled: its channel is deleted");
      teller.tell({ type: "task.canceled", tasks: [after] });
      ended.add(taskId);
    } catch (error) {
      const meanwhile = "it waits; other messages go on";
      log.warn({ taskId, err: reasonOf(error), meanwhile }, "a message without a channel is not canceled");
    }
  }
  return ended;
}
