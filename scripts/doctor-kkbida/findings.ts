/** From what stands in a kkbida's database to what its users should know before they move. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Config } from "../../core/config.ts";
import { EgressPolicy } from "../../core/egress.ts";
import { type Observed, OTHERS, observe, type Target } from "../../store/kkbida/observe.ts";
import type { Source } from "../../store/kkbida/source.ts";
import type { Reasons } from "../../store/kkbida/tally.ts";
import { channelSink } from "../import-kkbida/channels.ts";
import type { DoctorOptions } from "./options.ts";

/** What an examination finds. */
export interface Finding {
  /** What was looked at: `tables`, `targets` … */
  about: string;
  /** `bad`: callbacks would be refused or fail. `warn`: they are made in another way than before. */
  level: "ok" | "warn" | "bad";
  says: string;
  /** What to do about it; always there where it is not `ok`. */
  fix?: string;
}

/** Finds the addresses of a name. @throws where it has none */
export type Resolve = (name: string) => Promise<string[]>;

/** As this machine finds them. */
export const addressesOf: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/** Names of one kind that a line lists. */
const LISTED = 5;
/** Names that are looked up. */
const MAX_LOOKUPS = 200;
/** Fewer calls of a target say nothing about how long it takes. */
const MIN_CALLS = 3;
/** Clocks may differ by this, and a queue may be busy, in ms. */
const LEEWAY = 120_000;
/** A kkbida that is in use has newer tasks, in ms. */
const IDLE = 3_600_000;
/** Longer calls are worth a word, in s: v1's tasks have this time unless they say otherwise. */
const LONG_CALL = 10;

/**
 * Reads a live kkbida's database, and changes nothing.
 * @throws SourceError where it cannot be read
 */
export async function examineKkbida(
  source: Source,
  config: Config,
  options: Pick<DoctorOptions, "zone" | "limit">,
  resolve: Resolve,
): Promise<Finding[]> {
  const seen = await observe(source, { ...options, legacy: config.legacy, webhooks: channelSink(config) });
  return [
    ...tableFindings(seen),
    ...timeFindings(seen),
    ...taskFindings(seen),
    ...slowFindings(seen, config),
    ...queryFindings(seen, config),
    ...redirectFindings(seen),
    ...(await addressFindings(seen, config, resolve)),
    ...callerFindings(seen, config),
    ...webhookFindings(seen),
  ];
}

const ok = (about: string, says: string): Finding => ({ about, level: "ok", says });
const warn = (about: string, says: string, fix: string): Finding => ({ about, level: "warn", says, fix });
const bad = (about: string, says: string, fix: string): Finding => ({ about, level: "bad", says, fix });

function tableFindings({ tables, totals, inFlight, unseen }: Observed): Finding[] {
  const loose = tables.filter(({ engine }) => engine.toLowerCase() !== "innodb");
  const found = `${totals.tasks} tasks (${inFlight} in flight), ${totals.logs} calls, ${totals.webhooks} webhooks`;
  const findings = [ok("tables", found)];
  if (loose.length > 0)
    findings.push(
      warn(
        "tables",
        `${loose.map(({ name, engine }) => `${name} is ${engine}`).join(", ")}: a crash of that server may have broken rows, and a copy that is made while kkbida writes is not of one moment`,
        "import from the live database rather than from a dump, and the tasks in flight only once kkbida has stopped",
      ),
    );
  if (unseen > 0)
    findings.push(warn("tables", `${unseen} tasks were not looked at`, "look at more with --limit"));
  return findings;
}

function timeFindings({ aheadMs }: Observed): Finding[] {
  if (aheadMs === null) return [];
  if (aheadMs > LEEWAY)
    return [
      bad(
        "times",
        `the newest task would be ${Math.round(aheadMs / 60_000)} minutes in the future: kkbida's clock runs in another zone, or is wrong`,
        "name its zone with --zone, here and for the import",
      ),
    ];
  const age = `the newest task is ${Math.round(-aheadMs / 60_000)} minutes old by this zone`;
  if (aheadMs > -IDLE) return [ok("times", age)];
  return [
    warn("times", age, "where kkbida is in use, its clock runs in another zone: name that with --zone"),
  ];
}

