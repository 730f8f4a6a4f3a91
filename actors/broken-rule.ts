/** Which rule of HTTP/1.1 an answer broke, in plain words: parsers speak of places in their own code. */

/** How much of a line is quoted. */
const QUOTE = 40;

/** RFC 9112, section 4; parsers also take other versions. */
const STATUS_LINE = /^HTTP\/\d\.\d ([1-9]\d\d)(?: [^\r\n]*)?$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not stand there
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * What is wrong with the head of an answer, as far as it came.
 * @returns null where nothing is
 */
function brokenHead(head: Buffer): string | null {
  const text = head.toString("latin1").replace(/^[\r\n]+/, "");
  const end = text.indexOf("\r\n\r\n");
  const whole = end >= 0;
  const lines = (whole ? text.slice(0, end) : text).split("\n");
  const lengths: string[] = [];
  let encoded = false;
  for (const [i, line] of lines.entries()) {
    const last = i === lines.length - 1;
    if (last && !whole) return lengthConflict(lengths, encoded) ?? partProblem(line, i === 0);
    const problem =
      endProblem(line, last) ?? (i === 0 ? statusProblem(bare(line)) : fieldProblem(bare(line)));
    if (problem !== null) return problem;
    const [name = "", value = ""] = split(bare(line));
    if (name === "content-length") lengths.push(value);
    if (name === "transfer-encoding") encoded = true;
  }
  return lengthConflict(lengths, encoded);
}

const bare = (line: string): string => line.replace(/\r$/, "");

/** Of a line whose end did not come. */
function partProblem(line: string, isFirst: boolean): string | null {
  const problem = endProblem(line, true);
  if (problem !== null || (isFirst && mayBegin(line))) return problem;
  if (isFirst) return statusProblem(bare(line));
  const name = line.split(":")[0] ?? "";
  const isBegun = line.includes(":") || /^[ \t]/.test(line) || !NAME.test(name);
  return isBegun && line !== "" ? fieldProblem(line.includes(":") ? line : `${line}:`) : null;
}

function split(line: string): [string, string] {
  const at = line.indexOf(":");
  return [line.slice(0, Math.max(0, at)).toLowerCase(), line.slice(at + 1).trim()];
}

function endProblem(line: string, last: boolean): string | null {
  if (!last && !line.endsWith("\r"))
    return `the line ${quote(line)} of the head ends with LF alone, not with CR LF`;
  const inner = last ? line : line.slice(0, -1);
  return inner.includes("\r")
    ? `the head has a CR without LF, behind ${quote(inner.split("\r")[0] ?? "")}`
    : null;
}

/** Whether it can still become a status line. */
const mayBegin = (line: string): boolean =>
  "HTTP/d.d ddd".startsWith(line.slice(0, 12).replace(/\d/g, "d")) && !line.includes("\r");

const noStatusLine = (line: string): string =>
  `the answer does not begin with a status line, but with ${quote(line)}`;

function statusProblem(line: string): string | null {
  if (STATUS_LINE.test(line)) return null;
  return line.startsWith("HTTP/") ? `the status line ${quote(line)} is not valid` : noStatusLine(line);
}

function fieldProblem(line: string): string | null {
  if (/^[ \t]/.test(line))
    return `a header goes on in the next line, with ${quote(line)}: headers may not be folded`;
  const at = line.indexOf(":");
  if (at < 0) return `the header line ${quote(line)} has no colon`;
  const name = line.slice(0, at);
  if (/[ \t]$/.test(name)) return `the header ${quote(name)} has a blank before its colon`;
  if (!NAME.test(name)) return `${quote(name)} is not a valid header name`;
  const value = line.slice(at + 1);
  if (CONTROL.test(value)) return `the header ${quote(name)} has a control character in its value`;
  if (name.toLowerCase() === "content-length" && !/^\d{1,19}$/.test(value.trim()))
    return `content-length is ${quote(value.trim())}, not a number of bytes`;
  return null;
}

function lengthConflict(lengths: string[], encoded: boolean): string | null {
  if (lengths.length > 1)
    return `content-length stands there more than once: ${lengths.join(", ").slice(0, QUOTE)}`;
  return lengths.length > 0 && encoded ? "content-length and transfer-encoding stand there both" : null;
}

/** By how the parser calls it; of the head where its bytes did not tell. */
const HEAD: [RegExp, string][] = [
  [/[Ss]tatus|version|HTTP\//, "the status line is not valid"],
  [/Content-Length/, "content-length is not a number of bytes, or stands beside another length"],
  [/header value char/, "a header has a control character in its value"],
  [/header token|header field/, "a header line is not a name, a colon and a value"],
  [/\b(CR|LF|CRLF)\b/, "a line of the head does not end with CR LF"],
];
const BODY: [RegExp, string][] = [
  [/character in chunk size/, "the size of a chunk is not a hexadecimal number"],
  [/Chunk size overflow/, "the size of a chunk is too large"],
  [/chunk extension/, "what stands behind the size of a chunk is not a valid extension"],
  [/after chunk size/, "the line with the size of a chunk does not end with CR LF"],
  [/after chunk data|LF after CR/, "a chunk does not end with CR LF where its size says"],
  [/header/, "a line of the trailer is not a name, a colon and a value"],
];

/**
 * @param reason the parser's
 * @param head what came of it; null where it was in order, and the body is not
 */
export function brokenRule(reason: string, head: Buffer | null): string {
  const said = head && brokenHead(head);
  const words = (head ? HEAD : BODY).find(([pattern]) => pattern.test(reason))?.[1];
  return said ?? words ?? `the parser says: ${reason}`;
}

/** Bytes that cannot be printed are shown as escapes. */
function quote(text: string): string {
  const cut = text.length > QUOTE ? `${text.slice(0, QUOTE)}…` : text;
  return JSON.stringify(cut).replace(
    /[\x7f-\x9f]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
