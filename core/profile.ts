/**
 * What a target sees of a task that was handed over as kkbida's users did: over kkbida's endpoint, by Dubbo, or by the
 * import. The profile is recorded with the task, so what is set later changes nothing for tasks that were accepted before.
 * What kkbida sent was recorded: `test/e2e/kkbida/`, docs/migrating-from-kkbida.md.
 */
import { type Millis, minutes } from "./clock.ts";

/** `kkbida-query`: what no placeholder of a GET used is appended to its URL, as v1 does and kkbida never did. */
export const PROFILES = ["kkbida", "kkbida-query"] as const;
export type Profile = (typeof PROFILES)[number];

/** What is set for new tasks of kkbida's users. */
export interface LegacySettings {
  /** kkbida waited without end. */
  timeoutMs: Millis;
  profile: Profile;
}
export const LEGACY_SETTINGS: LegacySettings = { timeoutMs: minutes(1), profile: "kkbida" };

/** What Spring's RestTemplate asks for where it wants a text. */
export const LEGACY_ACCEPT = "text/plain, application/json, application/*+json, */*";

/** The type that Java's HTTP client names with a POST without a body. */
export const LEGACY_EMPTY_TYPE = "application/x-www-form-urlencoded";

/** Java follows twenty. */
const MAX_REDIRECTS = 5;

/** How many redirects of an answer are followed. */
export const redirectsOf = (profile: Profile | null, method: string): number =>
  profile !== null && method === "GET" ? MAX_REDIRECTS : 0;

/** Whether what no placeholder used becomes the query string of a request without a body. */
export const appendsQuery = (profile: Profile | null): boolean => profile !== "kkbida";

/** `accept` and its like; headers of the task's own come over them. */
export const acceptHeaders = (profile: Profile | null, acceptEncoding: string): Record<string, string> =>
  // Java's client asks for no content-encoding, and its targets were never asked to compress.
  profile === null ? { accept: "*/*", "accept-encoding": acceptEncoding } : { accept: LEGACY_ACCEPT };
