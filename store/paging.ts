/** Pages of small tables, in order of their numeric id. */
import type { Model, QueryBuilder } from "objection";
import { BidaError } from "../core/errors.ts";
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
  if (cursor !== null && !/^\d{1,10}$/.test(cursor)) {
    const errors = [{ field: "cursor", message: "must be a nextCursor of an earlier page" }];
    throw new BidaError("invalid_query", undefined, { errors });
  }
  if (cursor !== null) query.where("id", ">", Number(cursor));
  const rows = await reading(query.orderBy("id").limit(limit + 1));
  return cutPage(rows as Row[], limit, ({ id }) => String(id));
}
