/** Requests as curl commands for a POSIX shell. */
import { formatJson } from "../../../core/json/pretty.ts";
import type { JsonText } from "../../../core/json/text.ts";
import { base64Of } from "./base64.ts";
import { type SentRequest, type SentTask, sentRequest } from "./sent-request.ts";

/** In single quotes, where nothing is special but the quote itself. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** Linux takes no argument of 128 KiB or more; in characters, of which each may take three bytes. */
const LONGEST_ARGUMENT = 40_000;

/** The callback itself: what curl would send to the target in Bida's place. */
export function curlOfCall(task: SentTask): string {
  const sent = sentRequest(task);
  const input = inputOf(sent);
  // Without globoff curl reads brackets and braces in a URL as a list of URLs.
  const parts = [`${input ?? ""}curl -i --globoff -X ${task.requestMethod} ${quote(sent.url)}`];
  for (const header of sent.headers) parts.push(`-H ${quote(headerArgument(header))}`);
  parts.push(`-H ${quote(`webhook-id: ${task.taskId}`)}`);
  const hasBody = sent.body !== null || sent.bytes !== null;
  const hasType = sent.headers.some(([name]) => name.toLowerCase() === "content-type");
  // Or curl calls every body a form.
  if (hasBody && !hasType) parts.push("-H content-type:");
  if (input !== null) parts.push("--data-binary @-");
  else if (sent.body !== null) parts.push(`--data-raw ${quote(sent.body)}`);
  return parts.join(" \\\n  ");
}

/** What a body comes through that cannot be an argument; null for all others. */
function inputOf({ body, bytes, charset }: SentRequest): string | null {
  if (bytes !== null) return `printf %s ${quote(bytes)} | base64 -d | `;
  if (body === null) return null;
  if (body.includes("\0"))
    return `printf %s ${quote(base64Of(new TextEncoder().encode(body)))} | base64 -d | ${encoder(charset)}`;
  if (charset === null && body.length <= LONGEST_ARGUMENT) return null;
  return `printf %s ${quote(body)} | ${encoder(charset)}`;
}

const encoder = (charset: string | null): string =>
  charset === null ? "" : `iconv -f UTF-8 -t ${quote(charset.toUpperCase())} | `;

/** curl's way to send a header without a value. */
const headerArgument = ([name, value]: [string, string]): string =>
  value === "" ? `${name};` : `${name}: ${value}`;

/** Handing a task over: what the form does. */
export function curlOfSubmit(request: JsonText, origin: string): string {
  return [
    `curl -u USER:PASSWORD ${origin}/v1/tasks`,
    "-H 'content-type: application/json'",
    `--data-raw ${quote(formatJson(request))}`,
  ].join(" \\\n  ");
}
