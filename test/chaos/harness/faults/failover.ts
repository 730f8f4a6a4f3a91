/** A server becomes read-only, and its name moves to another one, as at a failover; connections to the former stay open. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { until } from "../../../e2e/kit/until.ts";
import { temporaryFolder } from "../../../servers/server.ts";
import { canDump, dump, restore } from "../dump.ts";
import type { FaultContext, FaultKind } from "../fault.ts";
import { EXCUSES_OF } from "./servers.ts";

/** Every connection has left the former server within this, in ms. */
const LEFT_WITHIN = 20_000;

async function withConnection<T>(uri: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({ uri });
  try {
    return await use(connection);
  } finally {
    await connection.end();
  }
}

const setReadOnly = (uri: string, on: boolean) =>
  withConnection(uri, (connection) => connection.query(`SET GLOBAL read_only = ${on ? "ON" : "OFF"}`));

/** The nodes' connections to a server. */
async function strangers(uri: string): Promise<number> {
  return withConnection(uri, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>("SHOW PROCESSLIST");
    return rows.filter(({ User, user }) => (User ?? user) !== "root" && (User ?? user) !== "system user")
      .length;
  });
}

async function left({ violation }: FaultContext, uri: string): Promise<void> {
  const none = async () => (await strangers(uri)) === 0;
  await until("the former primary to be left", none, LEFT_WITHIN, 500).catch(async (error: Error) =>
    violation(`${error.message}: ${await strangers(uri)} connections are there still`),
  );
}

const readOnly: FaultKind = {
  name: "mariadb read-only",
  excuses: EXCUSES_OF.mariadb,
  outage: true,
  async run({ system, outageMs }) {
    const url = system.databaseUrl;
    await setReadOnly(url, true);
    await pause(outageMs);
    await setReadOnly(url, false);
    return "mariadb";
  },
};

const databaseMoves: FaultKind = {
  name: "mariadb fails over by name",
  excuses: EXCUSES_OF.mariadb,
  outage: true,
  needs: canDump,
  async run(context) {
    const { system } = context;
    const former = system.databaseUrl;
    const name = new URL(former).pathname.slice(1);
    const spare = await system.spare("mariadb");
    const file = join(temporaryFolder("dump"), "dump.sql");
    await withConnection(spare.url, async (connection) => {
      await connection.query(`DROP DATABASE IF EXISTS ${name}`);
      await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    });
    await setReadOnly(former, true);
    await dump(former, file);
    await restore(new URL(name, spare.url).href, file);
    system.moveToSpare("mariadb");
    // Service is back only when nobody stays with the former primary.
    await left(context, former);
    await setReadOnly(former, false);
    return "mariadb";
  },
};

const redisMoves: FaultKind = {
  name: "redis fails over by name",
  excuses: EXCUSES_OF.redis,
  outage: true,
  async run({ system, outageMs }) {
    const spare = await system.spare("redis");
    const old = new Redis(system.servers.redis.url, { maxRetriesPerRequest: 1 });
    const next = new Redis(spare.url, { maxRetriesPerRequest: 1 });
    try {
      await next.replicaof("127.0.0.1", system.servers.redis.port);
      const linked = async () => /master_link_status:up/.test(await next.info("replication"));
      await until("the replica to have it all", linked, 15_000, 50);
      await next.replicaof("NO", "ONE");
      await old.replicaof("127.0.0.1", spare.port);
      system.moveToSpare("redis");
      // The former one is a replica for a while, and says READONLY to those who stayed.
      await pause(outageMs);
      await old.replicaof("NO", "ONE");
      await old.client("KILL", "TYPE", "normal", "SKIPME", "yes");
      await old.flushall();
    } finally {
      old.disconnect();
      next.disconnect();
    }
    return "redis";
  },
};

export const FAILOVER_FAULTS: FaultKind[] = [readOnly, databaseMoves, redisMoves];
