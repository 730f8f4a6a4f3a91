import { text } from "node:stream/consumers";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { harmless, toCsv } from "../../services/tasks/export.ts";

const test = suite("CSV");

const CELLS: [text: string, harmful: boolean][] = [
  ...["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"].map(
    (cell): [string, boolean] => [cell, true],
  ),
  // Behind what spreadsheets leave out.
  ...[" ", "   ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u2060", "\u00ad", " \u200b\ufeff "].map(
    (before): [string, boolean] => [`${before}=cmd|' /C calc'!A0`, true],
  ),
  ...["", "a=b", "1+1", "https://a.example/?a=-1", "\u200bx", " x", "{}", "'=1", "上海"].map(
    (cell): [string, boolean] => [cell, false],
  ),
];
for (const [cell, harmful] of CELLS)
  test(`${JSON.stringify(cell)} is ${harmful ? "marked as text" : "as it is"}`, () =>
    assert.is(harmless(cell), harmful ? `'${cell}` : cell));

test("a lone CR or LF ends no record: such a cell is quoted", async () => {
  const csv = toCsv();
  csv.write({ taskId: "1", url: "a\rb", body: "a\nb", contentType: 'a"b', headers: { "x-a": "1,2" } });
  csv.end();
  const [head = "", record = "", ...rest] = (await text(csv)).split("\r\n");
  assert.match(head, /^taskId,state,url,/);
  assert.equal(rest, [""]);
  assert.ok(record.startsWith('1,,"a\rb",,,"a\nb",,"a""b","{""x-a"":""1,2""}",'), JSON.stringify(record));
});

test.run();