function taskFindings({ leftOut, uncallable, changed, differing }: Observed): Finding[] {
  const findings = [
    ...each(leftOut, (says) =>
      bad("tasks", `not imported: ${says}`, "look at them in kkbida; they stay there"),
    ),
    ...each(uncallable, (says) =>
      bad(
        "tasks",
        `in flight, imported as exhausted: ${says}`,
        "repair them in kkbida before, or resend them afterwards",
      ),
    ),
    ...each(changed, (says) =>
      warn("tasks", says, "kkbida never sent them either; send a header with v1 instead"),
    ),
    ...each(differing, (says) => warn("tasks", says, "see docs/migrating-from-kkbida.md")),
  ];
  return findings.length > 0
    ? findings
    : [ok("tasks", "all of them can be imported, and are called as before")];
}

function slowFindings({ targets }: Observed, { legacy }: Config): Finding[] {
  const known = named(targets).filter(([, { seconds }]) => seconds.length >= MIN_CALLS);
  const limit = legacy.timeoutMs / 1_000;
  // The shortest of several: what they waited for in kkbida's queue differs from call to call.
  const slow = known.map(([origin, { seconds }]) => ({
    origin,
    least: Math.min(...seconds),
    median: medianOf(seconds),
  }));
  const tooSlow = slow.filter(({ least }) => least >= limit);
  const long = slow.filter(({ least, median }) => least < limit && median >= LONG_CALL);
  const list = (some: typeof slow) => listed(some.map(({ origin, median }) => `${origin} (${median} s)`));
  const findings: Finding[] = [];
  if (tooSlow.length > 0)
    findings.push(
      bad(
        "slow",
        `targets that never answered within ${limit} s, which is all that Bida waits: ${list(tooSlow)}`,
        "raise BIDA_LEGACY_TIMEOUT_MS (to 120000 at most), or legacyTimeoutMs of these destinations; or have them answer first and work afterwards",
      ),
    );
  if (long.length > 0)
    findings.push(
      warn(
        "slow",
        `half of the calls took ${LONG_CALL} s or more, or waited so long in kkbida's queue: ${list(long)}`,
        `they have ${limit} s (BIDA_LEGACY_TIMEOUT_MS); look at their durations once Bida calls them`,
      ),
    );
  if (findings.length === 0)
    findings.push(ok("slow", `no target took long, of ${known.length} with calls enough to tell`));
  return findings;
}

function queryFindings({ targets }: Observed, { legacy }: Config): Finding[] {
  const some = named(targets).filter(([, { unused }]) => unused > 0);
  if (some.length === 0) return [ok("queries", "every member of a GET's requestParam has a placeholder")];
  const list = listed(
    some.map(([origin, { unused, unusedNames }]) => `${origin} (${unused}: ${[...unusedNames].join(", ")})`),
  );
  const says = `GETs with members that no placeholder uses: ${list}`;
  return legacy.profile === "kkbida"
    ? [ok("queries", `${says}. They are not sent, as before`)]
    : [
        warn(
          "queries",
          `${says}. They are appended to the URL (BIDA_LEGACY_APPEND_QUERY), which kkbida never did`,
          "see that these targets expect them, or unset BIDA_LEGACY_APPEND_QUERY",
        ),
      ];
}

function redirectFindings({ targets }: Observed): Finding[] {
  const gets = named(targets).filter(([, { gets }]) => gets > 0).length;
  const pages = named(targets).filter(([, { redirectPages }]) => redirectPages > 0);
  const findings = [
    ok(
      "redirects",
      `GETs (${gets} targets) follow five redirects at most, each address vetted; kkbida followed twenty`,
    ),
  ];
  if (pages.length > 0)
    findings.push(
      warn(
        "redirects",
        `POSTs that were answered with a redirect, which neither follows: ${listed(pages.map(([origin]) => origin))}`,
        "have callers name the address that it leads to",
      ),
    );
  return findings;
}

