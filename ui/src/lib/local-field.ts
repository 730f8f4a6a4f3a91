/** Moments as `datetime-local` fields hold them: the viewer's own time. */

export function toLocalField(iso: string | null | undefined): string {
  if (!iso) return "";
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromLocalField(text: string): string | null {
  return text ? new Date(text).toISOString() : null;
}
