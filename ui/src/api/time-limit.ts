/** How long the console waits for an answer. */
import { CHANNEL_TEST_LIMIT, MANY_TASKS_LIMIT } from "../../../core/request-limits.ts";

/** Longer than this and the server counts as unreachable, in ms. */
const USUAL = 20_000;
/** The way of an answer that the server gives at the last moment, in ms. */
const WAY = 5_000;

/** Requests that the server itself gives longer. */
const LONGER: [path: RegExp, ms: number][] = [
  [/^\/v1\/webhooks\/([^/]+\/)?test$/, CHANNEL_TEST_LIMIT],
  [/^\/v1\/(tasks|incidents\/[^/]+)\/(retry|cancel|resolve)$/, MANY_TASKS_LIMIT],
  [/^\/v1\/destinations\/[^/]+\/replay$/, MANY_TASKS_LIMIT],
];

/** How long to wait for the answer to a request for this path, in ms. */
export function timeLimitOf(path: string): number {
  const longer = LONGER.find(([pattern]) => pattern.test(path));
  return longer ? longer[1] + WAY : USUAL;
}
