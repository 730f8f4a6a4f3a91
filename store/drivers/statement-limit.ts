/**
 * A statement that MySQL does not answer. A connection can die without a word (a cable, a firewall that forgot it, a
 * host that is gone): what was asked on it would wait for TCP to give up, a quarter of an hour. So each statement has a
 * limit. The connection of one that passes it is destroyed, which fails the statement with ETIMEDOUT, and the pool's other
 * connections are renewed before they are used again: they went the same way. (mysql2's own `timeout` fails the
 * statement and keeps the connection.)
 */
import { READ_ONLY } from "../database-errors.ts";

/** What is used of mysql2's connection, and Knex's mark for one that is not to be used again. */
export interface MysqlConnection {
  query(...args: unknown[]): unknown;
  stream: { destroy(error: Error): void; once(event: "close", listener: () => void): void };
  __knex__disposed?: Error;
}

export class StatementLimit {
  /** In ms; infinite: none. A statement's own `timeout` may be shorter. */
  limitMs: number;
  readonly #connections = new Set<MysqlConnection>();

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  /** Limits what is asked on a connection from now on. */
  guard(connection: MysqlConnection): void {
    this.#connections.add(connection);
    connection.stream.once("close", () => this.#connections.delete(connection));
    const query = connection.query.bind(connection);
    connection.query = (...args) => {
      const done = args.at(-1);
      const limit = Math.min(this.limitMs, takeTimeout(args[0]));
      if (typeof done !== "function") return query(...args);
      const timer = Number.isFinite(limit)
        ? setTimeout(() => this.#giveUp(connection, limit), limit)
        : undefined;
      return query(...args.slice(0, -1), (...result: unknown[]) => {
        clearTimeout(timer);
        this.#judge(result[0]);
        done(...result);
      });
    };
  }

  /**
   * Every connection is made anew before it is used again, and resolves the server's name again. One that is in use
   * keeps what it is at.
   */
  renew(error: Error): void {
    for (const connection of this.#connections) connection.__knex__disposed = error;
  }

  /**
   * After a failover by name our connections lead to the former primary still, which is read-only by now; and while one
   * of them writes to the new one, others would go on reading what is out of date.
   */
  #judge(error: unknown): void {
    const { errno } = (error ?? {}) as { errno?: number };
    if (errno !== undefined && READ_ONLY.has(errno)) this.renew(error as Error);
  }

  #giveUp(connection: MysqlConnection, limit: number): void {
    const error = Object.assign(new Error(`no answer to a statement within ${limit} ms`), {
      code: "ETIMEDOUT",
    });
    this.renew(error);
    connection.stream.destroy(error);
  }
}

/** A statement's own limit, taken out of its options: mysql2 must not see it. */
function takeTimeout(statement: unknown): number {
  const options = typeof statement === "object" ? (statement as { timeout?: number } | null) : null;
  const timeout = options?.timeout;
  if (options) delete options.timeout;
  return timeout ?? Number.POSITIVE_INFINITY;
}
