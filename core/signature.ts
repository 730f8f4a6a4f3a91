/**
 * Standard Webhooks signatures (https://www.standardwebhooks.com, specification 1.0): HMAC-SHA256 over
 * `id.timestamp.body`, base64, prefixed `v1,`. Secrets are `whsec_` + base64 of 24…64 bytes.
 * Node's HMAC rather than the reference library: that one computes SHA-256 in JavaScript.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

const PREFIX = "whsec_";
/** How old or how far ahead a signed request may be, in seconds; the specification's recommendation. */
const TOLERANCE_S = 300;
const MIN_KEY_BYTES = 24;

export interface SignedHeaders {
  "webhook-id": string;
  /** Seconds since the Unix epoch. */
  "webhook-timestamp": string;
  /** Space-separated; several while a secret is being rotated. */
  "webhook-signature": string;
}

/** @param secrets newest first; while a secret is rotated both sign */
export function sign(
  id: string,
  timestampSeconds: number,
  body: string | Uint8Array,
  secrets: string[],
): string {
  return secrets.map((secret) => `v1,${digest(id, timestampSeconds, body, secret)}`).join(" ");
}

/**
 * For the receiving side: whether a request was signed with `secret`, and recently.
 * @param headers names in any case: Node's and Express's objects, or the `Headers` of Fetch
 * @param rawBody the body as it arrived, before any parsing
 * @param now seconds since the epoch
 * @throws TypeError where `secret` is no signing secret
 */
export function verifySignature(
  headers: HeaderValues | FetchHeaders,
  rawBody: string | Uint8Array,
  secret: string,
  now = Math.floor(Date.now() / 1000),
): boolean {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  const [id, timestamp, signatures] = names.map((name) => headerOf(headers, name));
  if (!id || !timestamp || !signatures || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now - Number(timestamp)) > TOLERANCE_S) return false;
  const wanted = Buffer.from(digest(id, Number(timestamp), rawBody, secret));
  return signatures.split(" ").some((candidate) => {
    const [version, value] = candidate.split(",");
    if (version !== "v1" || value === undefined) return false;
    const given = Buffer.from(value);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

/** As Node and Express have them. */
export type HeaderValues = Record<string, string | string[] | undefined>;

/** What is needed of the `Headers` of Fetch. */
export interface FetchHeaders {
  get(name: string): string | null;
}

function headerOf(headers: HeaderValues | FetchHeaders, name: string): string | undefined {
  if (typeof headers.get === "function") return (headers as FetchHeaders).get(name) ?? undefined;
  const values = headers as HeaderValues;
  const key = Object.keys(values).find((candidate) => candidate.toLowerCase() === name);
  const value = key === undefined ? undefined : values[key];
  return Array.isArray(value) ? value[0] : value;
}

function digest(id: string, timestampSeconds: number, body: string | Uint8Array, secret: string): string {
  return createHmac("sha256", keyOf(secret))
    .update(`${id}.${timestampSeconds}.`)
    .update(body)
    .digest("base64");
}

/** Keys made of secrets. Making one takes 15 µs, signing with it 2. */
const keys = new Map<string, KeyObject>();
/** Beyond this all are forgotten, so secrets that were rotated away do not stay for ever. */
const MAX_KEYS = 1_000;

function keyOf(secret: string): KeyObject {
  const known = keys.get(secret);
  if (known) return known;
  const key = Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, "base64");
  // An empty key would verify forgeries.
  if (key.length < MIN_KEY_BYTES)
    throw new TypeError("a signing secret is whsec_ and base64 of 24 to 64 bytes");
  const made = createSecretKey(key);
  if (keys.size >= MAX_KEYS) keys.clear();
  keys.set(secret, made);
  return made;
}
