/**
 * How large an RE2 program a pattern becomes, told before it is compiled: `(?:500 characters){1000}` is half a million
 * instructions, which take a second and 200 MB. One pass over the source; about what the compiler makes, and never much less.
 */

interface Group {
  /** Instructions so far, and those of the last atom, which a quantifier repeats. */
  size: number;
  atom: number;
}

/** Instructions that `source` becomes, as a rough upper bound. Any text has one, also what is no pattern. */
export function programBound(source: string): number {
  const open: Group[] = [];
  let group: Group = { size: 2, atom: 0 };
  const atom = (size: number) => {
    group.size += size;
    group.atom = size;
  };
  for (let at = 0; at < source.length; ) {
    const char = source[at] as string;
    if (char === "\\") {
      const end = endOfEscape(source, at);
      atom(source[at + 1] === "Q" ? end - at : 1);
      at = end;
    } else if (char === "[") {
      at = endOfClass(source, at);
      atom(1);
    } else if (char === "(") {
      open.push(group);
      group = { size: 2, atom: 0 };
      at = behindFlags(source, at);
    } else if (char === ")") {
      const { size } = group;
      group = open.pop() ?? group;
      atom(size);
      at++;
    } else if (char === "|") {
      // One to choose, and one for a branch that is empty.
      group.size += 3;
      group.atom = 0;
      at++;
    } else {
      const repeat = repeatAt(source, at);
      if (repeat === null) atom(1);
      else {
        const repeated = group.atom * repeat.times + repeat.more;
        group.size += repeated - group.atom;
        group.atom = repeated;
      }
      at = repeat?.end ?? at + 1;
    }
  }
  // What was not closed is no pattern.
  return open.reduce((sum, { size }) => sum + size, group.size);
}

function repeatAt(source: string, at: number): { times: number; more: number; end: number } | null {
  const char = source[at] as string;
  if ("*+?".includes(char)) return { times: 1, more: 2, end: at + 1 };
  if (char !== "{") return null;
  const [whole = "", least = "", comma, most = ""] =
    /^\{(\d{1,9})(,?)(\d{0,9})\}/.exec(source.slice(at, at + 24)) ?? [];
  if (whole === "") return null;
  const times = Math.max(Number(least), Number(most), 1);
  // Each that may be missing is a choice.
  return { times, more: comma === "" ? 0 : Math.max(2 * (times - Number(least)), 2), end: at + whole.length };
}

/** `\Q…\E` is taken as it stands. */
function endOfEscape(source: string, at: number): number {
  const rest = source.slice(at, at + 1_024);
  const long = /^\\(?:Q.*?(?:\\E|$)|[pPx]\{[^}]*\}|x[0-9a-fA-F]{2}|[pP].|[0-7]{1,3}|.)/su.exec(rest)?.[0];
  return at + Math.max(long?.length ?? 0, 2);
}

function endOfClass(source: string, at: number): number {
  let end = at + 1;
  if (source[end] === "^") end++;
  // A bracket that stands first is a member.
  if (source[end] === "]") end++;
  while (end < source.length && source[end] !== "]") {
    if (source[end] === "\\") end = endOfEscape(source, end);
    else if (source.startsWith("[:", end)) end = Math.max(source.indexOf(":]", end + 2) + 2, end + 2);
    else end++;
  }
  return end + 1;
}

/** `(?i)`, `(?i:`, `(?P<name>`: no instructions. */
function behindFlags(source: string, at: number): number {
  const flags = /^\(\?(?:P?<[^>]*>|[a-zA-Z-]*:|[a-zA-Z-]*(?=\)))/.exec(source.slice(at, at + 128))?.[0];
  return at + (flags?.length ?? 1);
}
