/** The one pass over a JSON text that `text.ts` offers. It knows strings only. */
import { JsonError, type JsonFault } from "./error.ts";
import { lastOfEach } from "./last-of-each.ts";
import { type JsonRules, MAX_DEPTH, MAX_VALUES } from "./rules.ts";

const [QUOTE, PLUS, COMMA, MINUS, POINT] = [0x22, 0x2b, 0x2c, 0x2d, 0x2e];
const [ZERO, NINE, COLON] = [0x30, 0x39, 0x3a];
const [LIST, BACKSLASH, LIST_END, OBJECT, OBJECT_END] = [0x5b, 0x5c, 0x5d, 0x7b, 0x7d];

export class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #maxValues: number;
  readonly #lastCounts: boolean;
  /** Whether strings without escapes are in their normal form already. */
  readonly #isWellFormed: boolean;
  #at = 0;
  /** Values that may still come. */
  #left: number;
  /** How many objects and lists are open, and the name or index in each of them that leads to where we are. */
  #depth = 0;
  readonly #path: (string | number)[] = [];
  /** The normal form of the captured value as far as it differs from the text, and up to where of the text it reaches. */
  #out = "";
  #copied = 0;
  #hasDuplicates = false;

  constructor(text: string, { duplicates = "refuse", depth = MAX_DEPTH, values = MAX_VALUES }: JsonRules) {
    this.#text = text;
    this.#maxDepth = depth;
    this.#maxValues = values;
    this.#left = values;
    this.#lastCounts = duplicates === "last";
    this.#isWellFormed = text.isWellFormed();
    this.#blanks();
  }

  whole(): string {
    const value = this.#captured();
    this.#end();
    return value;
  }

  object(): Map<string, string> | null {
    if (this.#text.charCodeAt(this.#at) !== OBJECT) {
      this.whole();
      return null;
    }
    const members = new Map<string, string>();
    this.#object(members);
    this.#end();
    return members;
  }

  list(): string[] | null {
    if (this.#text.charCodeAt(this.#at) !== LIST) {
      this.whole();
      return null;
    }
    const elements: string[] = [];
    this.#list(elements);
    this.#end();
    return elements;
  }

  /** The value that begins here, in its normal form. Captures do not contain each other. */
  #captured(): string {
    this.#out = "";
    this.#copied = this.#at;
    this.#hasDuplicates = false;
    this.#value();
    const normal = this.#out + this.#text.slice(this.#copied, this.#at);
    return this.#hasDuplicates ? lastOfEach(normal) : normal;
  }

  #value(): void {
    this.#counts(1);
    const code = this.#text.charCodeAt(this.#at);
    if (code === QUOTE) this.#string();
    else if (code === OBJECT) this.#object(null);
    else if (code === LIST) this.#list(null);
    else if (code === MINUS || isDigit(code)) this.#number();
    else this.#literal();
  }

  /** @param captured gets the members, where they are wanted one by one */
  #object(captured: Map<string, string> | null): void {
    this.#enter();
    // Most objects are small: a set is made for the second name only.
    let [first, names]: [string | null, Set<string> | null] = [null, null];
    if (this.#isEnd(OBJECT_END)) return;
    for (;;) {
      const start = this.#at;
      this.#counts(2);
      const name = this.#name();
      if (first === null) first = name;
      else names ??= new Set([first]);
      this.#path[this.#depth - 1] = name;
      if (names?.has(name)) this.#twice(start, name);
      names?.add(name);
      this.#blanks();
      this.#separator(COLON, "needs a colon after a name");
      if (captured) captured.set(name, this.#captured());
      else this.#value();
      this.#blanks();
      if (this.#isEnd(OBJECT_END)) return;
      this.#separator(COMMA, "needs a comma or } after a value");
    }
  }

  #list(captured: string[] | null): void {
    this.#enter();
    if (this.#isEnd(LIST_END)) return;
    for (let i = 0; ; i++) {
      this.#path[this.#depth - 1] = i;
      if (captured) captured.push(this.#captured());
      else this.#value();
      this.#blanks();
      if (this.#isEnd(LIST_END)) return;
      this.#separator(COMMA, "needs a comma or ] after a value");
    }
  }

  #enter(): void {
    if (this.#depth >= this.#maxDepth)
      this.#fail(`must not be nested deeper than ${this.#maxDepth} levels`, this.#at, "depth");
    this.#path[this.#depth++] = "";
    this.#at++;
    this.#blanks();
  }

  #counts(values: number): void {
    this.#left -= values;
    if (this.#left < 0)
      this.#fail(
        `must not hold more than ${this.#maxValues} values (a name counts twice)`,
        this.#at,
        "values",
      );
  }

  #isEnd(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    this.#depth--;
    return true;
  }

  #separator(code: number, rule: string): void {
    if (this.#text.charCodeAt(this.#at) !== code) this.#fail(rule);
    this.#at++;
    this.#blanks();
  }

  #twice(at: number, name: string): void {
    if (!this.#lastCounts) this.#fail(`has the key ${JSON.stringify(shown(name))} twice`, at, "duplicate");
    this.#hasDuplicates = true;
  }

  #name(): string {
    const start = this.#at;
    if (this.#text.charCodeAt(start) !== QUOTE) this.#fail("needs a name in double quotes here");
    return this.#string()
      ? this.#text.slice(start + 1, this.#at - 1)
      : JSON.parse(this.#text.slice(start, this.#at));
  }

  /** @returns whether what stands between the quotes is the string itself */
  #string(): boolean {
    const text = this.#text;
    const start = this.#at;
    let isPlain = this.#isWellFormed;
    let i = start + 1;
    for (; ; i++) {
      const code = text.charCodeAt(i);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        isPlain = false;
        i++;
      } else if (code < 0x20) this.#fail("has a control character in a string; escape it", i);
      else if (i >= text.length) this.#fail("has a string that does not end", start);
    }
    this.#at = i + 1;
    if (!isPlain) this.#normalize(start);
    return isPlain;
  }

  /** The string from `start` to here has escapes: the shortest ones are the normal form. */
  #normalize(start: number): void {
    const raw = this.#text.slice(start, this.#at);
    let normal = raw;
    try {
      normal = JSON.stringify(JSON.parse(raw));
    } catch {
      this.#fail("has an escape in a string that JSON does not know", start);
    }
    if (normal === raw) return;
    this.#out += this.#text.slice(this.#copied, start) + normal;
    this.#copied = this.#at;
  }

  #number(): void {
    const text = this.#text;
    const start = this.#at;
    let i = text.charCodeAt(start) === MINUS ? start + 1 : start;
    const digits = () => {
      if (!isDigit(text.charCodeAt(i))) this.#fail("has a number that JSON does not know", start);
      while (isDigit(text.charCodeAt(i))) i++;
    };
    if (text.charCodeAt(i) === ZERO) i++;
    else digits();
    if (text.charCodeAt(i) === POINT) {
      i++;
      digits();
    }
    // e or E
    if ((text.charCodeAt(i) | 0x20) === 0x65) {
      const sign = text.charCodeAt(++i);
      if (sign === MINUS || sign === PLUS) i++;
      digits();
    }
    if (isDigit(text.charCodeAt(i))) this.#fail("has a number that JSON does not know", start);
    this.#at = i;
  }

  #literal(): void {
    const text = this.#text;
    const word = ["null", "true", "false"].find((one) => text.startsWith(one, this.#at));
    if (!word) this.#fail(this.#at >= text.length ? "ends too early" : "has no JSON value here");
    else this.#at += word.length;
  }

  /** Steps over white space, which is no part of the normal form. */
  #blanks(): void {
    const from = this.#at;
    let to = from;
    for (let code = this.#text.charCodeAt(to); isBlank(code); code = this.#text.charCodeAt(to)) to++;
    if (to === from) return;
    this.#out += this.#text.slice(this.#copied, from);
    this.#copied = to;
    this.#at = to;
  }

  #end(): void {
    this.#blanks();
    if (this.#at < this.#text.length) this.#fail("has something behind its end");
  }

  #fail(rule: string, at = this.#at, fault: JsonFault = "syntax"): never {
    const path = this.#path.slice(0, Math.min(this.#depth, SHOWN_DEPTH)).filter((part) => part !== "");
    throw new JsonError(fault, rule, path.map(shown).join("."), this.#text, at);
  }
}

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;
const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/** Names come from outside and have any length; an error shows this much of them, and of the path. */
const SHOWN_DEPTH = 8;
const shown = (part: string | number): string => String(part).slice(0, 64);
