/** What is wrong with a JSON text, or with a value that is to become one. No Node API: the client package ships this file. */

/**
 * - `syntax`: it is not JSON.
 * - `duplicate`: an object has a key twice.
 * - `depth`: it is nested too deeply.
 * - `values`: it holds too many.
 * - `value`: a JavaScript value has no JSON (`print.ts`).
 */
export type JsonFault = "syntax" | "duplicate" | "depth" | "values" | "value";

/** The message names the rule only; the rest says where. */
export class JsonError extends Error {
  readonly fault: JsonFault;
  /** Path of the value it concerns, `a.0.b`; empty for the whole text. */
  readonly field: string;
  /** In UTF-16 units, from 0. */
  readonly offset: number;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;

  constructor(fault: JsonFault, message: string, field: string, text: string, offset: number) {
    super(message);
    this.name = "JsonError";
    this.fault = fault;
    this.field = field;
    this.offset = offset;
    let start = 0;
    this.line = 1;
    for (let end = text.indexOf("\n"); end >= 0 && end < offset; end = text.indexOf("\n", start)) {
      this.line++;
      start = end + 1;
    }
    this.column = offset - start + 1;
  }

  /** `line 3, column 14`. */
  get place(): string {
    return `line ${this.line}, column ${this.column}`;
  }
}
