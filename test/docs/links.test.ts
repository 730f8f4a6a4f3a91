/** Every link of every Markdown file leads to a file that is there, and to a heading that it has. */
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { slugOf } from "../../site/.vitepress/slug.ts";
import { markdownFiles, page, ROOT } from "./kit/markdown.ts";

const test = suite("links of the documentation");
const files = markdownFiles();

test("anchors are GitHub's", () => {
  assert.is(slugOf("NATS: who may do what"), "nats-who-may-do-what");
  assert.is(slugOf("NATS：谁可以做什么"), "nats谁可以做什么");
  assert.is(slugOf("kkbida's endpoint"), "kkbidas-endpoint");
  assert.is(slugOf("`/v1/tasks` _and_ more"), "v1tasks-_and_-more");
});

test("files and anchors are there", () => {
  const broken: string[] = [];
  let checked = 0;
  for (const path of files) {
    for (const { to, line } of page(path).links) {
      if (/^[a-z]+:/.test(to)) continue;
      checked++;
      const [file = "", anchor] = to.split("#").map(decodeURIComponent);
      const target = file === "" ? path : normalize(join(dirname(path), file));
      if (target.startsWith("..") || !existsSync(join(ROOT, target))) broken.push(`${path}:${line} ${to}`);
      else if (
        anchor !== undefined &&
        target.endsWith(".md") &&
        !page(target).headings.some(({ slug }) => slug === anchor)
      )
        broken.push(`${path}:${line} ${to}: no such heading`);
    }
  }
  assert.ok(files.length > 40 && checked > 300, `${files.length} files, ${checked} links`);
  assert.equal(broken, []);
});

test("a page that no other page links to is not found by anybody", () => {
  const linked = new Set(
    files.flatMap((path) =>
      page(path).links.map(({ to }) => normalize(join(dirname(path), to.split("#")[0] ?? ""))),
    ),
  );
  const standsAlone =
    /^(\.github\/|README|CHANGELOG|CODE_OF_CONDUCT|site\/|docs\/README|docs\/zh-CN\/README)/;
  assert.equal(
    files.filter((path) => !linked.has(path) && !standsAlone.test(path)),
    [],
  );
});

test.run();
