/** Pages of small tables, in order of their numeric id. */

import type { Model, QueryBuilder } from "objection";
import { wrongCursor } from "../core/cursor.ts";
import type { Page } from "../core/page.ts";
import { cutPage } from "../core/page-cut.ts";
import { reading } from "./failures.ts";
import type { Row } from "./rows.ts";

/** @throws BidaError invalid_query for a cursor that is not one of ours */
export async function idPage(
  query: QueryBuilder<Model & Row, (Model & Row)[]>,
  limit: number,
  cursor: string | null,
): Promise<Page<Row>> {
  if (cursor !== null && !/^[1-9]\d{0,9}$/.test(cursor)) throw wrongCursor();
  if (cursor !== null) query.where("id", ">", Number(cursor));
  const rows = await reading(query.orderBy("id").limit(limit + 1));
  return cutPage(rows as Row[], limit, ({ id }) => String(id));
}
