/** Which Markdown file of the repository is which page of the site. */
import { readFileSync } from "node:fs";
import { posix, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** Files that are pages, by their paths in the repository, in the order in which they are tried. */
const PAGES: [file: RegExp, page: string][] = [
  [/^README\.md$/, "index.md"],
  [/^README\.zh-CN\.md$/, "zh-CN/index.md"],
  [/^docs\/(.+\.md)$/, "$1"],
  [/^client\/README\.md$/, "client.md"],
  [/^client\/README\.zh-CN\.md$/, "zh-CN/client.md"],
  [/^examples\/([^/]+)\/README\.md$/, "examples/$1.md"],
  [/^core\/(task-states)\.md$/, "$1.md"],
  [/^(CHANGELOG|CODE_OF_CONDUCT|CONTRIBUTING|SECURITY)\.md$/, "$1.md"],
];

/** @param file from the repository's root; null: it is no page */
export function pageOf(file: string): string | null {
  const found = PAGES.find(([pattern]) => pattern.test(file));
  return found ? file.replace(...found) : null;
}

/**
 * Where a link leads on the site.
 * @param from the file that it stands in
 * @returns itself, if it leads outside or within the page; an address on the site; null for a file that is no page
 */
export function siteLink(href: string, from: string): string | null {
  if (/^([a-z]+:|#|\/)/i.test(href)) return href;
  const [path = "", anchor] = href.split("#");
  const page = pageOf(posix.normalize(posix.join(posix.dirname(from), decodeURIComponent(path))));
  if (page === null) return null;
  return `/${page.replace(/(^|\/)index\.md$/, "$1")}${anchor === undefined ? "" : `#${anchor}`}`;
}

/** What a page is called: its first heading. */
export const titleOf = (file: string): string =>
  /^# (.+)$/m.exec(readFileSync(resolve(ROOT, file), "utf8"))?.[1] ?? file;
