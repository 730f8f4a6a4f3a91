/**
 * The address bar as state: which page, its parameters, and the query, which is where every filter lives so that a
 * link shows others the same. A dozen fixed routes and links that stay plain <a> need no more than this.
 */

export interface Location {
  path: string;
  query: URLSearchParams;
  hash: string;
}

const read = (): Location => ({
  path: decodeSafe(location.pathname.replace(/\/+$/, "") || "/"),
  query: new URLSearchParams(location.search),
  hash: location.hash,
});

function decodeSafe(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}

let current = $state.raw<Location>(read());
/** What a form has that would be lost; asked before the page is left. */
let guard: (() => boolean) | null = null;

export const route = {
  get path() {
    return current.path;
  },
  get query() {
    return current.query;
  },
};

/** Goes to an address of the console. `replace` where going back should skip this one. */
export function go(to: string, options: { replace?: boolean; state?: unknown } = {}): void {
  const samePage = new URL(to, location.href).pathname === location.pathname;
  if (!samePage && guard && !guard()) return;
  if (!samePage) guard = null;
  history[options.replace ? "replaceState" : "pushState"](options.state ?? null, "", to);
  current = read();
  if (!samePage) scrollTo(0, 0);
}

/** Changes the query only; empty values leave it. Lists repeat their name. */
export function setQuery(
  changes: Record<string, string | string[] | number | null | undefined>,
  options: { replace?: boolean; state?: unknown } = {},
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

/** Before another page is shown, `ask` must return true. Returns what lifts it. */
export function guardLeaving(ask: () => boolean): () => void {
  guard = ask;
  return () => {
    if (guard === ask) guard = null;
  };
}

/** Listens to the address bar and to clicks on links. Called once. */
export function startRouter(): void {
  addEventListener("popstate", () => {
    current = read();
  });
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
