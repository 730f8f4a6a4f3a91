/** What a task sends as its body: which field it comes from, in which media type and charset. Pure. */
import { canEncode, encodeExactly, missingIn } from "./charset.ts";
import type { FieldError } from "./errors.ts";
import { elementsOf, kindOf, membersOf, plainText } from "./json/look.ts";
import type { JsonText } from "./json/text.ts";
import { charsetOf, essenceOf, isFormType, isJsonType, JSON_TYPE } from "./media-type.ts";
import type { TaskSpec } from "./task.ts";

/** What a body may take, in bytes as it is sent. */
export const MAX_BODY_BYTES = 1024 * 1024;

export type PayloadFields = Pick<
  TaskSpec,
  "requestMethod" | "requestParam" | "body" | "bodyBase64" | "contentType" | "headers"
>;

export interface RenderedBody {
  /** Null where the request has none. Text is sent as UTF-8. */
  body: string | Uint8Array | null;
  /** Null where there is no body, or where `headers` name the type. */
  contentType: string | null;
}

/**
 * `body` as it is, `bodyBase64` as bytes, or `requestParam` as JSON or a form; text in the charset that the content type
 * names.
 * @throws Error for what {@link payloadErrors} would have refused
 */
export function renderBody(task: PayloadFields): RenderedBody {
  const { requestMethod, requestParam, body, bodyBase64, contentType } = task;
  if (bodyBase64 !== null) return { body: Buffer.from(bodyBase64, "base64"), contentType };
  const isBodyless = requestMethod === "GET" || requestMethod === "DELETE";
  if (body === null && isBodyless) return { body: null, contentType: null };
  const type = typeOf(task) ?? (body === null ? JSON_TYPE : null);
  const sent = contentType ?? (headerType(task) === null ? type : null);
  if (body === null && type !== null && isFormType(type))
    return { body: formOf(requestParam, charsetOf(type)), contentType: sent };
  // Without a `requestParam` v1 sends an empty object.
  return { body: inCharset(body ?? requestParam ?? "{}", type), contentType: sent };
}

/** The content type that is sent, wherever it is given. */
const typeOf = (task: Pick<PayloadFields, "contentType" | "headers">): string | null =>
  task.contentType ?? headerType(task);

function headerType({ headers }: Pick<PayloadFields, "headers">): string | null {
  if (headers === null) return null;
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "content-type");
  return name === undefined ? null : (headers[name] as string);
}

/** Whether its `requestParam` is sent as a form. */
export function isForm(task: PayloadFields): boolean {
  const type = typeOf(task);
  return task.requestParam !== null && type !== null && isFormType(type);
}

function inCharset(text: string, type: string | null): string | Buffer {
  const charset = type === null ? null : charsetOf(type);
  const bytes = charset === null ? text : encodeExactly(text, charset);
  if (bytes === null) throw new Error(`the body has a character that ${charset} lacks`);
  return bytes;
}

/** `application/x-www-form-urlencoded` (WHATWG URL, section 5), which is ASCII; lists repeat their name. */
function formOf(param: JsonText | null, charset: string | null): string {
  if (param === null) return "";
  const pairs: string[] = [];
  for (const [name, value] of membersOf(param)) {
    for (const one of kindOf(value) === "list" ? elementsOf(value) : [value])
      pairs.push(`${formEncoded(name, charset)}=${formEncoded(plainText(one), charset)}`);
  }
  return pairs.join("&");
}

function formEncoded(text: string, charset: string | null): string {
  const bytes = Buffer.from(charset === null ? text : (encodeExactly(text, charset) ?? ""));
  let encoded = "";
  for (const byte of bytes) encoded += FORM_BYTES[byte];
  return encoded;
}

