/** Looks through a live kkbida's database for what will be otherwise with Bida. Reads only, a page of keys at a time. */
import type { Millis } from "../../core/clock.ts";
import { membersOf } from "../../core/json/look.ts";
import type { LegacySettings } from "../../core/profile.ts";
import { placeholdersIn } from "../../core/url-template.ts";
import type { WebhookSink } from "./options.ts";
import type { SourceTask } from "./rows.ts";
import type { Call, Source, TableState, Totals } from "./source.ts";
import { note, type Reasons } from "./tally.ts";
import { isInFlight, mapTask } from "./task.ts";
import { mapWebhook } from "./webhook.ts";

/** Of tasks per page. */
const PAGE = 1_000;
/** More targets, or callers, than this are not told apart. */
const MAX_NAMES = 2_000;
/** The newest calls; what happened long ago says little. */
const CALLS = 20_000;

/** One origin that tasks are for. */
export interface Target {
  tasks: number;
  inFlight: number;
  gets: number;
  /** GETs with members that no placeholder uses, and a few of their names. */
  unused: number;
  unusedNames: Set<string>;
  /** From handing a task over to the record of its only call, in s, of the newest; the queue's time is in it. */
  seconds: number[];
  /** Failed calls whose answer is a page that says where to go instead. */
  redirectPages: number;
}

export interface Observed {
  totals: Totals;
  tables: TableState[];
  inFlight: number;
  /** How far the newest task lies ahead of the server's clock, in ms, by the zone that was told; null without tasks. */
  aheadMs: number | null;
  targets: Map<string, Target>;
  /** How many tasks came from an address, as kkbida saw it. */
  sources: Map<string, number>;
  /** Which would not be imported, not called any more, or changed. */
  leftOut: Reasons;
  uncallable: Reasons;
  changed: Reasons;
  /** What is called in another way. */
  differing: Reasons;
  webhooks: { total: number; problems: Reasons };
  /** Tasks that were not looked at because there were too many. */
  unseen: number;
}

export interface Asked {
  zone: Millis;
  legacy: LegacySettings;
  /** Tasks that are looked at, at most; newest ids are not known, so it is the first by id. */
  limit: number;
  webhooks: WebhookSink;
}

/** @throws SourceError, or the driver's error, where the database cannot be read */
export async function observe(source: Source, asked: Asked): Promise<Observed> {
  const totals = await source.totals();
  const seen: Observed = {
    totals,
    tables: await source.tableStates(),
    inFlight: 0,
    aheadMs: await source.newestAhead(asked.zone),
    targets: new Map(),
    sources: new Map(),
    leftOut: new Map(),
    uncallable: new Map(),
    changed: new Map(),
    differing: new Map(),
    webhooks: { total: totals.webhooks, problems: new Map() },
    unseen: 0,
  };
  let looked = 0;
  for (let after: string | null = null; looked < asked.limit; ) {
    const ids = await source.taskIds(after, PAGE);
    if (ids.length === 0) break;
    for (const row of await source.tasks(ids)) observeTask(row, asked, seen);
    looked += ids.length;
    after = ids.at(-1) as string;
  }
  seen.unseen = Math.max(0, totals.tasks - looked);
  for (const call of await source.newestCalls(CALLS)) observeCall(call, seen);
  for (const row of await source.webhooks()) {
    const mapped = mapWebhook(row);
    const problem = typeof mapped === "string" ? mapped : asked.webhooks.problem(mapped);
    if (problem !== null) note(seen.webhooks.problems, problem, String(row.id));
  }
  return seen;
}

function observeTask(row: SourceTask, { zone, legacy }: Asked, seen: Observed): void {
  const open = isInFlight(row);
  if (open) seen.inFlight++;
  count(seen.sources, String(row.sourceIp ?? ""));
  const mapped = mapTask(row, [], zone, legacy);
  if (typeof mapped === "string") {
    note(seen.leftOut, mapped, row.taskId);
    return;
  }
  const { task, origin, changed, uncallable } = mapped;
  if (changed !== null) note(seen.changed, changed, row.taskId);
  if (uncallable !== null) note(seen.uncallable, uncallable, row.taskId);
  const target = targetOf(seen, origin);
  target.tasks++;
  if (open) target.inFlight++;
  const members = task.requestParam === null ? null : membersOf(task.requestParam);
  const names = placeholdersIn(task.url, members ?? new Map(), task.profile);
  if (task.requestMethod === "GET") {
    target.gets++;
    if (members === null)
      differs(seen, row, "GET without requestParam: every call of kkbida's failed; Bida calls");
    const unused = Array.from(members?.keys() ?? []).filter((name) => !names.includes(name));
    if (unused.length > 0) target.unused++;
    for (const name of unused) if (target.unusedNames.size < 5) target.unusedNames.add(name);
  } else if (names.length > 0)
    differs(seen, row, "POST with placeholders in its URL: every call of kkbida's failed; Bida fills them");
  if (isMissing(row.expectResult))
    differs(seen, row, "no expectResult: every call of kkbida's failed; Bida takes status 200 as success");
  if (/%[0-9a-f]{2}/i.test(task.url))
    differs(seen, row, "% in the URL: kkbida encoded it again (%20 became %2520); Bida sends it as it is");
  if (/\/\.{1,2}(\/|\?|$)/.test(task.url)) differs(seen, row, "dots in the URL's path: Bida resolves them");
  const tooLong = [row.sourceAppName, row.targetAppName].some((name) => String(name ?? "").length > 64);
  if (tooLong) differs(seen, row, "a service name of more than 64 characters: it is cut");
}

const isMissing = (value: unknown): boolean => value === null || value === undefined;

const differs = (seen: Observed, row: SourceTask, what: string): void =>
  note(seen.differing, what, row.taskId);

function observeCall({ url, requestMethod, seconds, isOnly, text }: Call, seen: Observed): void {
  const origin = URL.parse(url.replace(/\{[^}]*\}/g, "x"))?.origin;
  if (origin === undefined || !seen.targets.has(origin)) return;
  const target = targetOf(seen, origin);
  if (isOnly && seconds !== null && seconds >= 0) target.seconds.push(seconds);
  if (requestMethod === "POST" && /\b30[12378] (found|moved|see other|temporary|permanent)/i.test(text ?? ""))
    target.redirectPages++;
}

function targetOf({ targets }: Observed, origin: string): Target {
  const name = targets.has(origin) || targets.size < MAX_NAMES ? origin : OTHERS;
  const known = targets.get(name);
  if (known) return known;
  const target = {
    ...{ tasks: 0, inFlight: 0, gets: 0, unused: 0, redirectPages: 0 },
    ...{ unusedNames: new Set<string>(), seconds: [] },
  };
  targets.set(name, target);
  return target;
}

/** Of targets that are too many to be told apart. */
export const OTHERS = "others";

function count(counts: Map<string, number>, name: string): void {
  const known = counts.get(name);
  if (known !== undefined || counts.size < MAX_NAMES) counts.set(name, (known ?? 0) + 1);
}
