/** The console's types of the REST API are those of the OpenAPI document; `svelte-check` holds its requests to them. */
import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { API_TYPES, apiTypes, TOOL } from "../../scripts/api-types.ts";

const test = suite("api types");

// The console's packages are there wherever it was built.
const check = existsSync(TOOL) ? test : test.skip;
check("what is committed is what the document says", async () => {
  const [made, committed] = [await apiTypes(), readFileSync(API_TYPES, "utf8")];
  assert.ok(
    made === committed,
    "the API has changed: run `node scripts/api-types.ts`, then `npm run typecheck`",
  );
});

test.run();
