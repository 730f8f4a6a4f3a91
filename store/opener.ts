/** Reads the columns of a row that may be sealed. */
import type { Columns, Row } from "./columns.ts";
import type { Sealing } from "./sealing.ts";

interface Opener {
  /** We lack the key: all is null. */
  isShut: boolean;
  optional<T>(column: string, decode: (value: unknown) => T | undefined): T | null;
}

/** @param key the primary key of the row, to which its sealed values are bound */
export function openerOf(
  columns: Columns,
  { sealed }: Row,
  sealing: Sealing,
  table: string,
  ...key: (Buffer | number)[]
): Opener {
  if ((sealed ?? null) === null)
    return { isShut: false, optional: (column, decode) => columns.optional(column, decode) };
  const box = sealing.forStored(sealed as number, table, ...key);
  if (box === null) return { isShut: true, optional: () => null };
  return {
    isShut: false,
    optional: (column, decode) =>
      columns.optional(column, (value) => decode(box.open(column, value as string))),
  };
}
