/** The command line of `npm run import:kkbida`. */
import { readArguments } from "../../core/arguments.ts";
import { type Millis, seconds } from "../../core/clock.ts";
import { parseZone } from "../../store/kkbida/values.ts";

export const HELP = `Moves kkbida's tasks, their call logs and its notification webhooks into Bida.

  npm run import:kkbida -- mysql://user:pass@host:3306/callcenterdb [options]

The target is the database that Bida itself would use: BIDA_DATABASE_URL, or the file in BIDA_DATA_DIR. Bida may run, in
the same version. What is in flight is imported unless --ended-only says otherwise; stop kkbida before that: it would be called by both.
The source is only read; SELECT on its three tables is enough.

  --dry-run       show what would be imported, and what would not and why; change nothing
  --yes           do not ask before importing (only a terminal is asked)
  --batch N       tasks per page, 1 to 5000 (500)
  --ended-only    leave tasks in flight to a later import (to bring the history over while kkbida still runs)
  --follow 60     with --ended-only: again every 60 seconds, until nothing is in flight there any more
  --zone +08:00   the time zone of kkbida's times
  --json          print the summary as one JSON object; progress goes to stderr
  --report FILE   write a line of JSON for every row that is left out, or can no longer be called
  --help          show this

It can be stopped and started again at any time; a second import changes nothing. What is in Bida already stays as it is.

Exit codes: 0 done · 1 refused or failed, one line says why · 2 wrong arguments · 3 done, but some rows are left out ·
130 stopped
`;

export interface Options {
  /** `mysql://…` */
  source: string;
  dryRun: boolean;
  yes: boolean;
  batch: number;
  endedOnly: boolean;
  zone: Millis;
  report: string | null;
  /** The summary is JSON, and all that goes to stdout. */
  json: boolean;
  /** Imports again after so long, until nothing is in flight there any more; null: once. */
  followMs: Millis | null;
}

/** The arguments cannot be used; `message` is one line that says why. */
export class UsageError extends Error {}

/**
 * @returns null where help is asked for
 * @throws UsageError
 */
export function readOptions(args: string[]): Options | null {
  const { values, positionals } = readArguments(args, OPTIONS, (reason) => new UsageError(reason));
  if (values.help) return null;
  const source = sourceUrl(positionals);
  const batch = Number(values.batch);
  if (!Number.isInteger(batch) || batch < 1 || batch > 5000)
    throw new UsageError("--batch must be a whole number, 1 to 5000");
  const zone = parseZone(values.zone);
  if (zone === null) throw new UsageError("--zone must be an offset such as +08:00");
  return {
    source,
    dryRun: values["dry-run"],
    yes: values.yes,
    batch,
    endedOnly: values["ended-only"],
    zone,
    report: values.report ?? null,
    json: values.json,
    followMs: followOf(values.follow, values["ended-only"]),
  };
}

const OPTIONS = {
  "dry-run": { type: "boolean", default: false },
  yes: { type: "boolean", short: "y", default: false },
  batch: { type: "string", default: "500" },
  "ended-only": { type: "boolean", default: false },
  zone: { type: "string", default: "+08:00" },
  report: { type: "string" },
  json: { type: "boolean", default: false },
  follow: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** @throws UsageError */
function followOf(text: string | undefined, endedOnly: boolean): Millis | null {
  if (text === undefined) return null;
  if (!endedOnly) throw new UsageError("--follow is for --ended-only: what is in flight is kkbida's to call");
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1)
    throw new UsageError("--follow must be a number of seconds, 1 to 99999");
  return seconds(Number(text));
}

/**
 * The database that is named, and nothing else.
 * @throws UsageError
 */
export function sourceUrl([source, ...more]: string[]): string {
  if (source === undefined || more.length > 0)
    throw new UsageError("name one database: mysql://user:pass@host:3306/callcenterdb");
  return checkedUrl(source);
}

/** The text itself is not repeated: it holds a password. */
function checkedUrl(text: string): string {
  const url = URL.parse(text.replace(/^(jdbc:)?(mysql|mariadb):/, "mysql:"));
  if (url?.protocol !== "mysql:" || url.hostname === "")
    throw new UsageError("the database must be a URL such as mysql://user:pass@host:3306/callcenterdb");
  if (url.pathname.length < 2)
    throw new UsageError("the URL must name kkbida's database: mysql://user:pass@host:3306/callcenterdb");
  return url.href;
}
