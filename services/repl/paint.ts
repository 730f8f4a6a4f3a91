/** How answers look: aligned tables, local times, colours on a terminal only. */
import { stripVTControlCharacters, styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

export class Paint {
  readonly colours: boolean;
  /** Columns of the terminal; null: as wide as need be. */
  readonly width: number | null;

  /** @see https://no-color.org and https://force-color.org */
  constructor(out: { isTTY?: boolean; columns?: number }) {
    const { NO_COLOR, FORCE_COLOR } = process.env;
    this.colours = NO_COLOR ? false : out.isTTY === true || (FORCE_COLOR ?? "0") !== "0";
    this.width = out.isTTY ? (out.columns ?? null) : null;
  }

  style(style: Style, text: string): string {
    return this.colours ? styleText(style, text, { validateStream: false }) : text;
  }

  faint(text: string): string {
    return this.style("dim", text);
  }

  bad(text: string): string {
    return this.style("red", text);
  }

  good(text: string): string {
    return this.style("green", text);
  }

  state(state: string): string {
    const style = STATE_STYLES[state];
    return style ? this.style(style, state) : state;
  }

  /**
   * Rows under their headings. Columns whose heading begins with `>` stand to the right; the last one is cut to the
   * terminal's width.
   */
  table(headings: string[], rows: string[][]): string {
    const right = headings.map((heading) => heading.startsWith(">"));
    const titles = headings.map((heading) => heading.replace(/^>/, ""));
    const widths = titles.map((title, i) =>
      Math.max(...[title, ...rows.map((row) => row[i] ?? "")].map(widthOf)),
    );
    const last = titles.length - 1;
    const before = widths.slice(0, last).reduce((sum, width) => sum + width + 2, 0);
    const room = this.width === null ? Infinity : Math.max(10, this.width - before);
    const line = (cells: string[]) =>
      cells
        .map((cell, i) => {
          if (i === last && !right[i]) return cut(cell, room);
          const blank = " ".repeat((widths[i] as number) - widthOf(cell));
          return right[i] ? blank + cell : cell + blank;
        })
        .join("  ")
        .trimEnd();
    return [this.style("bold", line(titles)), ...rows.map(line)].join("\n");
  }

  /** Names and what they are, one per line. */
  fields(fields: [name: string, value: string | null][]): string {
    const there = fields.filter((field): field is [string, string] => field[1] !== null);
    const width = Math.max(...there.map(([name]) => widthOf(name)));
    return there
      .map(([name, value]) => `${this.faint(name)}${" ".repeat(width - widthOf(name))}  ${value}`)
      .join("\n");
  }
}

const STATE_STYLES: Record<string, Style> = {
  succeeded: "green",
  delivering: "cyan",
  exhausted: "red",
  canceled: "dim",
  resolved: "dim",
};

/** Characters that take two columns: Chinese, Japanese, Korean, and their punctuation and full-width forms. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes. */
export function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).reduce((sum, char) => sum + (WIDE.test(char) ? 2 : 1), 0);
}

/** At most so many columns; what is cut ends in an ellipsis. Styled texts are left as they are. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width || text.includes("\u001b")) return text;
  let kept = "";
  for (const char of text) {
    if (widthOf(kept + char) > width - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

const pad = (n: number): string => String(n).padStart(2, "0");

/** `2026-11-23 18:05:09`, in the local zone. */
export function localTime(iso: string | null): string {
  if (iso === null) return "-";
  const at = new Date(iso);
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${day} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** `Asia/Shanghai (UTC+08:00)`. */
export function zoneName(): string {
  const minutes = -new Date().getTimezoneOffset();
  const offset = `${minutes < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
  return `${Intl.DateTimeFormat().resolvedOptions().timeZone} (UTC${offset})`;
}

/** `850 ms`, `12 s`, `4 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/** Control characters of other people's texts must not reach the terminal, nor those that turn the rest of a line around. */
export const plain = (text: string): string => text.replace(/[^\P{Cc}\t\n]|\p{Bidi_Control}/gu, "\ufffd");

export const oneLine = (text: string): string => plain(text.replace(/\s+/g, " ").trim());
