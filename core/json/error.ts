/** What is wrong with a JSON text, or with a value that is to become one. No Node API: the client package ships this file. */

/**
 * - `syntax`: it is not JSON.
 * - `duplicate`: an object has a key twice.
 * - `depth`: it is nested too deeply.
 * - `value`: a JavaScript value has no JSON (`print.ts`).
 */
export type JsonFault = "syntax" | "duplicate" | "depth" | "value";

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
    const before = text.slice(0, offset);
    this.line = before.split("\n").length;
    this.column = offset - before.lastIndexOf("\n");
  }

  /** `line 3, column 14`. */
  get place(): string {
    return `line ${this.line}, column ${this.column}`;
  }
}
