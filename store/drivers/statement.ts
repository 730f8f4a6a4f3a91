/** What is sent to a database. */

/** A text of one or several statements, and what stands for its question marks. */
export interface Statement {
  text: string;
  values: unknown[];
}

/** Rows hold their values in the order of `columns`. */
export interface Insert {
  table: string;
  columns: readonly string[];
  rows: unknown[][];
}
