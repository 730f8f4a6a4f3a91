/** The messages that were made for a channel (`alarm-desk.ts` makes them). Each has a task, which says how its delivery goes. */
import type { Knex } from "knex";
import { epochMs } from "../core/clock.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { ChannelModel, related } from "./models.ts";
import { stateCode } from "./rows.ts";

export const messages = (knex: Knex, webhookId: number) => related(knex, ChannelModel, webhookId, "messages");

/** A page of a channel's messages, newest first; the cursor is the last one's id. */
export async function messagesOf(db: Database, webhookId: number, limit: number, before: TaskId | null) {
  const query = messages(db.knex, webhookId)
    .joinRelated("task")
    .orderBy("alarm_messages.task_id", "desc")
    .limit(limit)
    .select("alarm_messages.*", "task.state", "task.last_error_code", "task.last_error_message");
  if (before !== null) query.where("alarm_messages.task_id", "<", taskIdToBytes(before));
  const rows = await query;
  return rows.map((row) => ({
    taskId: taskIdFromBytes(row.task_id as Uint8Array),
    alarms: row.alarms as number,
    createdAt: epochMs(row.created_at as number),
    state: row.state as number,
    refused: row.refused !== null,
    insteadOf: row.instead_of === null ? null : taskIdFromBytes(row.instead_of as Uint8Array),
    error: row.last_error_code === null ? null : `${row.last_error_code}: ${row.last_error_message ?? ""}`,
  }));
}

/** Messages of a channel that have not ended. */
export async function openMessagesOf(knex: Knex, webhookId: number): Promise<TaskId[]> {
  const rows = await messages(knex, webhookId)
    .joinRelated("task")
    .where("task.state", stateCode("pending"))
    .select("alarm_messages.task_id");
  return rows.map((row) => taskIdFromBytes(row.task_id as Uint8Array));
}
