/** Views of lists that all users share. A small table: it is read as a whole. */
import { type EpochMs, iso } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { MAX_VIEWS, type SavedView, type SavedViewRequest, type ViewPage } from "../core/saved-view.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import type { Row } from "./rows.ts";
import { ifFree } from "./taken.ts";

/** What a list shows at most: ten users with all that each may have. */
const MOST = 1_000;

/** In order of their names. */
export async function listViews(db: Database, page: ViewPage): Promise<SavedView[]> {
  const rows = await reading<Row[]>(db.knex("saved_views").where({ page }).orderBy("name").limit(MOST));
  return rows.map(fromRow);
}

/** @throws BidaError conflict where the name is taken, and for one view too many of one owner */
export async function addView(
  within: Database,
  { page, name, query }: SavedViewRequest,
  owner: SavedView["owner"],
  now: EpochMs,
): Promise<SavedView> {
  const { knex } = within;
  const [own] = await knex("saved_views").where("owner_id", owner.id).count({ n: "*" });
  if (Number(own?.n) >= MAX_VIEWS)
    throw new BidaError("conflict", `A user may have ${MAX_VIEWS} saved views; delete one first`);
  const row = { page, name, query, owner_id: owner.id, owner_name: owner.name };
  const [id] = (await ifFree(
    "a view",
    "name",
    name,
    knex("saved_views").insert({ ...row, created_at: now, updated_at: now }),
  )) as [number];
  return { id, page, name, query, owner, createdAt: iso(now), updatedAt: iso(now) };
}

/** Locks one. @throws BidaError not_found */
export async function lockView(within: Database, id: number): Promise<SavedView> {
  const row = await within.knex("saved_views").where({ id }).forUpdate().first();
  if (!row) throw new BidaError("not_found", "No such view");
  return fromRow(row);
}

/** @throws BidaError conflict where the name is taken */
export async function writeView(
  within: Database,
  view: SavedView,
  change: Partial<Pick<SavedView, "name" | "query">>,
  now: EpochMs,
): Promise<SavedView> {
  const after = { ...view, ...change, updatedAt: iso(now) };
  const { name, query } = after;
  const update = { name, query, updated_at: now };
  await ifFree("a view", "name", name, within.knex("saved_views").where("id", view.id).update(update));
  return after;
}

export async function removeView(within: Database, { id }: SavedView): Promise<void> {
  await within.knex("saved_views").where({ id }).delete();
}

const fromRow = (row: Row): SavedView => ({
  id: Number(row.id),
  page: row.page as ViewPage,
  name: row.name as string,
  query: row.query as string,
  owner: { id: Number(row.owner_id), name: row.owner_name as string },
  createdAt: iso(row.created_at as number),
  updatedAt: iso(row.updated_at as number),
});
