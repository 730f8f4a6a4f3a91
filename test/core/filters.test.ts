// What filters take: an origin however it is written, one value where a list may stand; the same wherever they are asked for.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { BidaError, type FieldError } from "../../core/errors.ts";
import { attemptQuerySchema } from "../../core/schema/attempts.ts";
import { bulkSchema } from "../../core/schema/bulk.ts";
import { muteRequestSchema, raisedQuerySchema } from "../../core/schema/inbox.ts";
import { seriesQuerySchema } from "../../core/schema/stats.ts";
import { querySchema, withLists } from "../../core/schema/tasks.ts";
import { parseWith } from "../../core/task-schema.ts";

const range = { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", step: "day" };
/** By what they are for. */
const ASKED: Record<string, (destination: string) => { destination?: string | undefined }> = {
  tasks: (destination) => parseWith(querySchema, { destination }, "invalid_query"),
  attempts: (destination) => parseWith(attemptQuerySchema, { destination }, "invalid_query"),
  alarms: (destination) => parseWith(raisedQuerySchema, { destination }, "invalid_query"),
  mutes: (destination) => parseWith(muteRequestSchema, { destination, minutes: 5 }, "invalid_body"),
  series: (destination) => parseWith(seriesQuerySchema, { ...range, destination }, "invalid_query"),
  "many tasks": (destination) =>
    parseWith(bulkSchema, { filter: { destination } }, "invalid_body").filter ?? {},
};

function refused(run: () => unknown): FieldError[] {
  try {
    run();
  } catch (error) {
    if (error instanceof BidaError) return error.errors;
    throw error;
  }
  return assert.unreachable() as never;
}

for (const [what, parse] of Object.entries(ASKED))
  test(`${what}: an origin in capitals, with its usual port or a path, is the origin`, () => {
    const forms = {
      "https://shop.example": "https://shop.example",
      "https://shop.example/": "https://shop.example",
      "HTTPS://Shop.Example:443/paid?x=1": "https://shop.example",
      "http://127.0.0.1:8080/": "http://127.0.0.1:8080",
      "smtp://mail.example:25": "smtp://mail.example:25",
    };
    for (const [given, origin] of Object.entries(forms)) assert.is(parse(given).destination, origin);
    for (const wrong of ["127.0.0.1", "shop.example", "ftp://a.example", ""])
      assert.match(refused(() => parse(wrong))[0]?.field ?? "", /(^|\.)destination$/);
  });

const filterOf = (filter: object) =>
  parseWith(bulkSchema, { filter: withLists(filter) }, "invalid_body").filter;

test("one value is a list of one, in filters of many tasks as in lists", () => {
  const one = { errorCode: "refused", status: 404, state: "exhausted" };
  const list = { errorCode: ["refused"], status: [404], state: ["exhausted"] };
  assert.equal(filterOf(one), list);
  assert.equal(filterOf(list), list);
  assert.equal(filterOf({ status: "5xx" }), { status: ["5xx"] });
  const { limit: _, sort: __, ...asked } = parseWith(querySchema, withLists(one), "invalid_query");
  assert.equal(asked, list);
});

test("a wrong one is refused by its own rule", () => {
  const errors = (filter: object) =>
    refused(() => filterOf(filter)).map(({ field, message }) => [field, message]);
  const [[field = "", message = ""] = []] = errors({ status: 999 });
  assert.is(field, "filter.status.0");
  assert.match(message, /^must be a status code/);
  assert.match(errors({ state: "gone" })[0]?.[1] ?? "", /^must be one of pending/);
  assert.equal(errors({ state: [] }), [["filter.state", "must not be empty"]]);
  assert.equal(errors({}), [["filter", "must have a field: all tasks at once are never meant"]]);
});

test.run();