async function addressFindings({ targets }: Observed, config: Config, resolve: Resolve): Promise<Finding[]> {
  const policy = new EgressPolicy([...config.egressAllow, ...config.egressWhileAlone]);
  const hosts = new Set(named(targets).map(([origin]) => new URL(origin).hostname.replace(/^\[|\]$/g, "")));
  const looked = [...hosts].slice(0, MAX_LOOKUPS);
  const answers = await Promise.all(
    looked.map(async (host) => ({
      host,
      addresses: isIP(host) ? [host] : await resolve(host).catch(() => []),
    })),
  );
  const lost = answers.filter(({ addresses }) => addresses.length === 0).map(({ host }) => host);
  const blocked = answers.filter(
    ({ addresses }) => addresses.length > 0 && !addresses.some((one) => policy.permits(one)),
  );
  const findings: Finding[] = [];
  if (blocked.length > 0)
    findings.push(
      bad(
        "addresses",
        `targets in ranges that callbacks may not reach: ${listed(blocked.map(({ host, addresses }) => (addresses[0] === host ? host : `${host} (${addresses[0]})`)))}`,
        "add their ranges to BIDA_EGRESS_ALLOW of the nodes that call",
      ),
    );
  if (lost.length > 0)
    findings.push(
      warn(
        "addresses",
        `names that this machine cannot find: ${listed(lost)}`,
        "ask again on a machine that is to call them",
      ),
    );
  if (hosts.size > looked.length)
    findings.push(
      warn(
        "addresses",
        `${hosts.size - looked.length} hosts were not looked up`,
        "look at their addresses yourself",
      ),
    );
  return findings.length > 0 ? findings : [ok("addresses", `all ${looked.length} hosts may be called`)];
}

function callerFindings({ sources }: Observed, { apiIpAllow }: Config): Finding[] {
  const known = [...sources].filter(([address]) => address !== "");
  const behind = known.filter(([address]) => isIP(address) === 0);
  const refused = known.filter(([address]) => isIP(address) !== 0 && !apiIpAllow.includes(address));
  const list = (some: [string, number][]) =>
    listed(some.sort(([, a], [, b]) => b - a).map(([address, tasks]) => `${address} (${tasks} tasks)`));
  const findings: Finding[] = [];
  if (refused.length > 0)
    findings.push(
      bad(
        "callers",
        `addresses that tasks came from and that BIDA_API_IP_ALLOW lacks: ${list(refused)}`,
        "add them; callers of Dubbo have no address here and need BIDA_DUBBO_IP_ALLOW",
      ),
    );
  if (behind.length > 0)
    findings.push(
      warn(
        "callers",
        `kkbida believed an x-forwarded-for from anybody: ${list(behind)}`,
        "name your proxies in BIDA_TRUST_PROXY, and the callers behind them in BIDA_API_IP_ALLOW",
      ),
    );
  return findings.length > 0 ? findings : [ok("callers", `all ${known.length} addresses are allowed`)];
}

function webhookFindings({ webhooks: { total, problems } }: Observed): Finding[] {
  const findings = each(problems, (says) =>
    bad("webhooks", `not imported: ${says}`, "repair it in kkbida, or add a channel in the console"),
  );
  if (total > 0)
    findings.push(
      ok("webhooks", `of ${total}, those that are imported hear of failed tasks only, as before`),
    );
  return findings;
}

const each = (reasons: Reasons, finding: (says: string) => Finding): Finding[] =>
  Array.from(reasons, ([reason, { count, examples }]) =>
    finding(
      `${reason} (${count}: ${examples.map((id) => id.slice(0, 60)).join(", ")}${count > examples.length ? " …" : ""})`,
    ),
  );

const named = (targets: Map<string, Target>): [string, Target][] =>
  [...targets].filter(([name]) => name !== OTHERS);

const listed = (names: string[]): string =>
  names.length <= LISTED
    ? names.join(", ")
    : `${names.slice(0, LISTED).join(", ")} and ${names.length - LISTED} more`;

const medianOf = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
