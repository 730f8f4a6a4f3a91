/** kkbida's three tables, as they are read. Values are as the driver gives them, times as text. */

/** Columns that must be there, by table. Others are not read. */
export const COLUMNS = {
  callback_task: [
    "taskId",
    "url",
    "requestMethod",
    "requestParamTxt",
    "sourceAppName",
    "targetAppName",
    "sourceIp",
    "expectResult",
    "callCount",
    "limitCallCount",
    "isSuccess",
    "createDate",
    "lastModifiedDate",
    "expireTimestamp",
  ],
  call_back_log: ["id", "taskId", "createDate", "lastModifiedDate", "responseTxt", "isSuccess"],
  web_hook: ["id", "requestMethod", "url", "contentType", "memo", "content"],
} as const;

export type SourceTable = keyof typeof COLUMNS;

type RowOf<T extends SourceTable> = Record<(typeof COLUMNS)[T][number], unknown>;

export type SourceTask = RowOf<"callback_task"> & { taskId: string };
export type SourceLog = RowOf<"call_back_log"> & { id: number; taskId: string };
export type SourceWebhook = RowOf<"web_hook"> & { id: number };

/** Where a log stands and how large its text is, in bytes. */
export interface LogEntry {
  id: number;
  taskId: string;
  bytes: number;
}
