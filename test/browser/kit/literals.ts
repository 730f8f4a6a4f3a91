/** The texts in a source of ours, as they are written: enough of TypeScript to tell them from comments and patterns. */

export interface Literal {
  /** Its text, cut where a template is filled. */
  parts: string[];
  /** The name of the function that it is handed to, where it is the first argument. */
  call: string;
}

/** After these a slash begins a pattern, not a division. */
const BEFORE_PATTERN = /(?:^|[(,=:!&|?{}[;+>]|\breturn)\s*$/;

export function literalsOf(source: string): Literal[] {
  const found: Literal[] = [];
  let at = 0;

  const quoted = (quote: string): string => {
    const from = ++at;
    while (at < source.length && source[at] !== quote) at += source[at] === "\\" ? 2 : 1;
    return unescaped(source.slice(from, at++));
  };
  const template = (): string[] => {
    const parts: string[] = [];
    let from = ++at;
    while (at < source.length && source[at] !== "`") {
      if (source.startsWith("${", at)) {
        parts.push(unescaped(source.slice(from, at)));
        at += 2;
        code("}");
        from = at;
      } else at += source[at] === "\\" ? 2 : 1;
    }
    return [...parts, unescaped(source.slice(from, at++))];
  };
  const pattern = (): void => {
    let inClass = false;
    for (at++; source[at] !== "/" || inClass; at++) {
      if (source[at] === "\\") at++;
      else if (source[at] === "[") inClass = true;
      else if (source[at] === "]") inClass = false;
    }
    at++;
  };
  /** Reads up to `end` at this depth, or to the end of all. */
  const code = (end: string): void => {
    let depth = 0;
    while (at < source.length) {
      const char = source[at] as string;
      if (char === end && depth === 0) {
        at++;
        return;
      }
      if (char === "{") depth++;
      if (char === "}") depth--;
      const before = source.slice(Math.max(0, at - 40), at);
      const call = /(\w+)\(\s*$/.exec(before)?.[1] ?? "";
      if (source.startsWith("//", at)) at = ended(source.indexOf("\n", at));
      else if (source.startsWith("/*", at)) at = ended(source.indexOf("*/", at)) + 2;
      else if (char === "/" && BEFORE_PATTERN.test(before)) pattern();
      else if (char === '"' || char === "'") found.push({ parts: [quoted(char)], call });
      else if (char === "`") found.push({ parts: template(), call });
      else at++;
    }
  };
  const ended = (index: number): number => (index < 0 ? source.length : index);

  code("");
  return found;
}

const unescaped = (text: string): string => text.replace(/\\(.)/gs, "$1");
