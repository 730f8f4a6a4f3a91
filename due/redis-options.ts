/** How a Redis is connected to that may go silent, or turn into a replica: the connection is given up, and made anew. */
import type { RedisOptions } from "ioredis";

/**
 * After a failover by name our connection leads to what is a replica by now: it is made anew at once, and finds the new
 * primary. In a script's error of Redis 6 the word does not come first. https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export const LEADS_ELSEWHERE = /\b(READONLY|MASTERDOWN|MOVED|LOADING|UNBLOCKED|NOREPLICAS)\b/;

/** No command waits for long, and none is repeated silently: one that timed out may have been carried out. */
export const GIVING_UP: RedisOptions = {
  maxRetriesPerRequest: 0,
  commandTimeout: 3_000,
  // A connection that went silent is given up, not only the command.
  socketTimeout: 3_000,
  connectTimeout: 3_000,
  reconnectOnError: ({ message }) => LEADS_ELSEWHERE.test(message),
};
