/** What this browser remembers: theme, time zone, columns, saved views. */
import { fieldZone } from "../lib/local-field.ts";

export type Theme = "system" | "light" | "dark";

export function stored<T>(name: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`bida.${name}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function store(name: string, value: unknown): void {
  try {
    localStorage.setItem(`bida.${name}`, JSON.stringify(value));
  } catch {
    // Private windows may have no room; it is only a preference.
  }
}

const chosen = localStorage.getItem("bida.theme");
let theme = $state<Theme>(chosen === "light" || chosen === "dark" ? chosen : "system");
const system = matchMedia("(prefers-color-scheme: dark)");
let systemDark = $state(system.matches);
system.addEventListener("change", () => {
  systemDark = system.matches;
});

export const appearance = {
  get theme() {
    return theme;
  },
  get dark() {
    return theme === "dark" || (theme === "system" && systemDark);
  },
  /** As plain text: boot.js reads it before the first paint. */
  set(to: Theme): void {
    theme = to;
    localStorage.setItem("bida.theme", to);
    if (to === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = to;
  },
};

/** In which time zone moments are shown and typed. */
export type Zone = "local" | "utc";
let zone = $state<Zone>(stored<Zone>("zone", "local") === "utc" ? "utc" : "local");
fieldZone.utc = stored<Zone>("zone", "local") === "utc";
export const zones = {
  get chosen(): Zone {
    return zone;
  },
  set(to: Zone): void {
    zone = to;
    fieldZone.utc = to === "utc";
    store("zone", to);
  },
  /** For `Intl`; undefined: that of this machine. */
  get name(): "UTC" | undefined {
    return zone === "utc" ? "UTC" : undefined;
  },
};

/** A view from before they were shared. */
export interface KeptView {
  name: string;
  /** The query of the page's address. */
  query: string;
}

/** A list that this browser keeps, as state. */
export class Kept<T> {
  readonly #name: string;
  #value: T;

  constructor(name: string, otherwise: T) {
    this.#name = name;
    this.#value = $state.raw(stored(name, otherwise));
  }
  get value(): T {
    return this.#value;
  }
  set value(to: T) {
    this.#value = to;
    store(this.#name, to);
  }
}
