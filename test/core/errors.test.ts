import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BidaError, isRefusalCode, REFUSALS, type RefusalCode } from "../../core/errors.ts";
import { CALL_ERRORS } from "../../core/outcome.ts";

const test = suite("errors");

for (const [code, [status, title]] of Object.entries(REFUSALS)) {
  test(`${code}: its status and title come from the catalogue`, () => {
    const error = new BidaError(code as RefusalCode);
    assert.equal([error.status, error.title, error.message], [status, title, title]);
    assert.equal([error.name, error.errors], ["BidaError", []]);
    assert.ok(status >= 400 && status <= 599);
    assert.is(error.retryAfter, status === 503 ? 2 : undefined);
  });
}

test("what is given stands", () => {
  const cause = new Error("inside");
  const errors = [{ field: "url", message: "is required" }];
  const error = new BidaError("invalid_task", "Look here", { errors, retryAfter: 7, cause });
  assert.equal([error.message, error.errors, error.retryAfter], ["Look here", errors, 7]);
  assert.is(error.cause, cause);
  assert.is(error.title, REFUSALS.invalid_task[1]);
});

test("only own names are refusal codes", () => {
  assert.ok(isRefusalCode("not_found"));
  for (const other of ["toString", "__proto__", "", "NOT_FOUND", 404, null, undefined, {}]) {
    assert.not.ok(isRefusalCode(other));
  }
});

const DOCS = new URL("../../docs/errors.md", import.meta.url);

if (existsSync(DOCS)) {
  const lines = readFileSync(DOCS, "utf8").split("\n");
  /** Lines that are about a code: it stands in them as `code`. */
  const about = (code: string) => lines.filter((line) => line.includes(`\`${code}\``));

  test("docs/errors.md names every refusal with its status, and every call error", () => {
    for (const [code, [status]] of Object.entries(REFUSALS)) {
      assert.ok(
        about(code).some((line) => line.includes(String(status))),
        `${code} with ${status} is missing`,
      );
    }
    for (const code of Object.keys(CALL_ERRORS)) assert.ok(about(code).length > 0, `${code} is missing`);
  });

  test("docs/errors.md lists no code that does not exist", () => {
    let inCatalogue = false;
    const listed = lines.flatMap((line) => {
      if (!line.startsWith("|")) inCatalogue = false;
      if (/^\|\s*code\s*\|/.test(line)) inCatalogue = true;
      return (inCatalogue && /^\|\s*`([a-z_0-9]+)`\s*\|/.exec(line)?.[1]) || [];
    });
    assert.is(listed.length, Object.keys({ ...REFUSALS, ...CALL_ERRORS }).length);
    for (const code of listed) assert.ok(code in REFUSALS || code in CALL_ERRORS, `${code} does not exist`);
  });
}

test.run();
