/** The command line of `npm run doctor:kkbida`. */
import { readArguments } from "../../core/arguments.ts";
import type { Millis } from "../../core/clock.ts";
import { parseZone } from "../../store/kkbida/values.ts";
import { sourceUrl, UsageError } from "../import-kkbida/options.ts";

export const DOCTOR_HELP = `Says what will be otherwise for the tasks of a kkbida once Bida calls them. It changes nothing, and kkbida may run.

  npm run doctor:kkbida -- mysql://user:pass@host:3306/callcenterdb [options]

Type it where Bida is to run, with Bida's settings: they decide what it may reach. SELECT on kkbida's three tables is enough.

  --zone +08:00   the time zone of kkbida's times
  --limit N       tasks to look at, at most (1000000)
  --json          print JSON
  --help          show this

Exit codes: 0 nothing that would fail · 1 something would, or kkbida's database cannot be read · 2 wrong arguments
`;

export interface DoctorOptions {
  /** `mysql://…` */
  source: string;
  zone: Millis;
  limit: number;
  json: boolean;
}

/**
 * @returns null where help is asked for
 * @throws UsageError
 */
export function readDoctorOptions(args: string[]): DoctorOptions | null {
  const { values, positionals } = readArguments(args, OPTIONS, (reason) => new UsageError(reason));
  if (values.help) return null;
  const zone = parseZone(values.zone);
  if (zone === null) throw new UsageError("--zone must be an offset such as +08:00");
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1)
    throw new UsageError("--limit must be a whole number, at least 1");
  return { source: sourceUrl(positionals), zone, limit, json: values.json };
}

const OPTIONS = {
  zone: { type: "string", default: "+08:00" },
  limit: { type: "string", default: "1000000" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;
