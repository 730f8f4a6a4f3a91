/** A line as words, by a shell's rules for quotes. */
import { Mistake } from "./mistake.ts";

/** @throws Mistake where a quote is not closed */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] as string;
    if (char === "\\" && quote !== "'" && i + 1 < line.length) word = (word ?? "") + line[++i];
    else if (quote !== null) {
      if (char === quote) quote = null;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (!/\s/.test(char)) word = (word ?? "") + char;
    else if (word !== null) {
      words.push(word);
      word = null;
    }
  }
  if (quote !== null) throw new Mistake(`a quote is not closed; end the text with ${quote}`);
  if (word !== null) words.push(word);
  return words;
}
