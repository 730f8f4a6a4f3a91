/**
 * Cutting a long list of texts apart without reading them: quotes and brackets tell where each one ends. Each part is
 * read by itself afterwards; an error in one of them concerns no other.
 */
import { JsonError } from "./error.ts";

const [QUOTE, BACKSLASH, LIST, LIST_END, OBJECT, OBJECT_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];
const [COMMA, COLON] = [0x2c, 0x3a];

/** Members of an object as raw texts, not checked; null where the text is no object. @throws JsonError */
export function skimObject(text: string): Map<string, string> | null {
  const members = new Map<string, string>();
  const skimmer = new Skimmer(text);
  if (!skimmer.steps("{")) return null;
  for (let more = !skimmer.steps("}"); more; more = skimmer.goesOn("}")) {
    const name = skimmer.name();
    if (members.has(name)) throw twice(name, text);
    skimmer.needs(":");
    members.set(name, skimmer.value());
  }
  skimmer.end();
  return members;
}

/**
 * Elements of a list, likewise.
 * @param most one more than that is enough to know: then the rest is not looked at
 */
export function skimList(text: string, most = Number.POSITIVE_INFINITY): string[] | null {
  const elements: string[] = [];
  const skimmer = new Skimmer(text);
  if (!skimmer.steps("[")) return null;
  for (let more = !skimmer.steps("]"); more; more = skimmer.goesOn("]"))
    if (elements.push(skimmer.value()) > most) return elements;
  skimmer.end();
  return elements;
}

/**
 * The elements of a list that is a member of an object, one by one: others get their turn between them.
 * @param most names that are looked at
 * @returns the object's names, up to one more than `most`; null where the text is no object, or the member no list
 * @throws JsonError also behind elements that were given
 */
export function* skimMember(text: string, member: string, most: number): Generator<string, string[] | null> {
  const skimmer = new Skimmer(text);
  const names = new Set<string>();
  let isList = false;
  if (!skimmer.steps("{")) return null;
  for (let more = !skimmer.steps("}"); more; more = skimmer.goesOn("}")) {
    const name = skimmer.name();
    if (names.has(name)) throw twice(name, text);
    if (names.add(name).size > most) break;
    skimmer.needs(":");
    if (name !== member || !skimmer.steps("[")) {
      skimmer.value();
      continue;
    }
    isList = true;
    for (let next = !skimmer.steps("]"); next; next = skimmer.goesOn("]")) yield skimmer.value();
  }
  if (names.size <= most) skimmer.end();
  return isList ? [...names] : null;
}

const twice = (name: string, text: string): JsonError =>
  new JsonError("duplicate", `has the key ${JSON.stringify(name.slice(0, 64))} twice`, "", text, 0);

class Skimmer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#blanks();
  }

  /** Steps over `char` where it stands here. */
  steps(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    this.#blanks();
    return true;
  }

  needs(char: string): void {
    if (!this.steps(char)) this.#fail(`needs a ${char} here`);
  }

  /** Whether another one follows. */
  goesOn(end: string): boolean {
    if (this.steps(end)) return false;
    this.needs(",");
    return true;
  }

  end(): void {
    if (this.#at < this.#text.length) this.#fail("has something behind its end");
  }

  name(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') this.#fail("needs a name in double quotes here");
    try {
      return JSON.parse(this.value());
    } catch {
      return this.#fail("has a name that is no string", start);
    }
  }

  /** The raw text of the value that begins here. */
  value(): string {
    const text = this.#text;
    const start = this.#at;
    let [at, depth] = [start, 0];
    // Most of what is skimmed passes here, character by character.
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (depth === 0 && at > start && endsValue(code)) break;
      if (code === QUOTE) at = this.#endOfString(at);
      else at++;
      if (code === OBJECT || code === LIST) depth++;
      else if ((code === OBJECT_END || code === LIST_END) && --depth === 0) break;
      if (depth < 0) this.#fail("has no JSON value here", start);
      if (depth > 0 && at >= text.length) this.#fail("ends too early", at);
    }
    if (at === start) this.#fail(start < text.length ? "has no JSON value here" : "ends too early");
    this.#at = at;
    const raw = text.slice(start, at);
    this.#blanks();
    return raw;
  }

  #endOfString(start: number): number {
    for (let end = start; ; ) {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) this.#fail("has a string that does not end", start);
      let escapes = 0;
      while (this.#text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
      if (escapes % 2 === 0) return end + 1;
    }
  }

  #blanks(): void {
    let at = this.#at;
    while (isBlank(this.#text.charCodeAt(at))) at++;
    this.#at = at;
  }

  #fail(rule: string, at = this.#at): never {
    throw new JsonError("syntax", rule, "", this.#text, at);
  }
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
const endsValue = (code: number): boolean =>
  code === COMMA || code === LIST_END || code === OBJECT_END || code === COLON || isBlank(code);
