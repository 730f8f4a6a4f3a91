/** What is wrong with a field of a form, in the viewer's language: the rule that was broken, and where. */
import type { JsonError } from "../../../core/json/error.ts";
import { en } from "../i18n/en.ts";
import { type Key, t } from "./i18n.svelte.ts";
import type { Mistake } from "./request.ts";

export function mistakeText(mistake: Mistake): string {
  return mistake.code === "json" ? jsonText(mistake.error) : t(`mistake.${mistake.code}`);
}

/** What is wrong with a JSON text, and where. */
export function jsonText({ fault, message, line, column }: JsonError): string {
  // Numbers as they are: editors count lines without separators.
  const place = { line: String(line), column: String(column) };
  const [, key] = /^has the key (".*") twice$/s.exec(message) ?? [];
  if (fault === "duplicate" && key !== undefined) return t("mistake.duplicate", { ...place, key });
  if (fault === "depth") return t("mistake.depth", place);
  return t("mistake.json", { ...place, rule: ruleText(message) });
}

/** Rules of JSON by the parser's own words for them, which are English. */
const RULES: ReadonlyMap<string, Key> = new Map(
  (Object.keys(en) as Key[]).filter((key) => key.startsWith("json.")).map((key) => [en[key], key]),
);

/** The parser's own word, where the catalogue does not know it. */
function ruleText(message: string): string {
  const key = RULES.get(message);
  return key === undefined ? message : t(key);
}
