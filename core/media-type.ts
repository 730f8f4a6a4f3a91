/** Media types of bodies (RFC 9110, section 8.3), as far as they decide how a body is written. */

/** Of a `requestParam` that is sent as a body. */
export const JSON_TYPE = "application/json;charset=UTF-8";

/** `type/subtype` in lower case. */
export const essenceOf = (contentType: string): string =>
  (contentType.split(";", 1)[0] as string).trim().toLowerCase();

/** `application/json` and its kin: `text/json`, `application/merge-patch+json`, … */
export const isJsonType = (contentType: string): boolean =>
  /^(application|text)\/([\w.+-]+\+)?json$/.test(essenceOf(contentType));

export const isFormType = (contentType: string): boolean =>
  essenceOf(contentType) === "application/x-www-form-urlencoded";

/** The `charset` parameter in lower case; null where there is none. */
export function charsetOf(contentType: string): string | null {
  const [, quoted, bare] = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType) ?? [];
  return (quoted ?? bare)?.trim().toLowerCase() ?? null;
}
