/**
 * A statement that MySQL does not answer. A connection can die without a word (a cable, a firewall that forgot it, a
 * host that is gone): what was asked on it would wait for TCP to give up, a quarter of an hour. So each statement has a
 * limit; the connection of one that passes it is destroyed, which fails the statement with ETIMEDOUT and has the pool
 * make a new one. (mysql2's own `timeout` fails the statement and keeps the connection.)
 */

/** What is used of mysql2's connection. */
export interface MysqlConnection {
  query(...args: unknown[]): unknown;
  stream: { destroy(error: Error): void };
}

/** @param limitMs asked at each statement; infinite: none */
export function limitStatements(connection: MysqlConnection, limitMs: () => number): void {
  const query = connection.query.bind(connection);
  connection.query = (...args) => {
    const done = args.at(-1);
    const limit = limitMs();
    if (typeof done !== "function" || !Number.isFinite(limit)) return query(...args);
    const timer = setTimeout(() => connection.stream.destroy(timedOut(limit)), limit);
    return query(...args.slice(0, -1), (...result: unknown[]) => {
      clearTimeout(timer);
      done(...result);
    });
  };
}

const timedOut = (limit: number): Error =>
  Object.assign(new Error(`no answer to a statement within ${limit} ms`), { code: "ETIMEDOUT" });
