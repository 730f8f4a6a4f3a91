import { SaxesParser } from "saxes";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Format, fillTemplate, formatOf, VARIABLES, type Values } from "../../../core/alarm/template.ts";
import { templateProblem } from "../../../core/alarm/template-problem.ts";

const test = suite("alarm templates");

const values = (given: Partial<Values> = {}): Values =>
  ({ ...Object.fromEntries(VARIABLES.map((name) => [name, ""])), ...given }) as Values;

/** What kkbida offers first. */
const KKBIDA =
  '{"msgtype":"text","text":{"content":"回调异常，taskId：${taskId}，url：${url}，发起时间：${createTime}，源服务名：${sourceAppName}，目标服务名：${targetAppName}，已达到最大重试次数：${limitCallCount}"}}';

const NASTY = [
  'a"b',
  "a\\b",
  "line\nbreak",
  "tab\t",
  "</a>&amp;<![CDATA[",
  "x&y=z",
  "\ud800",
  "}${taskId}{",
  "中文",
];

test("kkbida's first template is taken as it is, and filled", () => {
  assert.is(templateProblem(KKBIDA, "json"), null);
  const filled = JSON.parse(
    fillTemplate(KKBIDA, "json", values({ taskId: "t-1", url: "http://a/b", limitCallCount: "3" })),
  );
  assert.is(
    filled.text.content,
    "回调异常，taskId：t-1，url：http://a/b，发起时间：，源服务名：，目标服务名：，已达到最大重试次数：3",
  );
});

test("kkbida's eight variables are known", () => {
  const eight =
    "taskId url createTime lastModifiedDate sourceAppName targetAppName callCount limitCallCount".split(" ");
  for (const name of eight) assert.is(templateProblem(`{"a":"\${${name}}"}`, "json"), null);
});

for (const nasty of NASTY) {
  test(`JSON: ${JSON.stringify(nasty)} comes out as it went in`, () => {
    const filled = fillTemplate('{"a":"${url}"}', "json", values({ url: nasty }));
    assert.is(JSON.parse(filled).a, nasty.toWellFormed());
  });

  test(`form: ${JSON.stringify(nasty)} comes out as it went in`, () => {
    const filled = fillTemplate("a=${url}&b=1", "form", values({ url: nasty }));
    assert.equal(Object.fromEntries(new URLSearchParams(filled)), { a: nasty.toWellFormed(), b: "1" });
  });

  test(`XML: ${JSON.stringify(nasty)} comes out as it went in`, () => {
    const filled = fillTemplate('<m a="${url}">${url}</m>', "xml", values({ url: nasty }));
    let text = "";
    const parser = new SaxesParser();
    parser.on("text", (part) => {
      text += part;
    });
    parser.on("error", (error) => {
      throw error;
    });
    parser.write(filled).close();
    assert.is(text, nasty.toWellFormed());
  });
}

test("XML has no way to write control characters: they are left out", () => {
  assert.is(fillTemplate("<a>${url}</a>", "xml", values({ url: "a\u0000b\u001bc" })), "<a>abc</a>");
});

test("values are not templates", () => {
  assert.is(fillTemplate("${url}", "form", values({ url: "${taskId}", taskId: "t" })), "%24%7BtaskId%7D");
});

test("a number that is not there is 0, so that it may stand without quotes", () => {
  assert.is(fillTemplate('{"n":${callCount}}', "json", values()), '{"n":0}');
});

const PROBLEMS: [name: string, template: string, format: Format, problem: RegExp | null][] = [
  ["no variables at all", '{"a":1}', "json", null],
  ["a number without quotes", '{"n":${callCount}}', "json", null],
  ["text without quotes", '{"n": ${url}}', "json", /valid JSON.* at line 1, column 7$/],
  ["a missing brace", '{"a":"${url}"', "json", /needs a comma or } after a value at line 1, column 14$/],
  [
    "the place is the template's, not that of what was filled",
    '{"a":"${url}",\n "b":"${taskId}" x}',
    "json",
    /at line 2, column 18$/,
  ],
  ["levels without end", "[".repeat(20_000), "json", /deeper than 64 levels at line 1, column 65$/],
  ["too many levels", `${"[".repeat(65)}${"]".repeat(65)}`, "json", /deeper than 64 levels/],
  ["a mistake before levels without end", `{"a":x,"b":${"[".repeat(9_000)}`, "json", /line 1, column 6$/],
  ["a name twice", '{"a":1,"a":2}', "json", null],
  ["a trailing comma", '{"a":1,}', "json", /valid JSON.* at line 1, column 8$/],
  ["a comment", '{"a":1} // x', "json", /valid JSON/],
  ["nothing", "", "json", /valid JSON.* line 1, column 1$/],
  [
    "an unknown variable",
    '{\n"a":"${taskid}"}',
    "json",
    /unknown variable \$\{taskid\} at line 2, column 6; known are taskId,/,
  ],
  ["an empty variable", '{"a":"${}"}', "json", /unknown variable/],
  ["XML in order", "<a><b>${url}</b></a>", "xml", null],
  ["a tag that is not closed", "<a>\n<b>${url}</a>", "xml", /valid XML.*line 2/],
  ["two roots", "<a/><b/>", "xml", /valid XML/],
  ["text for a tag's name", "<${url}/>", "xml", /valid XML/],
  ["a form may be anything", "a=${url}&&&", "form", null],
  ["but knows its variables", "a=${nobody}", "form", /unknown variable/],
];
for (const [name, template, format, problem] of PROBLEMS) {
  test(`checked: ${name}`, () => {
    const found = templateProblem(template, format);
    if (problem === null) assert.is(found, null);
    else assert.match(found ?? "nothing found", problem);
  });
}

test("content types", () => {
  assert.is(formatOf("application/json; charset=utf-8"), "json");
  assert.is(formatOf("application/x-www-form-urlencoded; charset=utf-8"), "form");
  assert.is(formatOf("text/xml; charset=utf-8"), "xml");
});

test.run();
