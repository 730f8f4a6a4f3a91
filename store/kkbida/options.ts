/** What an import is told, and what it tells. */
import type { Millis } from "../../core/clock.ts";
import type { LegacySettings } from "../../core/profile.ts";
import type { Database } from "../database.ts";
import type { Tally } from "./tally.ts";

/** Fields of a channel. kkbida's variables (`${taskId}` …) stay in `content` as they are. */
export interface WebhookRequest {
  url: string;
  requestMethod: "POST";
  contentType: string;
  memo: string | null;
  content: string;
}

/** Where channels are kept. */
export interface WebhookSink {
  /** Which field breaks which rule; null where all hold. */
  problem(request: WebhookRequest): string | null;
  /**
   * Stores a channel that was checked.
   * @param db the transaction to do it in
   * @param sourceKey `kkbida:…`, the same for the same row
   */
  create(db: Database, request: WebhookRequest, sourceKey: string): Promise<unknown>;
}

export interface ImportOptions {
  /** Tasks per page. */
  batch: number;
  /** How far kkbida's wall clock is ahead of UTC. */
  zone: Millis;
  /** How calls of the tasks are made. */
  legacy: LegacySettings;
  /** Leaves tasks in flight to a later import. */
  endedOnly: boolean;
  /** What ended before is counted as old. Null: nothing is. */
  oldBefore: number | null;
  /** Null: webhooks are left out. */
  webhooks: WebhookSink | null;
  /** Called after each page; an import stops behind the page during which this says so. */
  onPage(tally: Tally): boolean;
  /** Called for each row that is not imported, or not as it was. */
  onRemark(remark: Remark): void;
}

export interface Remark {
  table: "callback_task" | "web_hook";
  id: string;
  result: "left out" | "exhausted" | "changed";
  reason: string;
}
