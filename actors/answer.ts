/** What came back from a target, understood: decoded, as text to judge, and as it is kept on record. */
import { cutToBytes } from "../core/cut-text.ts";
import type { CallError, ResponseEncoding } from "../core/outcome.ts";
import { readText } from "./charset.ts";
import { codingsOf, decodeContent } from "./content-coding.ts";
import { type CallResult, MAX_ANSWER_BYTES } from "./http-call.ts";

export interface Answer {
  /** What is judged. What is not valid in its charset is U+FFFD here. */
  text: string;
  /** What is kept. */
  body: string;
  encoding: ResponseEncoding;
  /** There was more. */
  truncated: boolean;
  /** Why the call failed, as far as it is known here. */
  error: CallError | null;
}

/**
 * @param timeLeft of the call, in ms
 * @returns at once where nothing is encoded
 */
export function readAnswer(result: CallResult, timeLeft: number): Answer | Promise<Answer> {
  const codings = codingsOf(result.headers?.["content-encoding"]);
  return codings.length === 0 ? plainAnswer(result) : decodedAnswer(result, codings, timeLeft);
}

function plainAnswer({ body, headers, truncated, error }: CallResult): Answer {
  const cut = body.length > MAX_ANSWER_BYTES;
  const bytes = cut ? body.subarray(0, MAX_ANSWER_BYTES) : body;
  return asText(bytes, headers?.["content-type"], truncated || cut, error);
}

async function decodedAnswer(result: CallResult, codings: string[], timeLeft: number): Promise<Answer> {
  const { body, headers, truncated, error } = result;
  const decoded = await decodeContent(body, codings, error === null && !truncated, timeLeft);
  if ("code" in decoded) {
    // For people to look at. Of a call that failed already its own error counts.
    const bytes = body.subarray(0, MAX_ANSWER_BYTES);
    const cut = truncated || bytes.length < body.length;
    return { ...asBytes(bytes, "", cut), error: error ?? decoded };
  }
  return asText(
    decoded.bytes,
    headers?.["content-type"],
    truncated || (decoded.cut && error === null),
    error,
  );
}

function asText(
  bytes: Buffer,
  contentType: string | string[] | undefined,
  truncated: boolean,
  error: CallError | null,
): Answer {
  const { text, exact } = readText(bytes, contentType, truncated || error !== null);
  if (!exact) return { ...asBytes(bytes, text, truncated), error };
  // Other charsets can grow when decoded.
  const body = cutToBytes(text, MAX_ANSWER_BYTES);
  return { text, body, encoding: "text", truncated: truncated || body.length < text.length, error };
}

const asBytes = (bytes: Buffer, text: string, truncated: boolean): Omit<Answer, "error"> => ({
  text,
  body: bytes.toString("base64"),
  encoding: "base64",
  truncated,
});
