/** Finding words in what is shown, whether capital or small. */

/** So many are marked in one text: a letter that stands everywhere must not stop the page. */
export const MAX_HITS = 500;

export interface Part {
  text: string;
  hit: boolean;
}

/** The text in parts, of which those that hold `term` are hits; the parts together are the text. */
export function partsOf(text: string, term: string): Part[] {
  if (term === "") return [{ text, hit: false }];
  const parts: Part[] = [];
  let [at, hits] = [0, 0];
  for (const { index } of found(text, term)) {
    if (index > at) parts.push({ text: text.slice(at, index), hit: false });
    at = index + term.length;
    parts.push({ text: text.slice(index, at), hit: true });
    if (++hits === MAX_HITS) break;
  }
  if (at < text.length || parts.length === 0) parts.push({ text: text.slice(at), hit: false });
  return parts;
}

export const holds = (text: string, term: string): boolean => term !== "" && !found(text, term).next().done;

/** Capitals by simple case folding, by which no text changes its length. */
const found = (text: string, term: string) =>
  text.matchAll(new RegExp(term.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "gi"));
