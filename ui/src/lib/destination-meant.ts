/** What somebody means who types a part of a destination where an origin is asked for. */
import { api } from "../api/client.ts";

/**
 * A host without its scheme is the destination of that host, if one is known; a URL is its origin.
 * @returns what was typed where nothing is known: the list says what is wrong with it
 */
export async function destinationMeant(text: string): Promise<string> {
  if (text.includes("://")) return URL.parse(text)?.origin.replace(/^null$/, text) ?? text;
  const query = { field: "destination", text } as const;
  const found = await api((a) => a.GET("/v1/tasks/suggestions", { params: { query } })).catch(() => null);
  const host = text.toLowerCase().replace(/\/.*$/, "");
  const of = (origin: string) => URL.parse(origin);
  return (
    found?.items.find((origin) => of(origin)?.host === host) ??
    found?.items.find((origin) => of(origin)?.hostname === host) ??
    text
  );
}
