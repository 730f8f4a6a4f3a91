/** What a message says, in Chinese and English, before a platform's form is given to it. Pure. */

import { cutToBytes } from "../cut-text.ts";
import { localTime, timestampText, type Zone } from "../wall-clock.ts";
import type { Alarm, AlarmKind } from "./alarm.ts";
import { SEVERITIES, SEVERITY_OF } from "./alarm.ts";
import { fitLines, fitList, type Line } from "./fit.ts";
import type { Values } from "./template.ts";
import { type Language, WORDS, type Words } from "./words.ts";

/** Of many alarms: how many, of what, and the first few. */
export interface Digest {
  count: number;
  /** The first few, oldest first. Never empty. */
  first: Alarm[];
  kinds: Counted[];
  apps: Counted[];
  destinations: Counted[];
  errors: Counted[];
}
export type Counted = [name: string, count: number];

export interface Notice {
  title: string;
  /** What matters most stands first. */
  lines: Line[];
  /** Where to look further. */
  link: string;
  /** For templates: each value takes `room` bytes at most, but for the link and for numbers. */
  values(room: number): Values;
  words: Words;
  /** It tells of nothing that is wrong. */
  calm: boolean;
}

/** How many names a digest lists per question. */
export const TOP = 5;

/** Of a name in a title, in bytes. */
const NAMED = 120;

/** How a message is written. */
export interface Writing {
  language: Language;
  /** Stands before the title. */
  prefix: string | null;
  consoleUrl: string;
  /** Of its times. */
  zone?: Zone;
}

/** What a message says of one alarm, or of many. */
export function noticeOf(digest: Digest, { language, prefix, consoleUrl, zone }: Writing): Notice {
  const words = WORDS[language];
  const [alarm] = digest.first;
  const single = digest.count === 1 && alarm;
  const title = titleOf(digest, words, prefix, single ? whoOf(alarm) : null);
  const lines = (single ? linesOf(alarm, words, zone) : digestLines(digest, words)).filter(
    ({ value }) => value !== "",
  );
  const link = linkOf(single ? alarm : null, digest.kinds, consoleUrl);
  const told = { title, lines, link };
  const calm = isCalm(digest);
  return { ...told, words, calm, values: valuesOf(digest, words, told, zone) };
}

/**
 * What is told once a platform refused the whole for what it says: without a word that is a caller's or a target's own, but
 * for ids.
 */
export function bareNotice(digest: Digest, { language, prefix, consoleUrl }: Writing): Notice {
  const words = WORDS[language];
  const title = titleOf(digest, words, prefix, null);
  const single = digest.count === 1 ? (digest.first[0] ?? null) : null;
  const named = digest.kinds.map(([kind, n]): Counted => [words.kinds[kind as AlarmKind] ?? kind, n]);
  const ids = digest.first.flatMap(({ taskId }) => taskId ?? []);
  const lines: Line[] = [
    { label: words.byKind, value: countedText(named, words) },
    { label: words.firstTasks, value: ids.join(words.separator) },
    { label: words.labels.error, value: words.refused },
  ].filter(({ value }) => value !== "");
  const link = linkOf(single, digest.kinds, consoleUrl);
  const told = { title, lines, link };
  const first = digest.first.map(
    (alarm): Alarm => ({ ...alarm, sourceAppName: null, destination: null, facts: {} }),
  );
  const values = valuesOf({ ...digest, first }, words, told, undefined);
  return { ...told, words, calm: isCalm(digest), values };
}

const isCalm = ({ kinds }: Digest): boolean => kinds.every(([kind]) => kind === "recovered");

function titleOf(digest: Digest, words: Words, prefix: string | null, who: string | null): string {
  const { count, first } = digest;
  const [alarm] = first;
  const many = isCalm(digest) ? `${words.kinds.recovered} ${count}` : words.many(count);
  const what = count === 1 && alarm ? words.kinds[alarm.kind] : many;
  return `${prefix ?? `[${words.product}]`} ${what}${who ? `: ${cutToBytes(oneLine(who), NAMED, "…")}` : ""}`;
}

const whoOf = ({ facts, destination }: Alarm): string | null =>
  facts.targetAppName ?? facts.channel ?? destination;

/** The task, or the list of those that failed. */
function linkOf(alarm: Alarm | null, kinds: Counted[], consoleUrl: string): string {
  if (alarm?.taskId) return `${consoleUrl}/tasks/${alarm.taskId}`;
  if (alarm?.facts.incident !== undefined && alarm.facts.of === "exhausted")
    return `${consoleUrl}/incidents/${alarm.facts.incident}`;
  return kinds.some(([kind]) => kind === "exhausted")
    ? `${consoleUrl}/tasks?state=exhausted`
    : `${consoleUrl}/`;
}

