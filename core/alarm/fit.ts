/** Messages that must fit into what a platform takes: whole lines and whole entries first, and it is said how many are left out. */
import { cutToBytes } from "../cut-text.ts";
import type { ChannelType } from "../schema/webhooks.ts";
import { fits } from "./sizes.ts";

/** Less of a line says nothing, in bytes. */
const LEAST_PART = 40;

export interface Line {
  label: string;
  value: string;
}

/**
 * The message that fits into what the platform takes, as long as can be.
 * @param build the body for so many bytes of what may be shortened in it; more room never makes it shorter by much
 */
export function fitted(
  type: ChannelType,
  build: (room: number) => string,
): { body: string; shortened: boolean } {
  const whole = build(Number.POSITIVE_INFINITY);
  if (fits(type, whole)) return { body: whole, shortened: false };
  let best = build(0);
  for (let low = 0, high = Buffer.byteLength(whole); low < high; ) {
    const room = Math.ceil((low + high) / 2);
    const body = build(room);
    if (fits(type, body)) [best, low] = [body, room];
    else high = room - 1;
  }
  return { body: best, shortened: true };
}

/**
 * Lines as texts, of `room` bytes at most, each counted with one byte for its end. A line that does not fit is left out and
 * those behind it may still stand; what is left in the end goes to the first that was left out, cut.
 * @param leftOut says how many are missing
 */
export function fitLines(
  lines: readonly Line[],
  render: (line: Line) => string,
  room: number,
  leftOut: (count: number) => string,
): string[] {
  const texts: (string | null)[] = lines.map(render);
  const sizes = texts.map((text) => Buffer.byteLength(text as string) + 1);
  if (sizes.reduce((sum, size) => sum + size, 0) <= room) return texts as string[];
  let left = room - Buffer.byteLength(leftOut(lines.length)) - 1;
  for (const [i, size] of sizes.entries()) {
    if (size <= left) left -= size;
    else texts[i] = null;
  }
  const first = texts.indexOf(null);
  if (left > LEAST_PART) texts[first] = cutLine(lines[first] as Line, render, left - 1);
  const kept = texts.filter((text) => text !== null);
  const missing = lines.length - kept.length;
  const note = leftOut(missing);
  return missing > 0 && Buffer.byteLength(note) < room ? [...kept, note] : kept;
}

/** Its value is cut before it is written in the platform's way, which may make it longer: no escape is cut apart. */
function cutLine(line: Line, render: (line: Line) => string, max: number): string | null {
  for (let bytes = max; bytes > 0; ) {
    const text = render({ ...line, value: cutToBytes(line.value, bytes, "…") });
    const over = Buffer.byteLength(text) - max;
    if (over <= 0) return text;
    bytes -= over;
  }
  return null;
}

/**
 * Entries with separators between them, of `room` bytes at most.
 * @param more says how many there are in all; it stands at the end where not all stand before it
 * @param count of all of them
 */
export function fitList(
  entries: readonly string[],
  separator: string,
  room: number,
  count: number,
  more: (count: number) => string,
): string {
  const whole = (kept: readonly string[]): string =>
    (kept.length < count ? [...kept, more(count)] : kept).join(separator);
  for (let kept = entries.length; kept > 0; kept--) {
    const text = whole(entries.slice(0, kept));
    if (Buffer.byteLength(text) <= room) return text;
  }
  const [first = ""] = entries;
  const end = count > 1 ? separator + more(count) : "";
  return cutToBytes(first, Math.max(0, room - Buffer.byteLength(end)), "…") + end;
}
