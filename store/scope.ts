/** Who asks. Every query on tasks goes through {@link scoped}: there is no other way to a row. */
import type { Model, QueryBuilder } from "objection";
import type { Database } from "./database.ts";
import { from, TaskModel } from "./models.ts";
import type { Row } from "./rows.ts";

export interface Scope {
  /** Tasks this app accepted are the only ones that exist. Null: a user, who sees all. */
  appId: number | null;
}

/** Sees all: users, and the engine itself. */
export const EVERYTHING: Scope = { appId: null };

/** A query on the tasks that exist for `scope`. */
export function scoped(db: Database, scope: Scope): QueryBuilder<Model & Row, (Model & Row)[]> {
  const query = from(db, TaskModel);
  return scope.appId === null ? query : query.where("app_id", scope.appId);
}

/** The app that new tasks of this scope belong to. */
export const ownerOf = (scope: Scope): number => scope.appId ?? 0;
