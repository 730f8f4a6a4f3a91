/** Named locks of MySQL's. They are a connection's, so a killed process never leaves one behind. */
import type { Knex } from "knex";
import { BidaError } from "../../core/errors.ts";
import type { Locks, Release } from "./driver.ts";
import { SILENCE_LIMIT } from "./session.ts";
import type { StatementLimit } from "./statement-limit.ts";

/** How often the connection that holds a lock is used, so neither side's idle timeout closes it, in ms. */
const KEEPALIVE_MS = 30_000;
/** How often it is looked whether that connection leads to where all others do, in ms. */
const LOOK_MS = 1_000;
/** How long a node waits for another one's migration, in seconds. */
const LOCK_WAIT_S = 120;
/** How long a migration may take, in seconds. */
const WORK_LIMIT_S = 86_400;

/** mysql2's connection, and Knex's mark for one that is not to be used again. */
interface Held {
  promise(): { query(sql: string, values?: unknown[]): Promise<[Record<string, unknown>[]]> };
  __knex__disposed?: Error;
}

/** @param database its name: names of locks are the server's own, and are made of it */
export function mysqlLocks(knex: Knex, database: string, limit: StatementLimit): Locks {
  return {
    holdDatabase: (onLost) => hold(knex, lockName("exclusive", database), onLost),
    holdTurn: (what, onLost) => hold(knex, lockName(what, database), onLost),
    inTurn: (what, work) => inTurn(knex, lockName(what, database), work),
    async whileMigrating(work) {
      const { limitMs } = limit;
      // Waiting for another node's migration, and changing a large table, both take their time.
      limit.limitMs = Number.POSITIVE_INFINITY;
      try {
        return await withServerLock(knex, lockName("migrate", database), work);
      } finally {
        limit.limitMs = limitMs;
      }
    },
  };
}

/** MySQL takes lock names of up to 64 characters. */
function lockName(what: string, database: string): string {
  const name = `bida:${what}:${database}`;
  return name.length <= 64 ? name : name.slice(0, 32) + name.slice(-32);
}

/** The answer to a question about a lock. */
async function ask(connection: Held, sql: string, name: string): Promise<unknown> {
  const [[row]] = (await connection.promise().query(sql, [name])) as [[Record<string, unknown>]];
  return Object.values(row)[0];
}

const taken = async (connection: Held, name: string): Promise<boolean> =>
  (await ask(connection, "SELECT GET_LOCK(?, 0)", name)) === 1;

async function hold(knex: Knex, name: string, onLost: () => void): Promise<Release | null> {
  let connection = await patientConnection(knex);
  if (!(await taken(connection, name))) {
    await giveBack(knex, connection);
    return null;
  }
  let askedAt = performance.now();
  let isBusy = false;
  const lookAfter = async (): Promise<void> => {
    // Not to be used again: the server behind it is not the one that our statements go to (a failover by name).
    const isOld = connection.__knex__disposed !== undefined;
    if (!isOld && performance.now() - askedAt < KEEPALIVE_MS) return;
    askedAt = performance.now();
    try {
      if (isOld) throw connection.__knex__disposed;
      await ask(connection, "SELECT IS_USED_LOCK(?)", name);
    } catch {
      await giveBack(knex, connection);
      connection = await patientConnection(knex);
      if (!(await taken(connection, name))) onLost();
    }
  };
  const keepalive = setInterval(async () => {
    if (isBusy) return;
    isBusy = true;
    // The server is away; the next look tries again, and nothing can be written meanwhile.
    await lookAfter().catch(() => {
      askedAt = Number.NEGATIVE_INFINITY;
    });
    isBusy = false;
  }, LOOK_MS);
  keepalive.unref();
  return async () => {
    clearInterval(keepalive);
    await released(connection, name);
    await giveBack(knex, connection);
  };
}

const released = (connection: Held, name: string): Promise<unknown> =>
  ask(connection, "SELECT RELEASE_LOCK(?)", name).catch(() => undefined);

async function inTurn<T>(knex: Knex, name: string, work: () => Promise<T>): Promise<T | null> {
  const connection = await patientConnection(knex);
  try {
    if (!(await taken(connection, name))) return null;
    try {
      return await work();
    } finally {
      await released(connection, name);
    }
  } finally {
    await giveBack(knex, connection);
  }
}

/** The pool throws it away: others' transactions on it would keep their locks for as long as it may be silent. */
async function giveBack(knex: Knex, connection: Held): Promise<void> {
  connection.__knex__disposed ??= new Error("it may be silent for longer than others");
  await knex.client.releaseConnection(connection);
}

/** A connection that may be silent between two rounds of the keepalive: the lock lives and dies with it. */
async function patientConnection(knex: Knex): Promise<Held> {
  const connection: Held = await knex.client.acquireConnection();
  try {
    await connection.promise().query(`SET SESSION wait_timeout = ${(4 * KEEPALIVE_MS) / 1000}`);
    return connection;
  } catch (error) {
    await giveBack(knex, connection);
    throw error;
  }
}

/** Holds a named lock on one connection while `work` runs on others. */
async function withServerLock<T>(knex: Knex, name: string, work: () => Promise<T>): Promise<T> {
  return knex.transaction(async (holder) => {
    // The lock's connection is silent while others do the work.
    await holder.raw(`SET SESSION wait_timeout = ${WORK_LIMIT_S}`);
    const [rows] = await holder.raw("SELECT GET_LOCK(?, ?) AS got", [name, LOCK_WAIT_S]);
    if (rows[0].got !== 1)
      throw new BidaError("unavailable", `Another node has been migrating for ${LOCK_WAIT_S} s`);
    try {
      return await work();
    } finally {
      await holder.raw("SELECT RELEASE_LOCK(?)", [name]);
      await holder.raw(`SET SESSION wait_timeout = ${SILENCE_LIMIT}`);
    }
  });
}
