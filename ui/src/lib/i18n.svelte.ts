/**
 * Both languages are in the bundle and `t` reads the chosen one from state: every text on the page follows a switch at
 * once. Catalogues are flat; `zh` has to have exactly the keys of `en` (the compiler checks it).
 */
import { en } from "../i18n/en.ts";
import { zh } from "../i18n/zh.ts";

export type Key = keyof typeof en;
export type Language = "en" | "zh";
export const LANGUAGES: { code: Language; tag: string; name: string }[] = [
  { code: "zh", tag: "zh-CN", name: "中文" },
  { code: "en", tag: "en", name: "English" },
];

const STORED = "bida.language";
const catalogues: Record<Language, Record<Key, string>> = { en, zh };

let language = $state<Language>(initial());

function initial(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "en" || stored === "zh") return stored;
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith("zh")) ? "zh" : "en";
}

export const i18n = {
  get language(): Language {
    return language;
  },
  /** For `lang` and `Intl`: the variant of the language that the browser prefers, whose dates its people read. */
  get tag(): string {
    return variants[language];
  },
  set(to: Language): void {
    language = to;
    localStorage.setItem(STORED, to);
  },
};

const variantOf = (code: Language, otherwise: string): string =>
  navigator.languages.find((tag) => new RegExp(`^${code}-`, "i").test(tag)) ?? otherwise;
const variants: Record<Language, string> = { en: variantOf("en", "en-GB"), zh: variantOf("zh", "zh-CN") };

type Values = Record<string, string | number>;

/** Letters that are written from right to left, and signs that turn the direction of what follows. */
const TURNING = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]/;

/** A name in the midst of a sentence: whatever it holds, the sentence around it reads as it was written. */
const isolated = (value: string): string => (TURNING.test(value) ? `\u2068${value}\u2069` : value);

/**
 * The text of a key. `{name}` is filled from `values`; numbers are written as the language does. `a|b` are singular and
 * plural, chosen by `values.n`; `{calls|call|calls}` is a number with the word behind it that fits.
 */
export function t(key: Key, values: Values = {}): string {
  const text = catalogues[language][key] ?? key;
  const written = (value: string | number): string =>
    typeof value === "number" ? value.toLocaleString(i18n.tag) : isolated(value);
  const counted = text.replace(/\{(\w+)\|([^|}]+)\|([^}]+)\}/g, (whole, name: string, one, many) => {
    const value = values[name];
    return value === undefined ? whole : `${written(value)} ${Number(value) === 1 ? one : many}`;
  });
  const forms = "n" in values ? counted.split("|") : [counted];
  const form = forms.length > 1 && Number(values.n) !== 1 ? forms[1] : forms[0];
  return (form ?? counted).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : written(value);
  });
}

/** For keys made of codes that the server sends: its own word where there is none here. */
export function tCode(prefix: string, code: string): string {
  const key = `${prefix}.${code}`;
  return key in en ? t(key as Key) : code;
}
