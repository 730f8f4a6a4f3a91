/** The reference: every setting and every route is in it, in both languages. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { VARIABLE_NAMES } from "../../core/config.ts";
import { taskSchema } from "../../core/task-schema.ts";
import { API_REFERENCE, apiReference } from "../../scripts/api-reference.ts";
import { everyDeclaration } from "../../services/api/api.service.ts";
import { codeWords, page } from "./kit/markdown.ts";

const test = suite("reference");
const LANGUAGES = ["docs/reference/", "docs/zh-CN/reference/"];

/** Code words of the first column of a page's tables. */
const listed = (path: string): string[] =>
  page(path).tables.flatMap((rows) => rows.slice(1).flatMap(([first = ""]) => codeWords(first)));

/** Of commands, which ask a Bida that runs: docs/cli.md has them. */
const OF_COMMANDS = ["BIDA_URL", "BIDA_API_KEY", "BIDA_USER", "BIDA_DEBUG"];

for (const folder of LANGUAGES) {
  test(`${folder}configuration.md has every setting, and no other`, () => {
    const settings = VARIABLE_NAMES.filter((name) => !OF_COMMANDS.includes(name));
    assert.equal(listed(`${folder}configuration.md`).toSorted(), settings.toSorted());
  });

  test(`${folder}task.md has every field, and no other`, () => {
    assert.equal(listed(`${folder}task.md`).toSorted(), Object.keys(taskSchema.shape).toSorted());
  });

  test(`${folder}rest.md has every path`, () => {
    const words = page(`${folder}rest.md`).tables.flat(2).flatMap(codeWords);
    // `/v1/tasks/{taskId}/retry` · `/cancel` stand for paths with the same beginning; `/v1/webhooks` … for all of its own.
    const ends = (path: string) =>
      words.some((word) => word.split("?")[0] === path || (/^\/(?!v1)/.test(word) && path.endsWith(word)));
    const left = everyDeclaration()
      .map(({ path }) => path)
      .filter(
        (path) =>
          !ends(path) &&
          !/^\/(v1\/(webhooks|stats|events|attempts)|docs\/assets|api\/|v1\/.*\/test)/.test(path),
      );
    assert.equal([...new Set(left)], []);
  });
}

test("api.md is what the OpenAPI document says", () => {
  assert.ok(
    readFileSync(API_REFERENCE, "utf8") === apiReference(),
    "the API has changed: run `node scripts/api-types.ts`",
  );
});

test.run();
