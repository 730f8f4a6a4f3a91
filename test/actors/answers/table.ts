// What answers come to: the one table of it. `docs/errors.md` has the same rows, which a test compares.
import { ENCODED } from "./encoded.ts";
import { BROKEN, BROKEN_BODIES, FRAMED, INTERIM } from "./framed.ts";
import { CHARSETS, REUSED } from "./others.ts";
import type { Row } from "./row.ts";

export const ANSWERS: Row[] = [
  ...ENCODED,
  ...INTERIM,
  ...FRAMED,
  ...BROKEN,
  ...BROKEN_BODIES,
  ...CHARSETS,
  ...REUSED,
];
