/**
 * Objection models, for what is read off the hot paths: which tables there are, what their keys are, and how they belong
 * together, said once. What is written, and what is read by the thousand, is SQL (docs/architecture.md).
 */
import type { Knex } from "knex";
import { Model, type QueryBuilder } from "objection";
import type { Database } from "./database.ts";
import type { Row } from "./rows.ts";

/** Rows come out raw; `rows.ts` decodes them. */
class RowModel extends Model {
  static override useLimitInFirst = true;
}

export class TaskModel extends RowModel {
  static override tableName = "tasks";
  static override idColumn = "task_id";
}

export class AppModel extends RowModel {
  static override tableName = "apps";
  static override idColumn = "id";
}

export class DestinationModel extends RowModel {
  static override tableName = "destinations";
  static override idColumn = "lane";
}

export class UserModel extends RowModel {
  static override tableName = "users";
  static override idColumn = "id";
}

export class SessionModel extends RowModel {
  static override tableName = "sessions";
  static override idColumn = "token_hash";
  static override relationMappings = () => ({
    user: {
      relation: Model.BelongsToOneRelation,
      modelClass: UserModel,
      join: { from: "sessions.user_id", to: "users.id" },
    },
  });
}

/** A channel of alarms. */
export class ChannelModel extends RowModel {
  static override tableName = "webhooks";
  static override idColumn = "id";
  static override relationMappings = () => ({
    messages: {
      relation: Model.HasManyRelation,
      modelClass: MessageModel,
      join: { from: "webhooks.id", to: "alarm_messages.webhook_id" },
    },
  });
}

/** A message to a channel; its delivery is a task's. */
export class MessageModel extends RowModel {
  static override tableName = "alarm_messages";
  static override idColumn = "task_id";
  static override relationMappings = () => ({
    task: {
      relation: Model.BelongsToOneRelation,
      modelClass: TaskModel,
      join: { from: "alarm_messages.task_id", to: "tasks.task_id" },
    },
  });
}

/** A query on `model` over `db`; results are {@link Row}s. */
export function from<M extends typeof RowModel>(db: Database, model: M) {
  return model.query(db.knex) as unknown as Query;
}

/** A query on what belongs to the row of `model` whose key is `id`. */
export function related<M extends typeof RowModel>(knex: Knex, model: M, id: number, relation: string) {
  return model.relatedQuery(relation, knex).for(id) as unknown as Query;
}

type Query = QueryBuilder<Model & Row, (Model & Row)[]>;
