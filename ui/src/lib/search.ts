/** What a text in a search field means. */

export const looksLikeTaskId = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text.trim());

/** Whether it reads as part of a URL rather than of a payload. */
export const looksLikeUrl = (text: string): boolean =>
  /^https?:|\/|^[\w-]+(\.[\w-]+)+(:\d+)?$|^[\w.-]+:\d+/.test(text);
