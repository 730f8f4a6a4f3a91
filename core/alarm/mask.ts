/** What is shown of a channel's secrets: enough to tell two apart, not enough to use. */

/** Stands for a secret. Sent back in a PATCH it changes nothing. */
export const MASK = "******";

/** Longest piece of a URL's path that is taken for a name and not for a token. */
const NAME_LENGTH = 15;
/** How much of a long token's end is shown. */
const TAIL = 4;

/** Every value of the query and every long piece of the path is masked. */
export function maskUrl(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed) return MASK;
  const path = parsed.pathname
    .split("/")
    .map((piece) => (piece.length > NAME_LENGTH ? masked(piece) : piece))
    .join("/");
  const query = Array.from(
    parsed.searchParams,
    ([name, value]) => `${encodeURIComponent(name)}=${masked(value)}`,
  );
  return `${parsed.origin}${path}${query.length > 0 ? `?${query.join("&")}` : ""}`;
}

const masked = (token: string): string =>
  token.length >= 16 ? `${MASK}${encodeURIComponent(token.slice(-TAIL))}` : MASK;

/** `text` without what is secret: answers and error messages may repeat what was sent. */
export function withoutSecrets(text: string, secrets: (string | null | undefined)[]): string {
  return secrets
    .filter((secret): secret is string => Boolean(secret) && (secret as string).length >= 6)
    .reduce((clean, secret) => clean.replaceAll(secret, MASK), text);
}
