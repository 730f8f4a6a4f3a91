// The pretty-printer moves white space only: what stands between it is there to the last character.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatJson } from "../../core/json/pretty.ts";
import { readJson } from "../../core/json/text.ts";
import { cost, seeded } from "./helpers.ts";

const test = suite("json: pretty");

const FORTY = "1234567890123456789012345678901234567890";

const CASES: [what: string, json: string, lines: string[]][] = [
  [
    "numbers as they were written, keys in their order",
    `{"id":7088992364139642881,"amount":1.50,"10":-0,"9":1e400,"long":${FORTY},"e":1E+2}`,
    [
      "{",
      '  "id": 7088992364139642881,',
      '  "amount": 1.50,',
      '  "10": -0,',
      '  "9": 1e400,',
      `  "long": ${FORTY},`,
      '  "e": 1E+2',
      "}",
    ],
  ],
  [
    "nesting",
    '{"a":[1,{"b":[true,false,null]}],"c":{"d":{}}}',
    [
      "{",
      '  "a": [',
      "    1,",
      "    {",
      '      "b": [',
      "        true,",
      "        false,",
      "        null",
      "      ]",
      "    }",
      "  ],",
      '  "c": {',
      '    "d": {}',
      "  }",
      "}",
    ],
  ],
  ["what is empty", '{"a":{ },"b":[\n],"c":""}', ["{", '  "a": {},', '  "b": [],', '  "c": ""', "}"]],
  ["an empty object", " { } ", ["{}"]],
  ["an empty list", "[\t]", ["[]"]],
  [
    "strings that look like structure",
    String.raw`["{\"a\":[1,2]}","\\","\\\"","],","a: b","C:\\dir\\","😀 上海"]`,
    [
      "[",
      String.raw`  "{\"a\":[1,2]}",`,
      String.raw`  "\\",`,
      String.raw`  "\\\"",`,
      '  "],",',
      '  "a: b",',
      String.raw`  "C:\\dir\\",`,
      '  "😀 上海"',
      "]",
    ],
  ],
  [
    "escapes",
    String.raw`["\u00e9\/\n","\ud83d\ude00","\ud800"]`,
    ["[", String.raw`  "\u00e9\/\n",`, String.raw`  "\ud83d\ude00",`, String.raw`  "\ud800"`, "]"],
  ],
  ["a key twice", '{"a":1,"a":2}', ["{", '  "a": 1,', '  "a": 2', "}"]],
  [
    "what is spread out already",
    '{\r\n\t"a" :\n1 ,"b": [ 2 ]}',
    ["{", '  "a": 1,', '  "b": [', "    2", "  ]", "}"],
  ],
  ["a number", " 1.50\n", ["1.50"]],
  ["a string", '"a { b"', ['"a { b"']],
];

for (const [what, json, lines] of CASES)
  test(what, () => {
    assert.is(formatJson(json), lines.join("\n"));
    assert.is(formatJson(formatJson(json)), lines.join("\n"), "once more changes nothing");
  });

test("what is no JSON stays as it is", () => {
  for (const text of [
    "",
    " ",
    "ok",
    "<b>{}</b>",
    '{"a":1',
    '{"a":1}{',
    "{'a':1}",
    "[1,]",
    "01",
    "NaN",
    '"\n"',
  ])
    assert.is(formatJson(text), text);
});

test("nested more deeply than a payload may be: as it is, however deep", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assert.is(formatJson(nested(64)).split("\n").length, 127);
  assert.is(formatJson(nested(66)), nested(66));
  assert.is(formatJson(nested(30_000)), nested(30_000));
});

test("white space is all that changes: 2,000 made-up texts", () => {
  const random = seeded(7);
  const below = (n: number) => Math.floor(random() * n);
  const blank = () => ["", "", " ", "\n\t"][below(4)] as string;
  const STRINGS = ['""', '"a"', String.raw`"\"{"`, String.raw`"\\"`, '"😀,"', String.raw`"\u2028:"`, '"} ]"'];
  const LITERALS = ["0", "-0", "1.50", "1e400", FORTY, "-1E-7", "true", "false", "null", ...STRINGS];
  const value = (depth: number): string => {
    const kind = depth > 5 ? 0 : below(4);
    if (kind < 2) return blank() + LITERALS[below(LITERALS.length)] + blank();
    const items = Array.from({ length: below(4) }, (_, i) =>
      kind === 2
        ? value(depth + 1)
        : `${blank()}"${i}${"\\\\".repeat(below(3))}"${blank()}:${value(depth + 1)}`,
    );
    const inner = items.join() || blank();
    return kind === 2 ? `[${inner}]` : `{${inner}}`;
  };
  for (let i = 0; i < 2_000; i++) {
    const text = value(0);
    assert.is(readJson(formatJson(text)), readJson(text));
  }
});

test("a payload of 1 MB takes no time that anybody notices", () => {
  const row = `{"id":7088992364139642881,"text":${JSON.stringify('say "hi"\\ '.repeat(5))},"list":[1.50,-0,{}]}`;
  const text = `[${Array.from({ length: Math.ceil(1_048_576 / row.length) }, () => row).join()}]`;
  // Reading it makes V8 put the parts together.
  const { ms } = cost(() => formatJson(text).charCodeAt(text.length));
  assert.ok(ms < 250, `${ms} ms of CPU time`);
});

test.run();