function linesOf(
  { kind, taskId, facts, sourceAppName, destination, errorCode, createdAt }: Alarm,
  words: Words,
  zone: Zone,
): Line[] {
  const { labels } = words;
  const moment = (time: number | undefined) => localTime(time, zone);
  const line = (label: keyof Words["labels"], value: string | null | undefined): Line => ({
    label: labels[label],
    value: oneLine(value ?? ""),
  });
  const calls = words.calls(facts.callCount ?? 0, facts.limitCallCount ?? 0);
  switch (kind) {
    case "exhausted":
      return [
        line("task", taskId),
        line("url", facts.url),
        line("from", sourceAppName),
        line("to", facts.targetAppName),
        // Fewer than its limit allows: that wants a reason. Which rule it was stands in the error.
        line("calls", errorCode === "stopped" ? `${calls}${words.separator}${words.stopped}` : calls),
        line("error", facts.lastError),
        line("created", moment(facts.createTime)),
        line("failed", moment(createdAt)),
      ];
    case "breaker":
      return [
        line("url", destination),
        line("failures", facts.failures === undefined ? "" : String(facts.failures)),
        line("error", facts.lastError),
        line("since", moment(facts.since ?? createdAt)),
      ];
    case "backlog":
      return [line("waiting", words.minutes(facts.minutes ?? 0)), line("since", moment(facts.since))];
    case "channel":
      return [line("error", facts.lastError), line("since", moment(facts.since ?? createdAt))];
    case "recovered": {
      const lasted =
        facts.since === undefined ? "" : words.minutes(Math.ceil((createdAt - facts.since) / 60_000));
      return [
        line("what", words.kinds[facts.of ?? "exhausted"]),
        line("url", destination),
        line("error", errorCode),
        line("channel", facts.channel),
        line("alarms", facts.alarms === undefined ? "" : String(facts.alarms)),
        line("since", moment(facts.since)),
        line("ended", moment(createdAt)),
        line("lasted", lasted),
      ];
    }
  }
}

function digestLines({ count, kinds, apps, destinations, errors, first }: Digest, words: Words): Line[] {
  const counted = (label: string, list: Counted[]): Line => ({
    label,
    value: countedText(list, words),
  });
  const named = kinds.map(([kind, n]): Counted => [words.kinds[kind as AlarmKind] ?? kind, n]);
  return [
    counted(words.byKind, named),
    counted(words.byApp, apps),
    counted(words.byDestination, destinations),
    counted(words.byError, errors),
    { label: words.firstTasks, value: firstTasks(first, count, words) },
  ];
}

function firstTasks(first: Alarm[], count: number, words: Words): string {
  const ids = first.flatMap(({ taskId }) => taskId ?? []);
  const all = count > first.length ? count : ids.length;
  return ids.length === 0 ? "" : fitList(ids, words.separator, Number.POSITIVE_INFINITY, all, words.more);
}

const countedText = (list: Counted[], words: Words): string =>
  list.map(([name, n]) => `${oneLine(name) || words.unnamed} ${n}`).join(words.separator);

type Valued = string | number | null | undefined;

/**
 * In a digest a variable holds the values of the first few alarms: kkbida's templates stay readable. What they are is
 * found out once, how much of it there is room for any number of times.
 */
function valuesOf(
  { count, first, kinds }: Digest,
  words: Words,
  { title, lines, link }: Pick<Notice, "title" | "lines" | "link">,
  zone: Zone,
): Notice["values"] {
  const listOf = (of: (alarm: Alarm) => Valued): string[] => {
    const values = first.map(of).filter((value) => value !== null && value !== undefined && value !== "");
    return [...new Set(values.map(String))];
  };
  const lists = {
    taskId: listOf(({ taskId }) => taskId),
    url: listOf(({ facts: { url }, destination }) => url ?? destination),
    createTime: listOf(({ facts: { createTime }, createdAt }) =>
      timestampText(createTime ?? createdAt, zone),
    ),
    lastModifiedDate: listOf(({ facts: { lastModifiedDate }, createdAt }) =>
      timestampText(lastModifiedDate ?? createdAt, zone),
    ),
    sourceAppName: listOf(({ sourceAppName }) => sourceAppName),
    targetAppName: listOf(({ facts: { targetAppName } }) => targetAppName),
    lastError: listOf(({ facts: { lastError } }) => lastError),
  };
  const highest = Math.max(...kinds.map(([kind]) => SEVERITIES.indexOf(SEVERITY_OF[kind as AlarmKind])));
  // What may stand without quotes in a template stays a number: the first alarm's.
  const facts = first[0]?.facts;
  const number = (value: number | undefined): string => (value === undefined ? "" : String(value));
  const fixed = {
    callCount: number(facts?.callCount),
    limitCallCount: number(facts?.limitCallCount),
    statusCode: number(facts?.statusCode),
    consoleUrl: link,
    kind: kinds.map(([kind]) => kind).join(","),
    severity: SEVERITIES[highest] ?? "error",
    count: String(count),
  };
  const text = ({ label, value }: Line) => `${label}: ${value}`;
  return (room) => {
    const listed = Object.entries(lists).map(([name, list]) => {
      // Where all are told, how many there are is known.
      const all = count > first.length ? count : list.length;
      return [name, list.length === 0 ? "" : fitList(list, words.separator, room, all, words.more)] as const;
    });
    return {
      ...fixed,
      ...(Object.fromEntries(listed) as Record<keyof typeof lists, string>),
      title: cutToBytes(title, room, "…"),
      summary: fitLines(lines, text, room, words.leftOut).join("\n"),
    };
  };
}

/** Callers choose names and targets choose errors: neither may add lines of its own. */
const oneLine = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is removed
    .replace(/[\x00-\x1f\x7f\u2028\u2029]+/g, " ")
    .trim()
    .toWellFormed();
