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
  /** For `lang` and `Intl`. */
  get tag(): string {
    return language === "zh" ? "zh-CN" : "en-GB";
  },
  set(to: Language): void {
    language = to;
    localStorage.setItem(STORED, to);
  },
};

type Values = Record<string, string | number>;

/**
 * The text of a key. `{name}` is filled from `values`; numbers are written as the language does. `a|b` are singular and
 * plural, chosen by `values.n`.
 */
export function t(key: Key, values: Values = {}): string {
  const text = catalogues[language][key] ?? key;
  const forms = "n" in values ? text.split("|") : [text];
  const form = forms.length > 1 && Number(values.n) !== 1 ? forms[1] : forms[0];
  return (form ?? text).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(i18n.tag) : (value ?? whole);
  });
}

/** For keys made of codes that the server sends: its own word where there is none here. */
export function tCode(prefix: string, code: string): string {
  const key = `${prefix}.${code}`;
  return key in en ? t(key as Key) : code;
}
