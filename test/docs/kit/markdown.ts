/** Markdown files as the tests of the documentation read them: headings, tables, code, links. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { slugOf } from "../../../site/.vitepress/slug.ts";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** A fenced block. */
export interface Block {
  language: string;
  text: string;
  /** Of its first line of code, from 1. */
  line: number;
  /** Why it cannot run, where `<!-- not run: reason -->` stands above it. */
  notRun: string | null;
}

export interface Heading {
  depth: number;
  text: string;
  slug: string;
}

export interface Link {
  to: string;
  line: number;
}

/** One file. `prose` has the file's lines, with those of fenced blocks and HTML comments empty. */
export interface Page {
  path: string;
  text: string;
  prose: string[];
  blocks: Block[];
  headings: Heading[];
  /** Rows of each table, with its head and without the line below it; cells without blanks at their ends. */
  tables: string[][][];
  links: Link[];
}

/** All Markdown of the repository, as git knows it; packages are none of it. */
export function markdownFiles(): string[] {
  const listed = execFileSync(
    "git",
    ["ls-files", "-co", "--deduplicate", "--exclude-standard", "-z", "*.md"],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
  return listed.split("\0").filter(Boolean).toSorted();
}

const pages = new Map<string, Page>();

/** @param path from the root, with `/` */
export function page(path: string): Page {
  const known = pages.get(path);
  if (known) return known;
  const text = readFileSync(join(ROOT, path), "utf8");
  const { prose, blocks } = split(text.split("\n"));
  const read = {
    path,
    text,
    prose,
    blocks,
    headings: headingsOf(prose),
    tables: tablesOf(prose),
    links: linksOf(prose),
  };
  pages.set(path, read);
  return read;
}

const FENCE = /^( *)(`{3,})(\S*)/;
const NOT_RUN = /^ *<!-- not run: (.+?) -->$/;

function split(lines: string[]): { prose: string[]; blocks: Block[] } {
  const prose: string[] = [];
  const blocks: Block[] = [];
  let open: { fence: string; indent: number; block: Block; body: string[] } | null = null;
  let reason: string | null = null;
  for (const [at, line] of lines.entries()) {
    const [, indent = "", fence = "", language = ""] = FENCE.exec(line) ?? [];
    if (open) {
      if (fence.startsWith(open.fence) && language === "") {
        blocks.push({ ...open.block, text: open.body.join("\n") });
        open = null;
      } else open.body.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
    } else if (fence) {
      const block: Block = { language, text: "", line: at + 2, notRun: reason };
      open = { fence, indent: indent.length, block, body: [] };
    } else {
      const said: string | undefined = NOT_RUN.exec(line)?.[1];
      if (said) reason = said;
      else if (line.trim() !== "") reason = null;
      prose.push(line.replace(/<!--.*?-->/g, ""));
      continue;
    }
    prose.push("");
  }
  if (open) throw new Error(`a block is not closed: line ${open.block.line}`);
  return { prose, blocks };
}

/** Text of inline Markdown: without emphasis, code marks and link addresses. */
function plain(markdown: string): string {
  return markdown.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]|(?<!\w)_|_(?!\w)/g, "");
}

function headingsOf(prose: string[]): Heading[] {
  const seen = new Map<string, number>();
  return prose.flatMap((line) => {
    const [, marks = "", markdown = ""] = /^(#{1,6}) (.+?)\s*$/.exec(line) ?? [];
    if (!marks) return [];
    const text = plain(markdown);
    const slug = slugOf(text);
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return [{ depth: marks.length, text, slug: times === 0 ? slug : `${slug}-${times}` }];
  });
}

function tablesOf(prose: string[]): string[][][] {
  const tables: string[][][] = [];
  let inside = false;
  for (const line of prose) {
    const isRow = /^\s*\|.*\|\s*$/.test(line);
    if (isRow && !inside) tables.push([]);
    inside = isRow;
    if (isRow && !/^\s*\|[\s:|-]+\|\s*$/.test(line)) tables.at(-1)?.push(cellsOf(line));
  }
  return tables;
}

/** A `|` in code, written `\|`, is no border. */
const cellsOf = (row: string): string[] =>
  row
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

function linksOf(prose: string[]): Link[] {
  return prose.flatMap((line, at) =>
    // What stands in code is no link.
    Array.from(
      line
        .replace(/`[^`]*`/g, (code) => "`".repeat(code.length))
        .matchAll(/\]\(([^()\s]+(?:\([^()]*\))?)\)/g),
      ([, to = ""]) => ({
        to,
        line: at + 1,
      }),
    ),
  );
}

/** The words in code marks of a text, each as often as it stands there. */
export const codeWords = (text: string): string[] =>
  Array.from(
    text
      .replace(/``(?!`).*?``/g, "") // a span that has a backtick in it
      .replace(/(?<![\n|])\n(?![\n|])\s*/g, " ") // a span may go over the end of a line, but not of a table's row
      .matchAll(/`([^`\n]+)`/g),
    ([, word = ""]) => word,
  );

/** A block's code without its comments, which are in the reader's language. */
export const withoutComments = (code: string): string =>
  code.replace(/(^|\s)(\/\/|#) .*$/gm, "").replace(/[ \t]+$/gm, "");

/** The Chinese page of an English one, if pages of its kind have one: `a.md` in docs, `README.md` in a folder of its own. */
export function twinOf(path: string): string | null {
  if (path.startsWith("docs/zh-CN/")) return null;
  if (path.startsWith("docs/")) return path.replace("docs/", "docs/zh-CN/");
  return path === "README.md" || path === "client/README.md" ? path.replace(".md", ".zh-CN.md") : null;
}
