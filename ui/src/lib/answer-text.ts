/** An attempt's answer as text, as it is shown: what was answered, its headers, and its body. */
import { formatJson } from "../../../core/json/pretty.ts";
import type { Attempt } from "../api/types.ts";
import { bytesOf, readable } from "./answer-bytes.ts";
import { visible } from "./text.ts";

type Answer = Pick<Attempt, "responseBody" | "responseEncoding" | "responseHeaders">;

/** The bytes of an answer that is no text; null where it is one, or there is none. */
export const answerBytes = ({ responseBody, responseEncoding }: Answer): Uint8Array<ArrayBuffer> | null =>
  responseEncoding === "base64" && responseBody !== null ? bytesOf(responseBody) : null;

/** The body, as far as it can be read; null where there was none. */
export function answerBody(answer: Answer): string | null {
  const bytes = answerBytes(answer);
  return bytes === null ? answer.responseBody : readable(bytes, answer.responseHeaders?.["content-type"]);
}

/** `name: value`, one for each value. */
export const answerHeaders = ({ responseHeaders }: Answer): string[] =>
  Object.entries(responseHeaders ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${one}`),
  );

/** As `CodeBlock` shows it. */
export const shownText = (text: string): string => visible(formatJson(text));
