/** Objection models, for everything off the hot paths. */
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

export class AttemptModel extends RowModel {
  static override tableName = "attempts";
  static override idColumn = ["task_id", "n"];
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

/** A query on `model` over `db`; results are {@link Row}s. */
export function from<M extends typeof RowModel>(db: Database, model: M) {
  return model.query(db.knex) as unknown as QueryBuilder<Model & Row, (Model & Row)[]>;
}
