/** Messages that their platform refused for what they say: a short one is made in the place of each, once. */
import type { Knex } from "knex";
import type { Digest } from "../core/alarm/notice.ts";
import type { EpochMs } from "../core/clock.ts";
import { newTaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import { acceptWithin, newTask } from "./accept.ts";
import { atDesk, type Composed, digestOf, messageOf } from "./alarm-desk.ts";
import type { Database } from "./database.ts";
import type { StoredTask } from "./rows.ts";

/** Refused messages that are told anew in one transaction. */
const RETOLD_AT_ONCE = 50;

/**
 * @param usable channels that can be used just now; messages of others wait, and hold up none
 * @param compose the short message's task
 * @returns the tasks, of {@link RETOLD_AT_ONCE} messages at most
 */
export async function retellRefused(
  db: Database,
  now: EpochMs,
  usable: number[],
  compose: (webhookId: number, digest: Digest) => Composed,
): Promise<StoredTask[]> {
  const wanted = (knex: Knex) =>
    knex("alarm_messages as m")
      .join("webhooks as w", "w.id", "m.webhook_id")
      .where({ refused: 1, enabled: 1 })
      .whereIn("m.webhook_id", usable);
  if (!(await wanted(db.knex).first("m.task_id"))) return [];
  return atDesk(db, async (trx) => {
    const within = { ...db, knex: trx };
    const rows = await wanted(trx).orderBy("m.task_id").limit(RETOLD_AT_ONCE).select("m.*");
    const tasks: StoredTask[] = [];
    for (const { task_id: former, webhook_id: webhookId, alarms } of rows) {
      await trx("alarm_messages").where("task_id", former).update({ refused: 2 });
      const digest = await digestOf(within, webhookId, taskIdFromBytes(former), alarms);
      // Its alarms are pruned: there is nothing to tell any more.
      if (digest.first.length === 0) continue;
      const taskId = newTaskId();
      const key = taskIdToBytes(taskId);
      await trx("alarm_deliveries")
        .where({ webhook_id: webhookId, message_id: former })
        .update({ message_id: key });
      await trx("alarm_messages").insert({
        ...{ task_id: key, webhook_id: webhookId, alarms, created_at: now, instead_of: former },
      });
      tasks.push(messageOf(taskId, compose(webhookId, digest), now));
    }
    await acceptWithin(
      within,
      tasks.map((task) => newTask(task, null, db.sealing)),
    );
    return tasks;
  });
}
