/** What differs between two texts, line by line. Loaded where it is asked for only. */
import { structuredPatch } from "diff";

/** Lines that stand before and behind what differs. */
const CONTEXT = 3;
/** Lines that differ at most; beyond that texts are told to be different, and shown as they are. */
const MAX_EDITS = 2_000;
/** What comparing may take, in ms. */
const TIMEOUT = 500;
/** Of one line, what is shown. */
const MAX_LINE = 2_000;

export interface DiffLine {
  kind: "same" | "gone" | "new" | "skipped";
  text: string;
}

/** @returns the lines around what differs; none where nothing does; null where more differs than can be shown */
export function diffOf(before: string, after: string): DiffLine[] | null {
  if (before === after) return [];
  // A text ends its last line: without that, equal lines would differ.
  const patch = structuredPatch("", "", `${before}\n`, `${after}\n`, "", "", {
    context: CONTEXT,
    maxEditLength: MAX_EDITS,
    timeout: TIMEOUT,
  });
  if (!patch) return null;
  const lines: DiffLine[] = [];
  let next = 1;
  for (const { oldStart, oldLines, lines: part } of patch.hunks) {
    if (oldStart > next) lines.push({ kind: "skipped", text: String(oldStart - next) });
    next = oldStart + oldLines;
    for (const line of part) lines.push({ kind: KINDS[line[0] ?? ""] ?? "same", text: cut(line.slice(1)) });
  }
  return lines;
}

const KINDS: Record<string, DiffLine["kind"]> = { "+": "new", "-": "gone", " ": "same" };
const cut = (line: string): string => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line);
