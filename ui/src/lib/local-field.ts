/** Moments as `datetime-local` fields hold them: in the time zone that the viewer chose. */

/** Set by `state/preferences.svelte.ts`; state of the page itself has no place in what tests run without one. */
export const fieldZone = { utc: false };

export function toLocalField(iso: string | null | undefined): string {
  if (!iso) return "";
  const date = new Date(iso);
  const behind = fieldZone.utc ? 0 : date.getTimezoneOffset() * 60_000;
  return new Date(date.getTime() - behind).toISOString().slice(0, 16);
}

export function fromLocalField(text: string): string | null {
  return text ? new Date(fieldZone.utc ? `${text}Z` : text).toISOString() : null;
}