/** What each byte is in a form. */
const FORM_BYTES = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (char === " ") return "+";
  return /[A-Za-z0-9_.*-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

/** Names and values of a form. Servers take 1,000 (PHP, Express, Jetty) to 10,000 (Tomcat). */
const MAX_FORM_FIELDS = 10_000;

/** Rules between the fields of a payload. What a field breaks by itself is the schema's business. */
export function payloadErrors(task: PayloadFields): FieldError[] {
  const { requestMethod, requestParam, body, bodyBase64, contentType } = task;
  const errors: FieldError[] = [];
  const refuse = (field: string, message: string) => errors.push({ field, message });
  const given = Object.entries({ requestParam, body, bodyBase64 }).filter(([, value]) => value !== null);
  for (const [field] of given.slice(1))
    refuse(field, `cannot be given together with ${(given[0] as [string, unknown])[0]}`);
  for (const [field] of given)
    if (field !== "requestParam" && requestMethod === "GET") refuse(field, "cannot be sent with GET");
  const hasHeaderType = headerType(task) !== null;
  if (contentType !== null && hasHeaderType)
    refuse("contentType", "cannot be given together with a content-type header");
  const isRaw = body !== null || bodyBase64 !== null;
  const isBodyless = requestMethod === "GET" || requestMethod === "DELETE";
  if (contentType !== null && !isRaw && isBodyless) refuse("contentType", "is for requests with a body");
  const type = typeOf(task);
  if (type === null || errors.length > 0 || (!isRaw && isBodyless)) return errors;
  errors.push(...typeErrors(task, type, hasHeaderType ? "headers.content-type" : "contentType"));
  return errors;
}

/** @param field what names the type */
function typeErrors(task: PayloadFields, type: string, field: string): FieldError[] {
  const { requestParam, body, bodyBase64 } = task;
  // Bytes are bytes, whatever their type says.
  if (bodyBase64 !== null) return [];
  const charset = charsetOf(type);
  if (charset !== null && !canEncode(charset))
    return [{ field, message: `names an unknown charset, ${charset.slice(0, 40)}` }];
  if (body !== null) return missing("body", body, charset);
  if (isFormType(type)) return formErrors(requestParam, charset);
  if (isJsonType(type)) return missing("requestParam", requestParam ?? "", charset);
  const message = `requestParam is sent as JSON or as application/x-www-form-urlencoded, not as ${essenceOf(type).slice(0, 100)}; send body or bodyBase64 instead`;
  return [{ field, message }];
}

function missing(field: string, text: string, charset: string | null): FieldError[] {
  if (charset === null || encodeExactly(text, charset) !== null) return [];
  return [{ field, message: `has a character that ${charset} lacks, ${missingIn(text, charset)}` }];
}

function formErrors(param: JsonText | null, charset: string | null): FieldError[] {
  if (param === null) return [];
  let count = 0;
  for (const value of membersOf(param).values()) {
    count += kindOf(value) === "list" ? elementsOf(value).length : 1;
    if (count <= MAX_FORM_FIELDS) continue;
    const message = `must have at most ${MAX_FORM_FIELDS} values where it is sent as a form`;
    return [{ field: "requestParam", message }];
  }
  const members = Array.from(membersOf(param), ([name, value]) => ({
    field: `requestParam.${name.slice(0, 64).toWellFormed()}`,
    name,
    values: kindOf(value) === "list" ? elementsOf(value) : [value],
  }));
  const nested = members.filter(({ values }) => values.some((one) => /^[{[]/.test(one)));
  if (nested.length > 0)
    return nested.map(({ field }) => ({
      field,
      message: "cannot be nested in a form; a form has texts, numbers and lists of them",
    }));
  const texts = members.map(({ field, name, values }) => ({
    field,
    text: name + values.map(plainText).join(""),
  }));
  const broken = texts.find(({ text }) => !text.isWellFormed());
  if (broken)
    return [{ field: broken.field, message: "must be well-formed Unicode (it holds a lone surrogate)" }];
  const whole = texts.map(({ text }) => text).join("");
  if (charset === null || encodeExactly(whole, charset) !== null) return [];
  // Only now one by one, up to the first.
  const lacking = texts.find(({ text }) => encodeExactly(text, charset) === null);
  return lacking ? missing(lacking.field, lacking.text, charset) : missing("requestParam", whole, charset);
}

/** About how many bytes a body takes as it is sent; in other charsets than UTF-8 they may be fewer, or more. */
export function bodyBytes(task: PayloadFields): number {
  if (task.bodyBase64 !== null) return Buffer.byteLength(task.bodyBase64, "base64");
  if (isForm(task)) return formOf(task.requestParam, charsetOf(typeOf(task) ?? "")).length;
  const text = task.body ?? task.requestParam ?? "";
  // A character takes at most three bytes per UTF-16 unit; only large texts need counting.
  return text.length * 3 <= MAX_BODY_BYTES ? text.length : Buffer.byteLength(text);
}
