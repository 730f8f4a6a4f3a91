/** What a message says, in Chinese and English, before a platform's form is given to it. Pure. */

import { localTime, timestampText, type Zone } from "../wall-clock.ts";
import type { Alarm, AlarmKind } from "./alarm.ts";
import { SEVERITIES, SEVERITY_OF } from "./alarm.ts";
import type { Values } from "./template.ts";

export type Language = "zh" | "en";

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
  lines: Line[];
  /** Where to look further. */
  link: string;
  /** For templates. */
  values: Values;
}
export interface Line {
  label: string;
  value: string;
}

interface Words {
  kinds: Record<AlarmKind, string>;
  labels: Record<
    | "task"
    | "url"
    | "from"
    | "to"
    | "calls"
    | "error"
    | "created"
    | "failed"
    | "since"
    | "failures"
    | "waiting",
    string
  >;
  product: string;
  many: (count: number) => string;
  byKind: string;
  byApp: string;
  byDestination: string;
  byError: string;
  firstTasks: string;
  minutes: (count: number) => string;
  calls: (made: number, limit: number) => string;
  stopped: string;
  separator: string;
  more: (count: number) => string;
  unnamed: string;
}

const WORDS: Record<Language, Words> = {
  zh: {
    product: "必达",
    kinds: { exhausted: "回调失败", breaker: "目标已熔断", backlog: "任务积压", channel: "告警渠道异常" },
    labels: {
      task: "任务",
      url: "地址",
      from: "源服务",
      to: "目标服务",
      calls: "调用次数",
      error: "最后错误",
      created: "创建时间",
      failed: "失败时间",
      since: "开始时间",
      failures: "连续失败",
      waiting: "最久等待",
    },
    many: (count) => `${count} 条告警`,
    byKind: "类型",
    byApp: "按源服务",
    byDestination: "按目标",
    byError: "按错误",
    firstTasks: "最早的任务",
    minutes: (count) => `${count} 分钟`,
    calls: (made, limit) => `${made} 次（上限 ${limit}）`,
    stopped: "已按任务设置提前停止",
    separator: "，",
    more: (count) => `等 ${count} 个`,
    unnamed: "未填写",
  },
  en: {
    product: "Bida",
    kinds: {
      exhausted: "Callback failed",
      breaker: "Destination suspended",
      backlog: "Tasks pile up",
      channel: "Alarm channel broken",
    },
    labels: {
      task: "Task",
      url: "URL",
      from: "From",
      to: "To",
      calls: "Calls",
      error: "Last error",
      created: "Created",
      failed: "Failed",
      since: "Since",
      failures: "Failures in a row",
      waiting: "Longest wait",
    },
    many: (count) => `${count} alarms`,
    byKind: "Kinds",
    byApp: "By app",
    byDestination: "By destination",
    byError: "By error",
    firstTasks: "First tasks",
    minutes: (count) => `${count} min`,
    calls: (made, limit) => `${made} (limit ${limit})`,
    stopped: "stopped early, as the task asks for",
    separator: ", ",
    more: (count) => `${count} in all`,
    unnamed: "not given",
  },
};

/** How many names a digest lists per question. */
export const TOP = 5;

/**
 * @param prefix stands before the title
 * @param zone of its times
 */
export function noticeOf(
  digest: Digest,
  language: Language,
  prefix: string | null,
  consoleUrl: string,
  zone?: Zone,
): Notice {
  const words = WORDS[language];
  const [alarm] = digest.first;
  const single = digest.count === 1 && alarm;
  const what = single ? words.kinds[alarm.kind] : words.many(digest.count);
  const who = single ? (alarm.facts.targetAppName ?? alarm.facts.channel ?? alarm.destination) : null;
  const title = `${prefix ?? `[${words.product}]`} ${what}${who ? `: ${oneLine(who).slice(0, 80)}` : ""}`;
  const lines = (single ? linesOf(alarm, words, zone) : digestLines(digest, words)).filter(
    ({ value }) => value !== "",
  );
  const link = linkOf(single ? alarm : null, digest.kinds, consoleUrl);
  return { title, lines, link, values: valuesOf(digest, words, { title, lines, link }, zone) };
}

/** The task, or the list of those that failed. */
function linkOf(alarm: Alarm | null, kinds: Counted[], consoleUrl: string): string {
  if (alarm?.taskId) return `${consoleUrl}/tasks/${alarm.taskId}`;
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
  }
}

function digestLines({ count, kinds, apps, destinations, errors, first }: Digest, words: Words): Line[] {
  const counted = (label: string, list: Counted[]): Line => ({
    label,
    value: list.map(([name, n]) => `${oneLine(name) || words.unnamed} ${n}`).join(words.separator),
  });
  const named = kinds.map(([kind, n]): Counted => [words.kinds[kind as AlarmKind] ?? kind, n]);
  return [
    counted(words.byKind, named),
    counted(words.byApp, apps),
    counted(words.byDestination, destinations),
    counted(words.byError, errors),
    {
      label: words.firstTasks,
      value: listed(
        first.map(({ taskId }) => taskId),
        count,
        words,
      ),
    },
  ];
}

/** The first few different values, and of how many. */
function listed(values: (string | null | undefined)[], count: number, words: Words): string {
  const different = [...new Set(values.filter((value): value is string => Boolean(value)))];
  if (count === 1 || different.length === 0) return different[0] ?? "";
  return count > values.length
    ? [...different, words.more(count)].join(words.separator)
    : different.join(words.separator);
}

/** In a digest a variable holds the values of the first few alarms, so kkbida's templates stay readable. */
function valuesOf(
  { count, first, kinds }: Digest,
  words: Words,
  { title, lines, link }: Omit<Notice, "values">,
  zone: Zone,
): Values {
  const all = (of: (alarm: Alarm) => string | number | null | undefined): string =>
    listed(
      first.map((alarm) => {
        const value = of(alarm);
        return value === null || value === undefined ? null : String(value);
      }),
      count,
      words,
    );
  const highest = Math.max(...kinds.map(([kind]) => SEVERITIES.indexOf(SEVERITY_OF[kind as AlarmKind])));
  // What may stand without quotes in a template stays a number: the first alarm's.
  const facts = first[0]?.facts;
  const number = (value: number | undefined): string => (value === undefined ? "" : String(value));
  return {
    taskId: all(({ taskId }) => taskId),
    url: all(({ facts: { url }, destination }) => url ?? destination),
    createTime: all(({ facts: { createTime }, createdAt }) => timestampText(createTime ?? createdAt, zone)),
    lastModifiedDate: all(({ facts: { lastModifiedDate }, createdAt }) =>
      timestampText(lastModifiedDate ?? createdAt, zone),
    ),
    sourceAppName: all(({ sourceAppName }) => sourceAppName),
    targetAppName: all(({ facts: { targetAppName } }) => targetAppName),
    callCount: number(facts?.callCount),
    limitCallCount: number(facts?.limitCallCount),
    lastError: all(({ facts: { lastError } }) => lastError),
    statusCode: number(facts?.statusCode),
    consoleUrl: link,
    kind: kinds.map(([kind]) => kind).join(","),
    severity: SEVERITIES[highest] ?? "error",
    title,
    summary: lines.map(({ label, value }) => `${label}: ${value}`).join("\n"),
    count: String(count),
  };
}

/** Callers choose names and targets choose errors: neither may add lines of its own. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is removed
const oneLine = (text: string): string => text.replace(/[\x00-\x1f\x7f\u2028\u2029]+/g, " ").trim();
