/** What came back from a target, understood: decoded, as text to judge, and as it is kept on record. */
import { cutToBytes } from "../core/cut-text.ts";
import type { CallError, ResponseEncoding } from "../core/outcome.ts";
import type { Place } from "./answer-room.ts";
import { readText } from "./charset.ts";
import { codingsOf, decodeContent } from "./content-coding.ts";
import { type Further, SearchReading, WholeReading } from "./further.ts";
import type { CallResult } from "./http-call.ts";
import { MAX_ANSWER_BYTES } from "./reading.ts";

export interface Answer {
  /** What is judged. What is not valid in its charset is U+FFFD here. */
  text: string;
  /** There is more than `text`; what `search` knows of it is all that is known. */
  isPart: boolean;
  /** Knows which texts stand in the whole answer, as far as it was read. Null: `text` says so. */
  search: SearchReading | null;
  /** How much was looked at, in bytes, where that is more than is kept. */
  lookedAt?: number;
  /** What is kept. */
  body: string;
  encoding: ResponseEncoding;
  /** There was more than is kept. */
  truncated: boolean;
  /** Why the call failed, as far as it is known here. */
  error: CallError | null;
}

/**
 * @param timeLeft of the call, in ms
 * @param further how far it may be looked at; null: as far as it is kept. It is released by the one who judges the answer
 * @returns at once where nothing is encoded
 */
export function readAnswer(
  result: CallResult,
  timeLeft: number,
  further: Further | null = null,
): Answer | Promise<Answer> {
  const codings = codingsOf(result.headers?.["content-encoding"]);
  return codings.length === 0
    ? plainAnswer(result, further)
    : decodedAnswer(result, codings, timeLeft, further);
}

function plainAnswer(result: CallResult, further: Further | null): Answer {
  const { headers, truncated, error, reading, complete = false } = result;
  const type = headers?.["content-type"];
  const body = wholeOf(result);
  // A body without a content-encoding is never read further than it is kept, unless something reads on.
  if (!reading || !further) return asText(body, type, truncated, error);
  if (reading instanceof SearchReading)
    return { ...asText(body, type, true, error), search: reading, lookedAt: further.maxBytes };
  return { ...asText(body, type, !complete, error), lookedAt: further.wholeBytes };
}

/** With what was read behind the beginning, where that was kept. */
const wholeOf = ({ body, reading }: CallResult): Buffer =>
  reading instanceof WholeReading ? Buffer.concat([body, ...reading.rest]) : body;

async function decodedAnswer(
  result: CallResult,
  codings: string[],
  timeLeft: number,
  further: Further | null,
): Promise<Answer> {
  const { headers, truncated, error, statusCode, reading, complete = false } = result;
  const until = performance.now() + timeLeft;
  const body = wholeOf(result);
  const isCut = reading ? !complete && error === null : truncated;
  const isWhole = error === null && !isCut;
  const decoded = await decodeContent(body, codings, isWhole, timeLeft);
  if ("code" in decoded) {
    // For people to look at. Of a call that failed already its own error counts.
    const bytes = body.subarray(0, MAX_ANSWER_BYTES);
    return { ...asBytes(bytes, "", isCut || bytes.length < body.length), error: error ?? decoded };
  }
  const type = headers?.["content-type"];
  const beginning = asText(decoded.bytes, type, isCut || (decoded.cut && error === null), error);
  if (error !== null || !decoded.cut || !further?.matters(statusCode)) return beginning;
  if (further.wholeBytes <= MAX_ANSWER_BYTES || !further.wantsMoreThan(beginning.text)) return beginning;
  return decodedFurther(body, codings, { isWhole, until, type, further, beginning });
}

/** Decodes it again, as far as it may be looked at. Few answers are that long. */
async function decodedFurther(
  body: Buffer,
  codings: string[],
  more: { isWhole: boolean; until: number; type: ContentType; further: Further; beginning: Answer },
): Promise<Answer> {
  const { isWhole, until, type, further, beginning } = more;
  const place = further.take();
  if (!place.held) await grantedUntil(place, until);
  const timeLeft = place.held ? until - performance.now() : 0;
  const decoded = await decodeContent(body, codings, isWhole, timeLeft, further.wholeBytes);
  if ("code" in decoded) return { ...beginning, error: decoded };
  const answer = asText(decoded.bytes, type, !isWhole || decoded.cut, null);
  return { ...answer, lookedAt: further.wholeBytes };
}

async function grantedUntil({ granted }: Place, until: number): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, Math.max(1, until - performance.now())).unref();
  await Promise.race([granted, timeout.promise]);
  clearTimeout(timer);
}

type ContentType = string | string[] | undefined;

/** @param isPart `bytes` is the beginning only */
function asText(bytes: Buffer, contentType: ContentType, isPart: boolean, error: CallError | null): Answer {
  const { text, exact } = readText(bytes, contentType, isPart || error !== null);
  const isLong = bytes.length > MAX_ANSWER_BYTES;
  if (!exact) {
    const kept = isLong ? bytes.subarray(0, MAX_ANSWER_BYTES) : bytes;
    return { ...asBytes(kept, text, isPart || isLong), isPart, error };
  }
  // Other charsets can grow when decoded.
  const body = cutToBytes(text, MAX_ANSWER_BYTES);
  const truncated = isPart || body.length < text.length;
  return { text, isPart, search: null, body, encoding: "text", truncated, error };
}

const asBytes = (bytes: Buffer, text: string, truncated: boolean): Omit<Answer, "error"> => ({
  text,
  isPart: truncated,
  search: null,
  body: bytes.toString("base64"),
  encoding: "base64",
  truncated,
});
