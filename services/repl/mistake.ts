/** What was typed cannot be done, or nobody can be reached who does it. */

/** A wrong call. `message` is one line: what is wrong, and what to type instead. */
export class Mistake extends Error {
  /** What a program that was called so ends with. */
  readonly exit: number = 2;
}

/** It was typed well, and still cannot be done: there is no such thing, or its state forbids it. */
export class Refused extends Mistake {
  override readonly exit = 1;
}

/** Nobody can be reached; `message` is one line that says what to do. */
export class Unreachable extends Error {}

/** The one of `known` that was probably meant, or null. */
export function nearest(word: string, known: string[]): string | null {
  const [best] = known
    .map((name) => ({ name, far: name.startsWith(word) && word !== "" ? 0 : distance(word, name) }))
    .sort((a, b) => a.far - b.far);
  return best && best.far <= Math.ceil((word.length - 1) / 3) ? best.name : null;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
