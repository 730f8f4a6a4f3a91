/**
 * The address bar as state: which page, its parameters, and the query, which is where every filter lives so a
 * link shows others the same. A dozen fixed routes and links that stay plain <a> need no more than this.
 */

import { scrollBackTo } from "./scroll.ts";

export interface Location {
  path: string;
  query: URLSearchParams;
  hash: string;
  /** The entry of the browser's history: no two have the same, and going back leads to the same again. */
  entry: string;
  /** The address of the console that it was reached from; empty: none. */
  from: string;
}

/** What an entry of the history carries, beside what pages put there. */
interface Entry {
  id: string;
  /** Its place in the history of this tab. */
  at: number;
  /** How far its page was scrolled when the document was left, in px. */
  scrolled?: number;
  /** The address of the console that it was reached from; none where that was another site, or a new tab. */
  from?: string;
}

const entryOf = (state: unknown): Partial<Entry> => (state ?? {}) as Partial<Entry>;
let made = 0;
const nextEntry = (at: number): Entry => ({ id: `${performance.timeOrigin}.${++made}`, at });

const read = (): Location => ({
  path: decodeSafe(location.pathname.replace(/\/+$/, "") || "/"),
  query: new URLSearchParams(location.search),
  hash: location.hash,
  entry: entryOf(history.state).id ?? "",
  from: entryOf(history.state).from ?? "",
});

function decodeSafe(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}

// Pages load what they show: only they know when there is something to scroll to.
history.scrollRestoration = "manual";
if (entryOf(history.state).id === undefined) history.replaceState({ ...history.state, ...nextEntry(0) }, "");
let current = $state.raw<Location>(read());
/** The place of `current` in the history. */
let currentAt = entryOf(history.state).at ?? 0;
/** How far pages were scrolled when they were left, by entry. */
const scrolled = new Map<string, number>();
/** What a form has that would be lost; asked before the page is left. */
let guard: (() => Promise<boolean>) | null = null;

export const route = {
  get path() {
    return current.path;
  },
  get query() {
    return current.query;
  },
  get entry() {
    return current.entry;
  },
  get from() {
    return current.from;
  },
};

export interface GoOptions {
  /** Going back should skip the page that is left. */
  replace?: boolean;
  /** What the entry of the history carries besides. */
  state?: object;
  /** From the top also where the page stays the same. */
  top?: boolean;
  /** Where it is said to be reached from; default: the address that is left. */
  from?: string;
}

/** Goes to an address of the console. */
export function go(to: string, options: GoOptions = {}): void {
  const samePage = new URL(to, location.href).pathname === location.pathname;
  if (!samePage && guard) {
    void leave(() => go(to, options));
    return;
  }
  scrolled.set(current.entry, scrollY);
  const from = options.from ?? (samePage ? current.from : location.pathname + location.search);
  const entry: Entry = { ...nextEntry(options.replace ? currentAt : currentAt + 1), from };
  history[options.replace ? "replaceState" : "pushState"]({ ...options.state, ...entry }, "", to);
  current = read();
  currentAt = entry.at;
  if (!samePage || options.top) scrollTo(0, 0);
}

/** Goes on where nothing would be lost, or the operator says so. */
async function leave(on: () => void): Promise<void> {
  if (guard && !(await guard())) return;
  guard = null;
  on();
}

/** Changes the query only; empty values leave it. Lists repeat their name. */
export function setQuery(
  changes: Record<string, string | string[] | number | null | undefined>,
  options: GoOptions = {},
): void {
  const query = new URLSearchParams(current.query);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") query.append(name, String(one));
    }
  }
  const text = readable(query);
  go(`${location.pathname}${text ? `?${text}` : ""}`, options);
}

/** A query that people can read: what need not be escaped is not. */
export function readable(query: URLSearchParams): string {
  return query.toString().replace(/%3A/g, ":").replace(/%2F/g, "/").replace(/%2C/g, ",");
}

/**
 * While it is in force, another page is shown only where `ask` says so; reloading and closing the tab ask with the
 * browser's own words. Returns what lifts it.
 */
export function guardLeaving(ask: () => Promise<boolean>): () => void {
  const unload = (event: BeforeUnloadEvent) => event.preventDefault();
  guard = ask;
  addEventListener("beforeunload", unload);
  return () => {
    removeEventListener("beforeunload", unload);
    if (guard === ask) guard = null;
  };
}

/** The browser went back or forth by itself. */
function popped(): void {
  const by = (entryOf(history.state).at ?? 0) - currentAt;
  // The query is no other page.
  if (guard && by !== 0 && read().path !== current.path) {
    // The address has changed already: it is taken back until the answer is there.
    addEventListener("popstate", () => void leave(() => history.go(by)), { once: true });
    history.go(-by);
    return;
  }
  if (read().entry === current.entry) return;
  scrolled.set(current.entry, scrollY);
  current = read();
  currentAt += by;
  scrollBackTo(scrolled.get(current.entry) ?? entryOf(history.state).scrolled ?? 0);
}

/** Listens to the address bar and to clicks on links. Called once. */
export function startRouter(): void {
  addEventListener("popstate", popped);
  addEventListener("pagehide", () =>
    history.replaceState({ ...history.state, scrolled: scrollY } satisfies Partial<Entry>, ""),
  );
  const before = entryOf(history.state).scrolled;
  if (before) scrollBackTo(before);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return;
    const link = (event.target as Element).closest?.("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (/^\/(v1|api|docs|openapi\.json|metrics|healthz|readyz)(\/|$)/.test(link.pathname)) return;
    event.preventDefault();
    if (link.href !== location.href) go(link.pathname + link.search + link.hash);
  });
}
