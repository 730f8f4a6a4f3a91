/** Columns of lists of tasks, in their order. */
import type { Key } from "./i18n.svelte.ts";

export const COLUMNS = [
  { key: "state", label: "field.state" },
  { key: "task", label: "field.url" },
  { key: "taskId", label: "field.taskId" },
  { key: "method", label: "field.requestMethod" },
  { key: "param", label: "field.requestParam" },
  { key: "source", label: "field.sourceAppName" },
  { key: "target", label: "field.targetAppName" },
  { key: "app", label: "field.app" },
  { key: "sourceIp", label: "field.sourceIp" },
  { key: "calls", label: "field.calls" },
  { key: "next", label: "field.nextCallAt" },
  { key: "created", label: "field.createdAt" },
  { key: "updated", label: "field.updatedAt" },
  { key: "businessKey", label: "field.businessKey" },
  { key: "orderKey", label: "field.orderKey" },
] as const satisfies { key: string; label: Key }[];

export type Column = (typeof COLUMNS)[number]["key"];

export const DEFAULT_COLUMNS: Column[] = [
  "state",
  "task",
  "taskId",
  "method",
  "source",
  "target",
  "calls",
  "next",
  "created",
];

/** What kkbida's page of all tasks shows. */
export const KKBIDA_COLUMNS: Column[] = [
  "state",
  "task",
  "taskId",
  "method",
  "param",
  "sourceIp",
  "calls",
  "next",
  "created",
];

/** The list of calls has one column that can be chosen: what was answered. */
export const RESPONSE_COLUMN = "response";
