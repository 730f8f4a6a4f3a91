/**
 * Pages that stand in both languages say the same: the same headings, tables and code, and the same code words in each section.
 * What the words say, a test cannot judge; what is missing in one of them it can.
 */
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeWords, markdownFiles, type Page, page, ROOT, twinOf, withoutComments } from "./kit/markdown.ts";

const test = suite("both languages of the documentation");
const files = markdownFiles();

/** English only, each with its reason. */
const ONE_LANGUAGE: Record<string, string> = {
  "docs/architecture.md": "for developers of Bida, as CONTRIBUTING.md",
  "docs/dependencies.md": "for developers of Bida",
  "docs/performance.md": "a laboratory record; both READMEs and the comparison have its results",
  "docs/reference/api.md": "made from the OpenAPI document, which is English",
  "docs/reference/cli.md": "made from the help of the commands, which is English",
};

const pairs = files.flatMap((path): [string, string][] => {
  const twin = twinOf(path);
  return twin === null || path in ONE_LANGUAGE ? [] : [[path, twin]];
});

/** Sections by the number of their heading: the text behind it, up to the next one. */
function sectionsOf({ prose }: Page): string[] {
  const sections: string[] = [""];
  for (const line of prose) {
    if (/^#{1,6} /.test(line)) sections.push("");
    sections.push(`${sections.pop()}${line}\n`);
  }
  return sections;
}

/** Code words of a section, without repetitions: languages repeat them where their grammar needs it. */
const wordsOf = (section: string): string[] =>
  [...new Set(codeWords(section).map((word) => word.replace(/\s*[/·、,].*$/, "")))].toSorted();

const CHINESE = /\p{Script=Han}/u;

/** What one has and the other has not. A word with Chinese in it (`<id> --note "原因"`) stands for one that is written in English there. */
function uncommon(words: string[], twins: string[]): string {
  const missing = words.filter((word) => !twins.includes(word));
  const more = twins.filter((word) => !words.includes(word));
  const translated = more.filter((word) => CHINESE.test(word)).length;
  const others = more.filter((word) => !CHINESE.test(word));
  const left = missing.length <= translated ? [] : missing;
  const shown = (list: string[]) => list.map((word) => `\`${word}\``).join(" ");
  return `${left.length > 0 ? ` lacks ${shown(left)}` : ""}${others.length > 0 ? ` has beside ${shown(others)}` : ""}`;
}

/** What differs, a line for each. */
function differences(path: string, twin: string): string[] {
  const [en, zh] = [page(path), page(twin)];
  const depths = (one: Page) => one.headings.map(({ depth, text }) => `${"#".repeat(depth)} ${text}`);
  if (
    en.headings.length !== zh.headings.length ||
    en.headings.some(({ depth }, at) => depth !== zh.headings[at]?.depth)
  )
    return [`${twin}: headings\n    ${depths(en).join("\n    ")}\n  are\n    ${depths(zh).join("\n    ")}`];
  const found: string[] = [];
  if (en.tables.length !== zh.tables.length)
    found.push(`${twin}: ${zh.tables.length} tables, not ${en.tables.length}`);
  else
    for (const [at, table] of en.tables.entries()) {
      const other = zh.tables[at] ?? [];
      const shape = (rows: string[][]) => `${rows.length} rows of ${rows[0]?.length} columns`;
      if (shape(table) !== shape(other))
        found.push(`${twin}: table ${at + 1} ("${other[0]?.[0]}") has ${shape(other)}, not ${shape(table)}`);
      else
        for (const [row, cells] of table.entries()) {
          const [mine, its] = [cells[0] ?? "", other[row]?.[0] ?? ""].map(wordsOf) as [string[], string[]];
          if (uncommon(mine, its) !== "")
            found.push(`${twin}: table ${at + 1}, row ${row}:${uncommon(mine, its)}`);
        }
    }
  const code = (one: Page) =>
    one.blocks
      .filter(({ language }) => !["text", "", "mermaid"].includes(language))
      .map(({ text }) => withoutComments(text));
  const [mine, its] = [code(en), code(zh)];
  for (const [at, text] of mine.entries())
    if (its[at] !== text) found.push(`${twin}: code block ${at + 1} is another one`);
  if (its.length !== mine.length) found.push(`${twin}: ${its.length} code blocks, not ${mine.length}`);
  const [sections, others] = [sectionsOf(en), sectionsOf(zh)];
  for (const [at, section] of sections.entries()) {
    const [words, twins] = [wordsOf(section), wordsOf(others[at] ?? "")];
    const differs = uncommon(words, twins);
    if (differs !== "") found.push(`${twin}: "${en.headings[at - 1]?.text ?? "beginning"}"${differs}`);
  }
  return found;
}

test("every page has a Chinese one, or a reason to have none", () => {
  assert.ok(pairs.length > 20);
  assert.equal(
    pairs.filter(([, twin]) => !existsSync(join(ROOT, twin))).map(([path]) => path),
    [],
  );
  const originals = new Set(pairs.map(([, twin]) => twin));
  assert.equal(
    files.filter((path) => /zh-CN/.test(path) && !originals.has(path)),
    [],
    "a Chinese page without an English one",
  );
  for (const path of Object.keys(ONE_LANGUAGE))
    assert.ok(files.includes(path) && !existsSync(join(ROOT, twinOf(path) ?? "")), path);
});

test("each page links to its twin", () => {
  const leadsTo = (from: string, to: string) =>
    page(from).links.some((link) => normalize(join(dirname(from), link.to.split("#")[0] ?? "")) === to);
  for (const [path, twin] of pairs.filter(([, to]) => existsSync(join(ROOT, to)))) {
    assert.ok(leadsTo(path, twin), `${path} → ${twin}`);
    assert.ok(leadsTo(twin, path), `${twin} → ${path}`);
  }
});

for (const [path, twin] of pairs)
  if (existsSync(join(ROOT, twin))) test(twin, () => assert.equal(differences(path, twin), []));

test.run();
