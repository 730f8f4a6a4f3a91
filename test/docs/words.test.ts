/**
 * Words that only this project's authors understood once: documentation, console, comments and log lines say it in the industry's words. A
 * place that needs one stands in ALLOWED, with its reason.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { markdownFiles, page, ROOT } from "./kit/markdown.ts";

const test = suite("words");

/** What is not said, and what is said instead. */
const WORDS: [word: RegExp, instead: string][] = [
  [/\bdoors?\b/i, "endpoint, API"],
  [/\bmend(s|ed|ing)?\b/i, "fix, repair"],
  [/\b(bear|bears|borne)\b/i, "allow, accept, tolerate"],
  [/\bwho(m)?ever\b/i, "who, if somebody"],
  [/\bso that\b/i, "to, so, therefore"],
  [/\bdear\b/i, "expensive"],
];
/** In documentation and console. A question may have it, and a heading. */
const IN_ENGLISH: [word: RegExp, instead: string][] = [
  [/(?<!^#.*)\bwhat (it )?(is|was)\b(?![^.|]*\?)/i, "the noun"],
];
/** Releases stay as they were described; the routes are made from the API's descriptions, which stand in the code. */
const NOT_ENGLISH = /^CHANGELOG\.md$|zh-CN/;

/** In Chinese: one word for a thing, that which Chinese engineers use. */
const CHINESE: [word: RegExp, instead: string][] = [
  [/应答|回答|答复/, "响应"],
  [/载荷/, "请求内容"],
  [/补救/, "处理"],
  [/待调集合|到期集(?!合)/, "到期集合"],
  [/派发器|调度节点/, "dispatcher"],
  [/调度器/, "scheduler"],
];

const ALLOWED: [place: RegExp, text: RegExp, reason: string][] = [
  [/^test\/docs\/words\.test\.ts$/, /./, "names them"],
  [
    /^store\/migrations\/007_alarms\.ts$/,
    /whoever locks it/,
    "a migration that has shipped is never changed",
  ],
  [/^docs\/reliability\.md$/, /The others had three, and what was/, "a record of runs"],
];

interface Place {
  path: string;
  line: number;
  text: string;
}

function found(places: Place[], words = WORDS): string[] {
  return places.flatMap(({ path, line, text }) =>
    words
      .filter(([word]) => word.test(text))
      .filter(() => !ALLOWED.some(([place, allowed]) => place.test(path) && allowed.test(text)))
      .map(
        ([word, instead]) =>
          `${path}:${line} ${word.exec(text)?.[0]} (${instead}): ${text.trim().slice(0, 120)}`,
      ),
  );
}

const sources = execFileSync(
  "git",
  [
    "ls-files",
    "-co",
    "--deduplicate",
    "--exclude-standard",
    "-z",
    "--",
    "*.ts",
    "*.mjs",
    "*.svelte",
    "*.lua",
    "*.css",
    "*.yml",
    ".env.example",
    "Dockerfile",
  ],
  { cwd: ROOT, encoding: "utf8" },
)
  .split("\0")
  .filter((path) => path !== "" && path !== "ui/src/api/openapi.ts");

/** Comments of a source file; of Lua, YAML and the like, their lines with a comment sign. */
function comments(path: string): Place[] {
  const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
  const sign = /\.lua$/.test(path)
    ? /--(.*)$/
    : /\.(yml|example)$|Dockerfile$/.test(path)
      ? /#(.*)$/
      : /(?:^|\s)(?:\/\/|\/?\*+)\s(.*)$|<!--(.*)$/;
  return lines.flatMap((text, at) => {
    const said = sign.exec(text);
    return said ? [{ path, line: at + 1, text: said[1] ?? said[2] ?? "" }] : [];
  });
}

/** Texts that operators and users read: of the log, of refusals, of the console. */
function texts(path: string): Place[] {
  const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
  return lines.flatMap((text, at) => {
    const strings = Array.from(
      text.replace(/(^|\s)\/\/ .*$/, "").matchAll(/"([^"]{12,})"|`([^`]{12,})`/g),
      ([, a, b]) => a ?? b ?? "",
    );
    return strings.map((said) => ({ path, line: at + 1, text: said }));
  });
}

const prose = (path: string): Place[] =>
  // A line's code is code; a sentence may go over two lines.
  page(path).prose.map((text, at, all) => ({
    path,
    line: at + 1,
    text: (text + (/\b(so|what)$/i.test(text) ? ` ${all[at + 1]?.trim() ?? ""}` : ""))
      .replace(/`[^`]*`/g, "")
      .replace(/\]\([^)]*\)/g, "]"),
  }));

test("the search finds them, and what is allowed is there", () => {
  assert.is(
    found([{ path: "x.md", line: 1, text: "The doors must bear it, so that whoever mends it" }]).length,
    5,
  );
  assert.is(found([{ path: "x.md", line: 1, text: "Bearer, commend, indoor: Mendel" }]).length, 0);
  assert.ok(sources.length > 700 && comments("core/task.ts").length > 20);
});

test("documentation", () => {
  const places = markdownFiles().flatMap(prose);
  assert.ok(places.length > 3_000);
  assert.equal(found(places), []);
});

test("documentation in English: nouns", () => {
  const finds = (text: string) => found([{ path: "x.md", line: 1, text }], IN_ENGLISH).length > 0;
  assert.ok(["What is late is dropped", "it keeps what was sent", "| part | what it is |"].every(finds));
  assert.not.ok(["## What is sent", "What is Bida? A service", "what waits", "somewhat is"].some(finds));
  const english = markdownFiles()
    .filter((path) => !NOT_ENGLISH.test(path))
    .flatMap(prose)
    // A quotation is said by others.
    .map((place) => ({ ...place, text: place.text.replace(/"[^"]*"/g, "") }));
  assert.ok(english.length > 3_000);
  assert.equal(found(english, IN_ENGLISH), []);
});

test("console", () => {
  assert.equal(found(sources.filter((path) => path.startsWith("ui/src/")).flatMap(texts)), []);
  const path = "ui/src/i18n/en.ts";
  const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
  const places = lines.map((text, at) => ({ path, line: at + 1, text }));
  assert.ok(places.length > 900);
  assert.equal(found(places, IN_ENGLISH), []);
});

test("Chinese", () => {
  const pages = markdownFiles().filter((path) => path.includes("zh-CN"));
  assert.ok(pages.length > 20);
  assert.equal(found([...pages.flatMap(prose), ...texts("ui/src/i18n/zh.ts")], CHINESE), []);
});

test("log lines, refusals and commands", () => {
  const folders = /^(core|store|due|actors|services|cli|client|scripts|bin)\//;
  assert.equal(found(sources.filter((path) => folders.test(path)).flatMap(texts)), []);
});

test("comments", () => {
  assert.equal(found(sources.flatMap(comments)), []);
});

test.run();
