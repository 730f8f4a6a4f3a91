// The servers a test file works against: those the test runner started and names in the environment or, when the
// file is run by hand, servers of its own that end with it. Tests that stop, freeze or flush a server must not use
// these shared ones: they start their own with mariadb.ts, redis.ts or nats.ts. (redisUrl's is the caller's own.)
import { createDatabase, start as startMariadb } from "./mariadb.ts";
import { startBlocking as startNats } from "./nats.ts";
import { start as startRedis } from "./redis.ts";

let mysql: Promise<{ url: string }> | undefined;
let nats: string | undefined;

/** The URL of a fresh, empty MariaDB (or MySQL) database, another one at every call. */
export async function mysqlDatabase(): Promise<string> {
  const url = process.env.TEST_MYSQL_URL;
  mysql ??= url ? Promise.resolve({ url }) : startMariadb();
  return createDatabase(await mysql);
}

/** The URL of a fresh, empty Redis, another server at every call (16 numbered databases would not go round). */
export async function redisUrl(): Promise<string> {
  return (await startRedis()).url;
}

/** The URL of the NATS server that all test files share: keep apart by namespace or subject. */
export function natsUrl(): string {
  nats ??= process.env.TEST_NATS_URL ?? startNats();
  return nats;
}
