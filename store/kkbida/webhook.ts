/** kkbida's notification webhooks: to what `POST /v1/webhooks` takes, and into the store of channels. */
import { createHash } from "node:crypto";
import type { Database } from "../database.ts";
import type { ImportOptions, WebhookRequest, WebhookSink } from "./options.ts";
import type { SourceWebhook } from "./rows.ts";
import type { Source } from "./source.ts";
import { note, type Tally } from "./tally.ts";
import { knownWebhooks, writeWebhook } from "./target.ts";

const DEFAULT_CONTENT_TYPE = "application/json; charset=utf-8";
const MAX_MEMO = 255;

/** @returns why there is no such channel, as a string, where that is so */
export function mapWebhook(row: SourceWebhook): WebhookRequest | string {
  if (String(row.requestMethod ?? "POST").toUpperCase() !== "POST")
    return "requestMethod is not POST (kkbida never sent it)";
  const url = String(row.url ?? "").trim();
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return "url is not a valid http or https URL";
  const content = String(row.content ?? "");
  if (content.trim() === "") return "content is empty (kkbida never sent it)";
  const memo = String(row.memo ?? "").trim();
  return {
    url,
    requestMethod: "POST",
    contentType: String(row.contentType ?? "").trim() || DEFAULT_CONTENT_TYPE,
    memo: memo === "" ? null : memo.slice(0, MAX_MEMO).toWellFormed(),
    content,
  };
}

/** 16 bytes that stand for a row: kkbida's ids alone are the same in every kkbida. */
export function webhookHash(row: SourceWebhook): Buffer {
  const { id, requestMethod, url, contentType, memo, content } = row;
  const text = JSON.stringify([id, requestMethod, url, contentType, memo, content]);
  return createHash("sha256").update(text).digest().subarray(0, 16);
}

/** Webhooks that were imported once are left alone, even where the channel has been changed or deleted since. */
export async function importWebhooks(
  source: Source,
  target: Database | null,
  write: boolean,
  options: ImportOptions,
  tally: Tally,
): Promise<void> {
  const rows = await source.webhooks();
  const hashes = rows.map(webhookHash);
  const known = target ? await knownWebhooks(target, hashes) : new Set();
  for (const [i, row] of rows.entries()) {
    const hash = hashes[i] as Buffer;
    if (known.has(hash.toString("hex"))) {
      tally.webhooks.known++;
      continue;
    }
    const mapped = mapWebhook(row);
    const reason = typeof mapped === "string" ? mapped : problemOf(mapped, options.webhooks);
    if (reason !== null) {
      tally.webhooks.leftOut++;
      note(tally.leftOut, `webhook: ${reason}`, String(row.id));
      options.onRemark({ table: "web_hook", id: String(row.id), result: "left out", reason });
      continue;
    }
    tally.webhooks.imported++;
    const create = (within: Database) =>
      options.webhooks?.create(within, mapped as WebhookRequest, `kkbida:${hash.toString("hex")}`) ??
      Promise.resolve();
    if (write && target) await writeWebhook(target, hash, create);
  }
}

function problemOf(request: WebhookRequest, sink: WebhookSink | null): string | null {
  if (sink === null) return "this version of Bida has no channels for failure notifications yet";
  return sink.problem(request);
}
