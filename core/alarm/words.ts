/** What messages of alarms are worded with, in Chinese and English. Pure. */
import type { AlarmKind, OutageKind } from "./alarm.ts";

export type Language = "zh" | "en";

type Label =
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
  | "waiting"
  | "what"
  | "ended"
  | "lasted"
  | "alarms"
  | "channel";

export interface Words {
  product: string;
  kinds: Record<AlarmKind | OutageKind, string>;
  labels: Record<Label, string>;
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
  /** Text of the link to the console. */
  open: string;
  /** Of a message that was too long. */
  leftOut: (lines: number) => string;
  /** In the place of what a platform refused. */
  refused: string;
}

export const WORDS: Record<Language, Words> = {
  zh: {
    product: "必达",
    kinds: {
      exhausted: "回调失败",
      breaker: "目标已熔断",
      backlog: "任务积压",
      channel: "告警渠道异常",
      destination: "目标持续失败",
      recovered: "已恢复",
    },
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
      what: "告警",
      ended: "恢复时间",
      lasted: "持续",
      alarms: "告警数",
      channel: "告警渠道",
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
    open: "打开控制台",
    leftOut: (lines) => `…… 另有 ${lines} 行未显示`,
    refused: "平台拒绝了完整内容，请到控制台查看",
  },
  en: {
    product: "Bida",
    kinds: {
      exhausted: "Callback failed",
      breaker: "Destination suspended",
      backlog: "Tasks pile up",
      channel: "Alarm channel broken",
      destination: "Destination failing",
      recovered: "Recovered",
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
      what: "Alarm",
      ended: "Recovered at",
      lasted: "Lasted",
      alarms: "Alarms",
      channel: "Channel",
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
    open: "Open the console",
    leftOut: (lines) => `… ${lines} more ${lines === 1 ? "line is" : "lines are"} left out`,
    refused: "The platform refused the whole message; it is in the console",
  },
};
