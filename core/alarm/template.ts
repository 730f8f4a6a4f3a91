/**
 * Templates of alarms: `${name}` is replaced, escaped for the content type that the template is written in. The console
 * fills them too, for its preview; what is wrong with one is found in `template-problem.ts`, with packages.
 */

/** What a template may hold. The first eight are kkbida's. */
export const VARIABLES = [
  "taskId",
  "url",
  "createTime",
  "lastModifiedDate",
  "sourceAppName",
  "targetAppName",
  "callCount",
  "limitCallCount",
  "lastError",
  "statusCode",
  "consoleUrl",
  "kind",
  "severity",
  "title",
  "summary",
  "count",
] as const;
/** How many of them are kkbida's. */
const LEGACY = 8;
export type Variable = (typeof VARIABLES)[number];
export type Values = Record<Variable, string>;

export type Format = "json" | "form" | "xml";

/** @param contentType one that the schema of channels lets through */
export function formatOf(contentType: string): Format {
  if (/json/i.test(contentType)) return "json";
  return /xml/i.test(contentType) ? "xml" : "form";
}

/** A variable in its place. */
export const PLACEHOLDER = /\$\{([^{}]*)\}/g;

/** These are numbers where an alarm has them: a template may hold them without quotes. */
export const NUMBERS: ReadonlySet<string> = new Set(["callCount", "limitCallCount", "statusCode", "count"]);

const ESCAPES: Record<Format, (text: string) => string> = {
  json: (text) => JSON.stringify(text).slice(1, -1),
  form: encodeURIComponent,
  // XML 1.0 has no way to write most control characters.
  xml: (text) =>
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is removed
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "")
      .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`),
};

/** The body that is sent. */
export function fillTemplate(template: string, format: Format, values: Values): string {
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    isVariable(name) ? ESCAPES[format](wellFormed(valueFor(name, values))) : whole,
  );
}

export const isVariable = (name: string): name is Variable => (VARIABLES as readonly string[]).includes(name);

/** Whether it holds variables, and kkbida's only. */
export function isLegacyTemplate(template: string): boolean {
  const known = Array.from(template.matchAll(PLACEHOLDER), ([, name = ""]) => name).filter(isVariable);
  return known.length > 0 && known.every((name) => VARIABLES.indexOf(name) < LEGACY);
}

/** Whether a message of it says what kind of alarm it is. */
export const tellsKind = (template: string): boolean =>
  Array.from(template.matchAll(PLACEHOLDER), ([, name]) => name).some(
    (name) => name === "kind" || name === "title" || name === "summary",
  );

/**
 * Whether messages of a template lack the keyword that is set (`title`), without which a robot may refuse them: it stands in
 * `${title}`, or in the template itself.
 * @param type of the channel; mail has the keyword in its subject, programs ask for none
 */
export function lacksKeyword({
  type,
  content,
  title,
}: {
  type: string;
  content?: string | null | undefined;
  title?: string | null | undefined;
}): boolean {
  if (!content || !title || type === "email" || type === "webhook") return false;
  return !content.includes("${title}") && !content.includes(ESCAPES.json(title));
}

/** A number that an alarm does not have is 0: an unquoted place must stay valid. */
const valueFor = (name: Variable, values: Values): string => values[name] || (NUMBERS.has(name) ? "0" : "");

/** A lone surrogate has no UTF-8 form. */
const wellFormed = (text: string): string => (text.isWellFormed() ? text : text.toWellFormed());
