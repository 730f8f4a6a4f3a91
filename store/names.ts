/** Names of things by their numbers: what the audit log tells of. */
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import type { Row } from "./rows.ts";

interface Named {
  table: string;
  columns: string[];
  nameOf(row: Row): string;
}

const byFirst = (table: string, ...columns: string[]): Named => ({
  ...{ table, columns },
  nameOf: (row) => columns.map((name) => row[name]).find((name) => name) as string,
});

/** What has no name of its own is called by what it is about. */
const byAll = (table: string, ...columns: string[]): Named => ({
  ...{ table, columns },
  nameOf: (row) => aboutOf(columns.map((name) => row[name])),
});

/** Parts beside each other; those that say nothing are left out. */
export const aboutOf = (parts: unknown[]): string =>
  parts.filter((part) => part !== null && part !== undefined && part !== "" && part !== 0).join(" ");

const THINGS = {
  user: byFirst("users", "username"),
  // A deleted app's name is free for another one.
  app: byFirst("apps", "deleted_name", "name"),
  webhook: byFirst("webhooks", "name"),
  view: byFirst("saved_views", "name"),
  mute: byAll("alarm_mutes", "error_code", "source_app_name", "destination"),
  incident: {
    table: "incidents",
    columns: ["kind", "error_code", "status_code", "destination", "subject"],
    nameOf: ({ kind, error_code: code, status_code: status, destination, subject }) =>
      aboutOf([code || kind, status, destination, subject]),
  },
} satisfies Record<string, Named>;

export type NamedThing = keyof typeof THINGS;
export const NAMED = Object.keys(THINGS) as NamedThing[];

/** Of those that have a row; one that says nothing has none. */
export async function namesIn(db: Database, type: NamedThing, ids: number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const { table, columns, nameOf }: Named = THINGS[type];
  const rows = await reading<Row[]>(
    db
      .knex(table)
      .whereIn("id", ids)
      .select("id", ...columns),
  );
  return new Map(
    rows.map((row): [number, string] => [Number(row.id), nameOf(row)]).filter(([, name]) => name),
  );
}
