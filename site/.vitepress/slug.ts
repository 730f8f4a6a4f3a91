/**
 * The anchor of a heading as GitHub makes it, so one link works there and on the site. (VitePress's own differs for signs and
 * accents.) Source: the behaviour of github.com, as in the package `github-slugger`.
 * @param text the heading without Markdown
 */
export function slugOf(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}
