/**
 * Cutting a long list of texts apart without reading them: quotes and brackets tell where each one ends. Each part is
 * read by itself afterwards; an error in one of them concerns no other.
 */
import { JsonError } from "./error.ts";

/** Members of an object as raw texts, not checked; null where the text is no object. @throws JsonError */
export function skimObject(text: string): Map<string, string> | null {
  const members = new Map<string, string>();
  const skimmer = new Skimmer(text);
  if (!skimmer.steps("{")) return null;
  for (let more = !skimmer.steps("}"); more; more = skimmer.goesOn("}")) {
    const name = skimmer.name();
    if (members.has(name))
      throw new JsonError("duplicate", `has the key ${JSON.stringify(name.slice(0, 64))} twice`, "", text, 0);
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
    for (let depth = 0; this.#at < text.length; ) {
      const char = text[this.#at] as string;
      if (depth === 0 && this.#at > start && ",]}: \n\r\t".includes(char)) break;
      if (char === '"') this.#string();
      else this.#at++;
      if (char === "{" || char === "[") depth++;
      else if ((char === "}" || char === "]") && --depth === 0) break;
      if (depth < 0) this.#fail("has no JSON value here", start);
      if (depth > 0 && this.#at >= text.length) this.#fail("ends too early");
    }
    if (this.#at === start) this.#fail(start < text.length ? "has no JSON value here" : "ends too early");
    const raw = text.slice(start, this.#at);
    this.#blanks();
    return raw;
  }

  #string(): void {
    const start = this.#at;
    for (let end = start; ; ) {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) this.#fail("has a string that does not end", start);
      let escapes = 0;
      while (this.#text[end - 1 - escapes] === "\\") escapes++;
      if (escapes % 2 === 1) continue;
      this.#at = end + 1;
      return;
    }
  }

  #blanks(): void {
    while (this.#at < this.#text.length && " \n\r\t".includes(this.#text[this.#at] as string)) this.#at++;
  }

  #fail(rule: string, at = this.#at): never {
    throw new JsonError("syntax", rule, "", this.#text, at);
  }
}
